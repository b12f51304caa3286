package dev.mainstay.verification.model;

import dev.mainstay.PolicyAccess;
import dev.mainstay.call.CallContext;
import dev.mainstay.call.Idempotence;
import dev.mainstay.outcome.Classifier;
import dev.mainstay.outcome.Verdict;
import dev.mainstay.retry.Attempts;
import dev.mainstay.retry.DelayFunction;
import dev.mainstay.retry.Retry;
import dev.mainstay.retry.RetryBudget;
import dev.mainstay.retry.RetryConfig;
import dev.mainstay.time.Deadline;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A retry beside a {@link NaiveRetry}: for callers who wait on their thread, for others who do not, and for those who
 * make their attempts themselves.
 */
class RetryModelTest {

    @Test
    @Timeout(value = 1, unit = TimeUnit.HOURS)
    void doesWhatTheNaiveOneDoes() {
        Plays.of("retry", RetryPlay::new);
    }

    private static final class RetryPlay extends Play {

        private static final String NAME = "retry";
        private static final long NEVER = Long.MAX_VALUE;
        private static final int LONGEST = 2_000_000_000;

        /** How many attempts are made in one go on one thread. */
        private static final int IN_A_ROW = 64;

        private final Random draws;
        private final Random modelsDraws;
        private final NaiveBudget sharedBudget;
        private NaiveRetry.Options options;
        private final Retry retry;
        private final NaiveRetry model;
        private final double failing;
        private final List<AsyncCall> calls = new ArrayList<>();
        private final List<ManualCall> manual = new ArrayList<>();
        private final List<String> bodies = new ArrayList<>();
        private final List<String> expectedBodies = new ArrayList<>();

        /** Failures that several attempts throw, and several calls. */
        private final List<Ending> shared = new ArrayList<>();

        private final int sharedEvery;

        private int made;

        RetryPlay(long seed) {
            super(seed);
            long drawSeed = random.nextLong();
            draws = new Random(drawSeed);
            modelsDraws = new Random(drawSeed);
            sharedEvery = anyOf(List.of(1, 3, 20));
            sharedBudget = oneIn(4) ? NaiveBudget.none() : NaiveBudget.of(1 + random.nextInt(5), random.nextInt(1000));
            failing = 0.9 * random.nextDouble();
            options = drawOptions();
            retry = Retry.of(NAME, options.config().toBuilder().budget(null).build());
            RetryBudget ownBudget = retry.budget();
            retry.reconfigure(options.config());
            model = new NaiveRetry(NAME, options, ownBudget, modelsDraws, agenda, expected);
            observe(retry);
        }

        private NaiveRetry.Options drawOptions() {
            NaiveBackoff backoff = NaiveBackoff.draw(random, modelsDraws);
            NaiveBackoff overload = NaiveBackoff.draw(random, modelsDraws);
            NaiveBudget budget = oneIn(3) ? null : sharedBudget;
            RetryConfig config = RetryConfig.builder()
                    .maxAttempts(oneIn(6) ? Integer.MAX_VALUE : 1 + random.nextInt(oneIn(3) ? 9 : 5))
                    .backoff(backoff.real())
                    .overloadBackoff(overload.real())
                    .delayFunction(oneIn(3) ? delays(random.nextInt(LONGEST)) : null)
                    .classifier(anyOf(List.of(Classifier.standard(), Ending.STRICT, Ending.EAGER)))
                    .maxRetryAfter(Duration.ofNanos(oneIn(4) ? 0 : random.nextInt(LONGEST)))
                    .budget(budget == null ? null : budget.real())
                    .maxDuration(oneIn(3) ? Duration.ofNanos(1 + random.nextInt(LONGEST)) : null)
                    .failAfterMaxAttempts(random.nextBoolean())
                    .random(draws::nextDouble)
                    .timeSource(time)
                    .build();
            return new NaiveRetry.Options(config, backoff, overload, budget);
        }

        /** A function that gives a wait, none at all, the end, or has no opinion, depending on all that it is given. */
        private static DelayFunction delays(int nanos) {
            return (attempt, result, failure) -> switch ((attempt
                            + String.valueOf(result).length()
                            + Lines.nameOf(failure).length())
                    % 5) {
                case 0 -> Duration.ZERO;
                case 1, 2 -> Duration.ofNanos(nanos / attempt);
                case 3 -> null;
                default -> attempt == 1 ? null : Duration.ofNanos(-nanos - 1L);
            };
        }

        @Override
        void step() {
            int choice = random.nextInt(100);
            if (choice < 25) {
                begin();
            } else if (choice < 40) {
                endStage();
            } else if (choice < 48) {
                giveUp();
            } else if (choice < 60) {
                callHere();
            } else if (choice < 78) {
                attemptByHand();
            } else if (choice < 94) {
                long nanos = span(LONGEST);
                did("let " + nanos + " pass");
                pass(nanos);
            } else if (choice < 97) {
                useSharedBudget();
            } else {
                options = drawOptions();
                did("reconfigure to " + options.config());
                retry.reconfigure(options.config());
                model.reconfigure(options);
            }
        }

        private Ending draw() {
            if (oneIn(sharedEvery) && !oneIn(10)) {
                if (shared.size() < 3) {
                    shared.add(Ending.failing(new Ending.Broken(made), Verdict.ERROR));
                } else if (oneIn(30)) {
                    shared.clear();
                }
                return shared.isEmpty() ? Ending.good("at last") : anyOf(shared);
            }
            return Ending.draw(random, failing);
        }

        private CallContext context(long left) {
            CallContext context = CallContext.plain();
            if (oneIn(4)) {
                context = context.idempotent(oneIn(3) ? Idempotence.NO : Idempotence.YES);
            }
            return left == NEVER ? context : context.deadline(Deadline.after(Duration.ofNanos(left), time));
        }

        private long someTimeLeft() {
            return oneIn(4) ? span(2L * LONGEST) : NEVER;
        }

        private long deadlineOf(long left) {
            return left == NEVER ? NEVER : agenda.now() + left;
        }

        // ---- calls that block nobody

        private void begin() {
            long left = someTimeLeft();
            AsyncCall call = new AsyncCall(context(left), deadlineOf(left));
            call.future = PolicyAccess.callAsync(retry, call.context, call::body);
            did("begin " + call.number + ", " + left + " left: " + Lines.of(call.future));
            call.begin();
            calls.add(call);
        }

        private void endStage() {
            if (!calls.isEmpty()) {
                AsyncCall call = anyOf(calls);
                did("end the stage of " + call.number);
                call.stages.get(call.stages.size() - 1).end();
            }
        }

        private void giveUp() {
            if (!calls.isEmpty()) {
                AsyncCall call = anyOf(calls);
                boolean cancel = random.nextBoolean();
                did("give up " + call.number);
                CompletableFuture<@Nullable String> future = Objects.requireNonNull(call.future);
                boolean gaveUp = cancel ? future.cancel(true) : future.complete("outside");
                if (call.isOpen()) {
                    check("gave up", true, gaveUp);
                    call.givenUp(cancel ? Lines.CANCELLED : "result outside");
                }
            }
        }

        // ---- calls on this thread

        private void callHere() {
            long left = someTimeLeft();
            CallContext context = context(left);
            List<Ending> endings = new ArrayList<>();
            List<Long> durations = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                endings.add(draw());
                durations.add(oneIn(3) ? span(LONGEST) : 0);
            }
            // Or an unlimited retry would never end.
            endings.set(0, Ending.good("at last"));
            int number = made++;
            Flag interrupted = new Flag();
            Alarm interrupt = new Alarm(Thread.currentThread()::interrupt);
            Agenda.Item modelsInterrupt = null;
            if (oneIn(4)) {
                long later = span(2L * LONGEST);
                time.arm(interrupt, later);
                modelsInterrupt = agenda.in(later, interrupted::set);
            }
            long deadline = deadlineOf(left);
            NaiveRetry.Call call = model.start(context, deadline);
            String outcome;
            try {
                outcome = "result "
                        + PolicyAccess.<@Nullable String>call(retry, context, given -> {
                            int attempt = given.attempt();
                            bodies.add(body(number, given));
                            time.advanceNanos(durations.get(attempt % 8));
                            return endings.get(attempt % 8).happen();
                        });
            } catch (Throwable failure) {
                outcome = Lines.of(failure);
            }
            boolean ignored = interrupt.cancel();
            boolean wasInterrupted = Thread.interrupted();
            did("call " + number + " here, " + left + " left: " + outcome + ", interrupted " + wasInterrupted);
            boolean another = true;
            while (another) {
                expectedBodies.add(body(number, call));
                agenda.advance(durations.get(call.attempt() % 8));
                if (interrupted.isSet()) {
                    call.stop();
                }
                long delay = call.ended(endings.get(call.attempt() % 8));
                if (delay > 0 && !agenda.sleep(delay, interrupted)) {
                    interrupted.set();
                    call.stop();
                }
                another = delay >= 0 && call.begin();
            }
            agenda.cancel(modelsInterrupt);
            check("the outcome", call.line(), outcome);
            check("the interrupt", interrupted.isSet(), wasInterrupted);
        }

        private static String body(int number, CallContext context) {
            return number + "." + context.attempt() + " after " + context.lastResult() + ", "
                    + Lines.nameOf(context.lastFailure());
        }

        private static String body(int number, NaiveRetry.Call call) {
            return number + "." + call.attempt() + " after " + call.result() + ", " + Lines.nameOf(call.failure());
        }

        // ---- attempts by hand

        private void attemptByHand() {
            if (manual.isEmpty() || oneIn(4)) {
                long left = someTimeLeft();
                CallContext context = context(left);
                did("start attempts, " + left + " left");
                manual.add(new ManualCall(retry.start(context), model.start(context, deadlineOf(left))));
                return;
            }
            ManualCall call = anyOf(manual);
            if (oneIn(10)) {
                did("stop attempts");
                call.attempts.stop();
                call.model.stop();
            }
            if (call.running) {
                Ending ending = draw();
                did("an attempt by hand ends with " + ending);
                Throwable failure = ending.failure();
                long delay =
                        failure == null ? call.attempts.onResult(ending.result()) : call.attempts.onFailure(failure);
                check("the delay", call.model.ended(ending), delay);
                call.running = false;
            } else {
                did("begin the next attempt by hand");
                boolean begins = call.attempts.begin();
                check("begins", call.model.begin(), begins);
                call.running = begins;
                if (!begins) {
                    manual.remove(call);
                }
            }
            check("the attempt", call.model.attempt(), call.attempts.attempt());
            if (call.model.hasEnded()) {
                Throwable failure = call.attempts.failure();
                check(
                        "the end",
                        call.model.line(),
                        failure == null ? "result " + call.attempts.result() : Lines.of(failure));
            }
        }

        private void useSharedBudget() {
            did("somebody else uses the budget");
            if (random.nextBoolean()) {
                check(
                        "reserved",
                        sharedBudget.tryReserve(),
                        sharedBudget.real().tryReserve(CallContext.plain(), Verdict.ERROR));
            } else {
                sharedBudget.callSucceeded();
                sharedBudget.real().callSucceeded();
            }
        }

        @Override
        void compare() {
            if (!oneIn(4)) {
                pass(0);
            }
            check("the bodies", expectedBodies, bodies);
            expectedBodies.clear();
            bodies.clear();
            for (AsyncCall call : calls) {
                check("call " + call.number, call.line(), Lines.of(Objects.requireNonNull(call.future)));
                Stage last = call.stages.get(call.stages.size() - 1);
                check("whether the last stage has ended", last.ended, last.real.isDone());
            }
            calls.removeIf(call -> !call.isOpen());
            check("the tokens", model.budget().tokens(), retry.budget().tokens());
            check("idle", model.isIdle(), PolicyAccess.isIdle(retry));
            model.readGauges();
            compareEvents();
            compareMeters(true);
        }

        @Override
        Object options() {
            return options + ", shared " + sharedBudget + ", somebody listens: " + listening();
        }

        private static final class ManualCall {

            final Attempts attempts;
            final NaiveRetry.Call model;
            boolean running = true;

            ManualCall(Attempts attempts, NaiveRetry.Call model) {
                this.attempts = attempts;
                this.model = model;
            }
        }

        /** One attempt of a call: its stage is complete at once, later by itself, or when somebody ends it. */
        private final class Stage {

            final AsyncCall call;
            final CompletableFuture<@Nullable String> real = new CompletableFuture<>();
            private final Ending ending = draw();
            private final boolean atOnce = random.nextBoolean();
            private final long later = oneIn(2) ? span(LONGEST) : NEVER;
            private boolean ended;

            Stage(AsyncCall call) {
                this.call = call;
                if (atOnce) {
                    ending.happenTo(real);
                } else if (later != NEVER) {
                    time.arm(new Alarm(() -> ending.happenTo(real)), later);
                }
            }

            /** The same in the world of the model. */
            void arm() {
                if (!atOnce && later != NEVER) {
                    agenda.in(later, this::endInModel);
                }
            }

            void end() {
                ending.happenTo(real);
                endInModel();
            }

            private void endInModel() {
                if (!ended) {
                    ended = true;
                    call.ended(ending);
                }
            }
        }

        /** A call whose attempts give stages, and what the model makes of it. */
        private final class AsyncCall {

            final int number = made++;
            final CallContext context;
            final List<Stage> stages = new ArrayList<>();

            private final long deadline;
            private @Nullable CompletableFuture<@Nullable String> future;
            private NaiveRetry.@Nullable Call attempts;
            private Agenda.@Nullable Item pause;
            private boolean ended;
            private @Nullable String givenUpAs;

            AsyncCall(CallContext context, long deadline) {
                this.context = context;
                this.deadline = deadline;
            }

            boolean isOpen() {
                return !ended;
            }

            String line() {
                return !ended ? "open" : givenUpAs == null ? attempts().line() : givenUpAs;
            }

            private NaiveRetry.Call attempts() {
                return Objects.requireNonNull(attempts);
            }

            CompletableFuture<@Nullable String> body(CallContext given) {
                bodies.add(RetryPlay.body(number, given));
                Stage stage = new Stage(this);
                stages.add(stage);
                return stage.real;
            }

            void begin() {
                attempts = model.start(context, deadline);
                attempt();
            }

            /** Makes an attempt; and, as long as they end at once and the next is due at once, those after it. */
            private void attempt() {
                for (int made = 1; ; made++) {
                    expectedBodies.add(RetryPlay.body(number, attempts()));
                    Stage stage = stages.get(attempts().attempt() - 1);
                    stage.arm();
                    if (!stage.atOnce) {
                        return;
                    }
                    stage.ended = true;
                    long delay = attempts().ended(stage.ending);
                    if (delay != 0 || made == IN_A_ROW) {
                        goOn(delay);
                        return;
                    }
                    if (!attempts().begin()) {
                        ended = true;
                        return;
                    }
                }
            }

            void ended(Ending ending) {
                if (isOpen()) {
                    goOn(attempts().ended(ending));
                }
            }

            private void goOn(long delay) {
                if (delay < 0) {
                    ended = true;
                } else if (delay == 0) {
                    pause = agenda.soon(this::resume);
                } else {
                    pause = agenda.in(delay, () -> pause = agenda.soon(this::resume));
                }
            }

            private void resume() {
                pause = null;
                if (!isOpen()) {
                    return;
                }
                if (attempts().begin()) {
                    attempt();
                } else {
                    ended = true;
                }
            }

            void givenUp(String as) {
                givenUpAs = as;
                ended = true;
                attempts().abandon();
                Stage last = stages.get(stages.size() - 1);
                if (!last.ended) {
                    last.ended = true;
                    long ignored = attempts().ended(Ending.failing(new CancellationException(), Verdict.IGNORED));
                }
            }
        }
    }
}
