package dev.mainstay.verification.model;

import dev.mainstay.PolicyAccess;
import dev.mainstay.TimeLimiter;
import dev.mainstay.TimeLimiterConfig;
import dev.mainstay.call.CallContext;
import dev.mainstay.event.Subscription;
import dev.mainstay.outcome.Verdict;
import dev.mainstay.time.Deadline;
import dev.mainstay.time.Nanos;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A time limiter beside a {@link NaiveTimeLimiter}: calls on their caller's thread, one in another, and calls whose
 * caller has a future.
 */
class TimeLimiterModelTest {

    @Test
    @Timeout(value = 1, unit = TimeUnit.HOURS)
    void doesWhatTheNaiveOneDoes() {
        Plays.of("time limiter", LimiterPlay::new);
    }

    private static final class LimiterPlay extends Play {

        private static final String OUTER = "outer";
        private static final String INNER = "inner";
        private static final long NEVER = Long.MAX_VALUE;
        private static final int LONGEST = 100;

        private final List<String> discarded = new ArrayList<>();
        private final List<String> expectedDiscarded = new ArrayList<>();
        private final List<String> seen = new ArrayList<>();
        private final List<String> expectedSeen = new ArrayList<>();
        private final TimeLimiter limiter;
        private final TimeLimiter inner;
        private final NaiveTimeLimiter model;

        /** Whose meters and events nobody looks at. */
        private final NaiveTimeLimiter innerModel;

        private final List<AsyncCall> calls = new ArrayList<>();
        private int made;

        LimiterPlay(long seed) {
            super(seed);
            TimeLimiterConfig config = config();
            TimeLimiterConfig innerConfig =
                    config().toBuilder().onCallersThread().build();
            limiter = TimeLimiter.of(OUTER, config);
            inner = TimeLimiter.of(INNER, innerConfig);
            model = new NaiveTimeLimiter(OUTER, config, expectedDiscarded, agenda, expected);
            innerModel = new NaiveTimeLimiter(INNER, innerConfig, expectedDiscarded, agenda, new Ledger());
            observe(limiter);
        }

        private TimeLimiterConfig config() {
            TimeLimiterConfig.Builder config = TimeLimiterConfig.builder()
                    .timeoutDuration(Duration.ofNanos(oneIn(10) ? Nanos.FOREVER : 1 + random.nextInt(LONGEST)))
                    .onDiscard(result -> discarded.add("" + result))
                    .timeSource(time);
            return (oneIn(3) ? config.onExecutor(time.executor()) : config).build();
        }

        private long someTime() {
            return oneIn(3) ? 0 : random.nextInt(LONGEST);
        }

        @Override
        void step() {
            int choice = random.nextInt(100);
            if (choice < 30) {
                begin();
            } else if (choice < 45) {
                endStage();
            } else if (choice < 55) {
                giveUp();
            } else if (choice < 75) {
                callHere();
            } else if (choice < 97) {
                long nanos = random.nextInt(LONGEST / 4);
                did("let " + nanos + " pass");
                pass(nanos);
            } else {
                TimeLimiterConfig other = config();
                did("reconfigure to " + other.timeoutDuration());
                limiter.reconfigure(other);
                model.reconfigure(other);
            }
        }

        private CallContext context(long left) {
            return left == NEVER
                    ? CallContext.plain()
                    : CallContext.plain().deadline(Deadline.after(Duration.ofNanos(left), time));
        }

        private static String remaining(long nanos) {
            return Duration.ofNanos(Math.min(Nanos.FOREVER, Math.max(0, nanos))) + " left";
        }

        // ---- calls that block nobody

        private void begin() {
            long left = oneIn(4) ? random.nextInt(LONGEST) : NEVER;
            AsyncCall call = new AsyncCall(left);
            call.future = PolicyAccess.callAsync(limiter, call.context, call::body);
            did("begin " + call.number + ", " + left + " left, takes " + call.takes + ": " + Lines.of(call.future));
            call.begin();
            calls.add(call);
        }

        private void endStage() {
            if (!calls.isEmpty()) {
                AsyncCall call = anyOf(calls);
                did("end the stage of " + call.number + " with " + call.ending);
                call.ending.happenTo(call.stage);
                call.stageEnds();
            }
        }

        private void giveUp() {
            if (!calls.isEmpty()) {
                AsyncCall call = anyOf(calls);
                boolean cancel = random.nextBoolean();
                did("give up " + call.number);
                CompletableFuture<@Nullable String> future = Objects.requireNonNull(call.future);
                boolean gaveUp = cancel ? future.cancel(true) : future.complete("outside");
                if (call.model().isDecided()) {
                    check("gave up", false, gaveUp);
                } else if (call.model().isOpen()) {
                    check("gave up", true, gaveUp);
                    call.model().givenUp(cancel ? Lines.CANCELLED : "result outside");
                }
            }
        }

        // ---- calls on this thread

        private void callHere() {
            Plan outer = new Plan();
            Plan nested = oneIn(2) ? new Plan() : null;
            long left = oneIn(4) ? random.nextInt(LONGEST) : NEVER;
            CallContext context = context(left);
            long deadline = left == NEVER ? NEVER : agenda.now() + left;
            boolean elsewhere = model.config().executor() != null;
            String outcome;
            try {
                outcome = "result "
                        + PolicyAccess.<@Nullable String>call(limiter, context, given -> {
                            seen.add(remaining(given.remaining().toNanos()));
                            if (nested != null) {
                                seen.add(callInside(nested));
                            }
                            return outer.happen();
                        });
            } catch (Throwable failure) {
                outcome = Lines.of(failure);
            }
            boolean interruptLeft = Thread.interrupted();
            did("call here, " + left + " left, " + outer + ", inside " + nested + ": " + outcome);

            String should = elsewhere
                    ? new ElsewhereCall(context, deadline, outer, nested).play()
                    : hereInModel(context, deadline, outer, nested);
            check("the outcome", should, outcome);
            check("an interrupt left behind", false, interruptLeft);
        }

        private String hereInModel(CallContext context, long deadline, Plan outer, @Nullable Plan nested) {
            NaiveTimeLimiter.HereCall call = model.new HereCall(context);
            Interrupts interrupts = new Interrupts();
            call.interruptedBy(interrupts::byOuter);
            return call.end(bodyInModel(call, deadline, outer, nested, interrupts));
        }

        private Ending bodyInModel(
                NaiveTimeLimiter.Call call, long deadline, Plan outer, @Nullable Plan nested, Interrupts interrupts) {
            long left = Math.min(deadline, call.start + call.timeout) - agenda.now();
            expectedSeen.add(remaining(call.timeout == Nanos.FOREVER && deadline == NEVER ? Nanos.FOREVER : left));
            if (nested != null) {
                expectedSeen.add(callInsideModel(nested, interrupts));
            }
            return outer.happenInModel(interrupts.flag);
        }

        /** A call whose caller waits while it runs on an executor: he is released on time, whatever the body does. */
        private final class ElsewhereCall {

            private final NaiveTimeLimiter.FutureCall call;
            private final long deadline;
            private final Plan outer;
            private final @Nullable Plan nested;
            private final Interrupts interrupts = new Interrupts();
            private boolean running;
            private boolean withdrawn;

            ElsewhereCall(CallContext context, long deadline, Plan outer, @Nullable Plan nested) {
                this.deadline = deadline;
                this.outer = outer;
                this.nested = nested;
                call = model.new FutureCall(context) {
                    @Override
                    void cancelStage() {
                        if (running) {
                            interrupts.byOuter();
                        } else {
                            withdrawn = true;
                        }
                    }
                };
            }

            String play() {
                call.givesStage();
                agenda.soon(this::run);
                while (call.isOpen() && agenda.runNext(NEVER)) {}
                return call.line();
            }

            private void run() {
                if (!withdrawn) {
                    running = true;
                    Ending ending = bodyInModel(call, deadline, outer, nested, interrupts);
                    running = false;
                    if (call.isOpen()) {
                        call.stageEnds(ending);
                    } else {
                        call.discard(ending);
                    }
                }
            }
        }

        /** How a call of the inner limiter ends, and whether the thread is interrupted then. */
        private String callInside(Plan plan) {
            String outcome;
            try {
                outcome = "result "
                        + PolicyAccess.<@Nullable String>call(inner, CallContext.plain(), given -> plan.happen());
            } catch (Throwable failure) {
                outcome = Lines.of(failure);
            }
            return outcome + " interrupted " + Thread.currentThread().isInterrupted();
        }

        private String callInsideModel(Plan plan, Interrupts interrupts) {
            NaiveTimeLimiter.HereCall call = innerModel.new HereCall(CallContext.plain());
            call.interruptedBy(interrupts.flag::set);
            Ending ending = plan.happenInModel(interrupts.flag);
            String line = call.end(ending);
            if (call.fired) {
                // Its own interrupt does not outlive it, but one by the limit around it does.
                interrupts.flag.clear();
                if (interrupts.byOuter) {
                    interrupts.flag.set();
                }
            }
            return line + " interrupted " + interrupts.flag.isSet();
        }

        @Override
        void compare() {
            if (!oneIn(4)) {
                pass(0);
            }
            check("what bodies saw", expectedSeen, seen);
            expectedSeen.clear();
            seen.clear();
            for (AsyncCall call : calls) {
                check("call " + call.number, call.model().line(), Lines.of(Objects.requireNonNull(call.future)));
                check("whether the stage of " + call.number + " has ended", call.stageEnded, call.stage.isDone());
            }
            calls.removeIf(call -> !call.model().isOpen() && call.stageEnded);
            check("the discarded results", expectedDiscarded, discarded);
            expectedDiscarded.clear();
            discarded.clear();
            compareEvents();
            compareMeters(true);
        }

        @Override
        Object options() {
            return model.config().timeoutDuration() + ", inside "
                    + innerModel.config().timeoutDuration() + ", somebody listens: " + listening();
        }

        /** The interrupt flag of the thread that a call runs on, and whether the outer limit has set it. */
        private static final class Interrupts {

            final Flag flag = new Flag();
            boolean byOuter;

            void byOuter() {
                byOuter = true;
                flag.set();
            }
        }

        /** What a body on this thread does: takes its time, which an interrupt may cut short, and ends. */
        private final class Plan {

            private final long takes = someTime();
            private final boolean sleeps = random.nextBoolean();
            private final Ending ending = Ending.draw(random, 0.4);

            @Nullable
            String happen() throws Exception {
                if (sleeps) {
                    time.sleep(takes);
                } else {
                    time.advanceNanos(takes);
                }
                return ending.happen();
            }

            Ending happenInModel(Flag interrupt) {
                if (!sleeps) {
                    agenda.advance(takes);
                    return ending;
                }
                return agenda.sleep(takes, interrupt)
                        ? ending
                        : Ending.failing(new InterruptedException(), Verdict.IGNORED);
            }

            @Override
            public String toString() {
                return (sleeps ? "sleeps " : "takes ") + takes + " and ends with " + ending;
            }
        }

        /**
         * A call whose body gives a stage, perhaps after some time, and asks for something to be run if the call is
         * ended before.
         */
        private final class AsyncCall {

            final int number = made++;
            final CallContext context;
            final long takes = oneIn(5) ? someTime() : 0;
            final Ending ending = Ending.draw(random, 0.4);
            final CompletableFuture<@Nullable String> stage = new CompletableFuture<>();

            private final long deadline;
            private final boolean atOnce = oneIn(3);
            private final long later = oneIn(2) ? someTime() : NEVER;
            private @Nullable CompletableFuture<@Nullable String> future;
            private NaiveTimeLimiter.@Nullable FutureCall model;
            private boolean stageEnded;
            private boolean hookRan;

            AsyncCall(long left) {
                context = context(left);
                deadline = left == NEVER ? NEVER : agenda.now() + left;
            }

            NaiveTimeLimiter.FutureCall model() {
                return Objects.requireNonNull(model);
            }

            CompletableFuture<@Nullable String> body(CallContext given) {
                seen.add(remaining(given.remaining().toNanos()));
                Subscription ignored = given.onCancel(() -> seen.add("hook of " + number));
                time.advanceNanos(takes);
                if (atOnce) {
                    ending.happenTo(stage);
                } else if (later != NEVER) {
                    time.arm(new Alarm(() -> ending.happenTo(stage)), later);
                }
                return stage;
            }

            void begin() {
                NaiveTimeLimiter.FutureCall call = LimiterPlay.this.model.new FutureCall(context) {
                    @Override
                    void cancelStage() {
                        stageEnded = true;
                    }

                    @Override
                    void runHooks() {
                        if (!hookRan) {
                            hookRan = true;
                            expectedSeen.add("hook of " + number);
                        }
                    }
                };
                model = call;
                expectedSeen.add(remaining(Math.min(deadline - agenda.now(), call.timeout)));
                agenda.advance(takes);
                if (atOnce) {
                    stageEnded = true;
                    call.givesStage(ending);
                    return;
                }
                if (later != NEVER) {
                    agenda.in(later, this::stageEnds);
                }
                call.givesStage();
            }

            void stageEnds() {
                if (!stageEnded) {
                    stageEnded = true;
                    model().stageEnds(ending);
                }
            }
        }
    }
}
