package dev.mainstay.verification.model;

import dev.mainstay.CallContext;
import dev.mainstay.Deadline;
import dev.mainstay.Permit;
import dev.mainstay.RejectionReason;
import dev.mainstay.Verdict;
import dev.mainstay.bulkhead.Bulkhead;
import dev.mainstay.bulkhead.BulkheadConfig;
import dev.mainstay.bulkhead.BulkheadFullException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A bulkhead beside a {@link NaiveBulkhead}: callers that wait on their thread and others that do not, that give up, run out of time or are interrupted. */
class BulkheadModelTest {

    @Test
    @Timeout(value = 1, unit = TimeUnit.HOURS)
    void doesWhatTheNaiveOneDoes() {
        Plays.of("bulkhead", BulkheadPlay::new);
    }

    private static final class BulkheadPlay extends Play {

        private static final String NAME = "bulkhead";
        private static final long NEVER = Long.MAX_VALUE;

        private BulkheadConfig config;
        private final Bulkhead bulkhead;
        private final NaiveBulkhead model;
        private final List<AsyncCall> calls = new ArrayList<>();
        private final List<HeldPermit> permits = new ArrayList<>();
        private final List<Integer> bodies = new ArrayList<>();
        private final List<Integer> expectedBodies = new ArrayList<>();
        private int made;

        BulkheadPlay(long seed) {
            super(seed);
            config = config();
            bulkhead = Bulkhead.of(NAME, config);
            model = new NaiveBulkhead(NAME, config, this);
            observe(bulkhead);
        }

        private BulkheadConfig config() {
            return BulkheadConfig.builder()
                    .maxConcurrentCalls(1 + random.nextInt(5))
                    .maxQueuedCalls(1 + random.nextInt(oneIn(4) ? 40 : 4))
                    .maxWaitDuration(Duration.ofNanos(oneIn(4) ? 0 : 1 + random.nextInt(60)))
                    .timeSource(time)
                    .build();
        }

        @Override
        void step() {
            int choice = random.nextInt(100);
            if (choice < 35) {
                begin();
            } else if (choice < 55) {
                end();
            } else if (choice < 63) {
                giveUp();
            } else if (choice < 70) {
                callHere();
            } else if (choice < 78) {
                permit();
            } else if (choice < 96) {
                long nanos = random.nextInt(20);
                did("let " + nanos + " pass");
                pass(nanos);
            } else {
                BulkheadConfig other = config();
                did("reconfigure to " + other);
                bulkhead.reconfigure(other);
                model.reconfigure(other);
                config = other;
            }
        }

        private void begin() {
            long left = oneIn(4) ? random.nextInt(60) : NEVER;
            CallContext context = context(left);
            AsyncCall call = new AsyncCall(made++, context, left == NEVER ? NEVER : agenda.now() + left);
            if (oneIn(6)) {
                // Its stage is complete when it comes.
                call.ending.happenTo(call.stage);
            } else if (oneIn(2)) {
                long later = random.nextInt(80);
                time.arm(new Alarm(() -> call.ending.happenTo(call.stage)), later);
                agenda.in(later, call::stageEnds);
            }
            did("begin " + call.number + ", " + left + " left");
            call.future = bulkhead.executeAsync(context, ignored -> {
                bodies.add(call.number);
                return call.stage;
            });
            call.stageEnded = call.stage.isDone();
            model.begin(call);
            calls.add(call);
        }

        private CallContext context(long left) {
            return left == NEVER
                    ? CallContext.plain()
                    : CallContext.plain().deadline(Deadline.after(Duration.ofNanos(left), time));
        }

        private void end() {
            if (!calls.isEmpty()) {
                AsyncCall call = anyOf(calls);
                did("end the stage of " + call.number);
                call.ending.happenTo(call.stage);
                call.stageEnds();
            }
        }

        private void giveUp() {
            if (calls.isEmpty()) {
                return;
            }
            AsyncCall call = anyOf(calls);
            boolean was = call.isOpen();
            CompletableFuture<@Nullable String> future = Objects.requireNonNull(call.future);
            if (oneIn(3)) {
                did("complete " + call.number + " from outside");
                check("completed", was, future.complete("outside"));
                if (was) {
                    call.line = "result outside";
                }
            } else {
                did("cancel " + call.number);
                boolean ignored = future.cancel(true);
                if (was) {
                    call.line = Lines.CANCELLED;
                }
            }
            if (was) {
                call.stageEnded |= call.stand() == NaiveBulkhead.Stand.RUNNING;
                model.abandon(call);
            }
        }

        /** A call on this thread, which is interrupted while it waits, perhaps; and whose body lets time pass. */
        private void callHere() {
            long left = oneIn(4) ? random.nextInt(60) : NEVER;
            CallContext context = context(left);
            Ending ending = Ending.draw(random, 0.4);
            long duration = random.nextBoolean() ? 0 : random.nextInt(20);
            boolean tries = random.nextBoolean();
            HereCall call = new HereCall(context, left == NEVER ? NEVER : agenda.now() + left);
            Flag interrupted = new Flag();
            Alarm interrupt = new Alarm(Thread.currentThread()::interrupt);
            Agenda.Item modelsInterrupt = null;
            if (oneIn(4)) {
                long later = random.nextInt(60);
                time.arm(interrupt, later);
                modelsInterrupt = agenda.in(later, interrupted::set);
            }
            did("call here, " + left + " left, takes " + duration + " and ends with " + ending);
            String outcome;
            try {
                outcome = tries
                        ? Lines.of(bulkhead.<@Nullable String>tryExecute(context, ignored -> body(ending, duration)))
                        : "result " + bulkhead.<@Nullable String>execute(context, ignored -> body(ending, duration));
            } catch (Throwable failure) {
                outcome = Lines.of(failure);
            }
            boolean ignored = interrupt.cancel();
            RejectionReason no = model.beginHere(call, interrupted);
            String should;
            if (no == null) {
                agenda.advance(duration);
                model.end(call, ending);
                should = tries ? ending.triedLine() : ending.line();
            } else {
                should = tries ? Lines.refused(NAME, no, -1) : model.refusal(no);
                model.note(call, no);
            }
            agenda.cancel(modelsInterrupt);
            check("the outcome", should, outcome);
            check("the interrupt", interrupted.isSet(), Thread.interrupted());
        }

        private @Nullable String body(Ending ending, long duration) throws Exception {
            time.advanceNanos(duration);
            return ending.happen();
        }

        /** Permits for whoever brings the call himself; the first word about one counts. */
        private void permit() {
            if (!permits.isEmpty() && random.nextBoolean()) {
                HeldPermit held = anyOf(permits);
                did("give a permit back");
                held.permit.release();
                if (!held.returned) {
                    held.returned = true;
                    model.end(held.call, Verdict.IGNORED);
                } else {
                    permits.remove(held);
                }
                return;
            }
            HereCall call = new HereCall(CallContext.plain(), NEVER);
            Permit permit = null;
            boolean should;
            if (random.nextBoolean()) {
                did("try to get a permit");
                permit = bulkhead.tryAcquirePermit();
                should = model.tryBegin(call);
            } else {
                did("get a permit");
                String outcome = "a permit";
                try {
                    permit = bulkhead.acquirePermit();
                } catch (BulkheadFullException refusal) {
                    outcome = Lines.of(refusal);
                }
                RejectionReason no = model.beginHere(call, new Flag());
                if (no != null) {
                    check("the refusal", model.refusal(no), outcome);
                    model.note(call, no);
                }
                should = no == null;
            }
            check("got a permit", should, permit != null);
            if (permit != null) {
                permits.add(new HeldPermit(permit, call));
            }
        }

        @Override
        void compare() {
            if (!oneIn(4)) {
                // Otherwise what goes on elsewhere has not got there yet.
                pass(0);
            }
            check("in use", model.inUse(), bulkhead.inUse());
            check("queued", model.queued(), bulkhead.queued());
            check("the limit", model.limit(), bulkhead.limit());
            check("idle", model.inUse() == 0 && model.queued() == 0, bulkhead.isIdle());
            check("the bodies", expectedBodies, bodies);
            expectedBodies.clear();
            bodies.clear();
            for (AsyncCall call : calls) {
                check("call " + call.number, call.line, Lines.of(Objects.requireNonNull(call.future)));
                check("the stage of call " + call.number, call.stageEnded, call.stage.isDone());
            }
            calls.removeIf(call -> !call.isOpen() && call.stand() == NaiveBulkhead.Stand.GONE);
            model.readGauges();
            compareEvents();
            compareMeters(true);
        }

        @Override
        Object options() {
            return config + ", somebody listens: " + listening();
        }

        private final class AsyncCall extends NaiveBulkhead.Call {

            final int number;
            final Ending ending = Ending.draw(random, 0.4);
            final CompletableFuture<@Nullable String> stage = new CompletableFuture<>();

            @Nullable
            CompletableFuture<@Nullable String> future;

            private String line = "open";
            private boolean stageEnded;

            AsyncCall(int number, CallContext context, long deadline) {
                super(context, deadline);
                this.number = number;
            }

            boolean isOpen() {
                return line.equals("open");
            }

            @Override
            void runs() {
                expectedBodies.add(number);
                if (stageEnded) {
                    ends();
                }
            }

            @Override
            void refused(RejectionReason reason, String refusal) {
                if (isOpen()) {
                    line = refusal;
                }
            }

            void stageEnds() {
                if (!stageEnded) {
                    stageEnded = true;
                    if (stand() == NaiveBulkhead.Stand.RUNNING) {
                        ends();
                    }
                }
            }

            private void ends() {
                model.end(this, ending);
                if (isOpen()) {
                    line = ending.line();
                }
            }
        }

        private static final class HereCall extends NaiveBulkhead.Call {

            HereCall(CallContext context, long deadline) {
                super(context, deadline);
            }

            @Override
            void runs() {}

            @Override
            void refused(RejectionReason reason, String line) {}
        }

        private static final class HeldPermit {

            final Permit permit;
            final HereCall call;
            boolean returned;

            HeldPermit(Permit permit, HereCall call) {
                this.permit = permit;
                this.call = call;
            }
        }
    }
}
