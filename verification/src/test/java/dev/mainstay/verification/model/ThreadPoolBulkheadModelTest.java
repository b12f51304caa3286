package dev.mainstay.verification.model;

import dev.mainstay.PolicyAccess;
import dev.mainstay.bulkhead.ThreadPoolBulkhead;
import dev.mainstay.bulkhead.ThreadPoolBulkheadConfig;
import dev.mainstay.call.CallContext;
import dev.mainstay.time.Deadline;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A thread pool bulkhead beside a {@link NaiveThreadPool}, over an executor that begins tasks when it is told to, in
 * any order, and at times rejects them.
 */
class ThreadPoolBulkheadModelTest {

    @Test
    @Timeout(value = 1, unit = TimeUnit.HOURS)
    void doesWhatTheNaiveOneDoes() {
        Plays.of("thread pool bulkhead", PoolPlay::new);
    }

    private static final class PoolPlay extends Play {

        private static final String NAME = "pool";
        private static final long NEVER = Long.MAX_VALUE;
        private static final int LONGEST = 60;

        private boolean rejecting;
        private final List<Runnable> tasks = new ArrayList<>();
        private final List<NaiveThreadPool.Call> handed = new ArrayList<>();
        private final Executor executor = this::take;

        private ThreadPoolBulkheadConfig config;
        private final ThreadPoolBulkhead pool;
        private final NaiveThreadPool model;
        private final List<PooledCall> calls = new ArrayList<>();
        private final List<String> bodies = new ArrayList<>();
        private final List<String> expectedBodies = new ArrayList<>();
        private int made;

        PoolPlay(long seed) {
            super(seed);
            config = config();
            pool = ThreadPoolBulkhead.of(NAME, config);
            model = new NaiveThreadPool(NAME, config, this::takeInModel, agenda, expected);
            observe(pool);
        }

        private void take(Runnable task) {
            if (rejecting) {
                throw new RejectedExecutionException("no");
            }
            tasks.add(task);
        }

        private boolean takeInModel(NaiveThreadPool.Call call) {
            return !rejecting && handed.add(call);
        }

        private ThreadPoolBulkheadConfig config() {
            int queueCapacity = oneIn(5) ? 0 : random.nextInt(5);
            ThreadPoolBulkheadConfig.Builder options = ThreadPoolBulkheadConfig.builder()
                    .maxThreads(1 + random.nextInt(4))
                    .queueCapacity(queueCapacity)
                    .interruptOnCancel(random.nextBoolean())
                    .executor(executor)
                    .timeSource(time);
            return queueCapacity == 0 || oneIn(2)
                    ? options.build()
                    : options.maxWaitDuration(Duration.ofNanos(1 + random.nextInt(LONGEST)))
                            .build();
        }

        @Override
        void step() {
            int choice = random.nextInt(1000);
            if (choice < 330) {
                begin();
            } else if (choice < 590) {
                runTask();
            } else if (choice < 680) {
                endStage();
            } else if (choice < 770) {
                giveUp();
            } else if (choice < 920) {
                long nanos = random.nextInt(20);
                did("let " + nanos + " pass");
                pass(nanos);
            } else if (choice < 958) {
                rejecting = !rejecting && oneIn(2);
                did("the executor takes tasks: " + !rejecting);
            } else if (choice < 998) {
                ThreadPoolBulkheadConfig other = config();
                did("reconfigure to " + other);
                pool.reconfigure(other);
                model.reconfigure(other);
                config = other;
            } else {
                did("close");
                pool.close();
                model.close();
            }
        }

        private void begin() {
            long left = oneIn(4) ? random.nextInt(LONGEST) : NEVER;
            CallContext context = left == NEVER
                    ? CallContext.plain()
                    : CallContext.plain().deadline(Deadline.after(Duration.ofNanos(left), time));
            PooledCall call = new PooledCall(context, left == NEVER ? NEVER : agenda.now() + left);
            if (call.blocks && left == NEVER) {
                call.future = pool.submit(() -> call.body());
            } else {
                call.future = PolicyAccess.callAsync(pool, context, ignored -> call.asyncBody());
            }
            did("begin " + call.number + ", " + left + " left: " + Lines.of(call.future));
            model.begin(call);
            calls.add(call);
        }

        private void runTask() {
            if (tasks.isEmpty()) {
                return;
            }
            int which = oneIn(3) ? random.nextInt(tasks.size()) : 0;
            PooledCall call = (PooledCall) handed.remove(which);
            did("run " + call);
            tasks.remove(which).run();
            call.runsInModel();
            check("an interrupt left behind", false, Thread.interrupted());
        }

        private void endStage() {
            if (!calls.isEmpty()) {
                PooledCall call = anyOf(calls);
                did("end the stage of " + call);
                call.ending.happenTo(call.stage);
                call.stageEnds();
            }
        }

        private void giveUp() {
            if (!calls.isEmpty()) {
                PooledCall call = anyOf(calls);
                did("give up " + call);
                boolean cancel = oneIn(2);
                boolean was = call.isOpen();
                CompletableFuture<@Nullable String> future = Objects.requireNonNull(call.future);
                boolean gaveUp = cancel ? future.cancel(true) : future.complete("outside");
                if (was) {
                    check("gave up", true, gaveUp);
                    call.givenUp(cancel ? Lines.CANCELLED : "result outside");
                }
            }
        }

        @Override
        void compare() {
            if (!oneIn(4)) {
                pass(0);
            }
            check("handed to the executor", handed.size(), tasks.size());
            check("in use", model.inUse(), pool.inUse());
            check("queued", model.queued(), pool.queued());
            check("the limit", config.maxThreads(), pool.limit());
            check("idle", model.inUse() + model.queued() == 0, PolicyAccess.isIdle(pool));
            check("the bodies", expectedBodies, bodies);
            expectedBodies.clear();
            bodies.clear();
            for (PooledCall call : calls) {
                check("call " + call, call.line, Lines.of(Objects.requireNonNull(call.future)));
                check("whether the stage of " + call + " has ended", call.stageEnded, call.stage.isDone());
            }
            calls.removeIf(call -> !call.isOpen() && call.stand() == NaiveThreadPool.Stand.GONE);
            model.readGauges();
            compareEvents();
            compareMeters(true);
        }

        @Override
        Object options() {
            return config.maxThreads() + " threads, queue " + config.queueCapacity() + " for up to "
                    + config.maxWaitDuration() + ", interrupts "
                    + config.interruptOnCancel() + ", somebody listens: " + listening();
        }

        /**
         * A call whose body blocks, or gives a stage; one that blocks may be given up by itself, and sees then whether
         * it is interrupted.
         */
        private final class PooledCall extends NaiveThreadPool.Call {

            final int number = made++;
            final boolean blocks = random.nextBoolean();
            private final boolean interruptible = config.interruptOnCancel();
            private final boolean givesUpItself = oneIn(6);
            private final boolean stageIsComplete = oneIn(3);
            private final long takes = oneIn(3) ? random.nextInt(20) : 0;
            private final Ending ending = Ending.draw(random, 0.4);
            private final CompletableFuture<@Nullable String> stage = new CompletableFuture<>();

            private @Nullable CompletableFuture<@Nullable String> future;
            private String line = "open";
            private boolean stageEnded;

            PooledCall(CallContext context, long deadline) {
                super(context, deadline);
            }

            boolean isOpen() {
                return line.equals("open");
            }

            // ---- in the world of the policy

            private @Nullable String body() throws Exception {
                work();
                return ending.happen();
            }

            private CompletableFuture<@Nullable String> asyncBody() {
                work();
                if (blocks || stageIsComplete) {
                    ending.happenTo(stage);
                }
                return stage;
            }

            private void work() {
                time.advanceNanos(takes);
                if (givesUpItself) {
                    boolean ignored = Objects.requireNonNull(future).cancel(true);
                }
                bodies.add(number + (Thread.currentThread().isInterrupted() ? " interrupted" : ""));
            }

            // ---- in the world of the model

            void runsInModel() {
                if (!model.run(this)) {
                    return;
                }
                agenda.advance(takes);
                boolean givenUp = !isOpen();
                if (givesUpItself && !givenUp) {
                    line = Lines.CANCELLED;
                }
                expectedBodies.add(number + (givesUpItself && !givenUp && interruptible ? " interrupted" : ""));
                boolean bySubmit = blocks && deadline() == NEVER;
                if (!bySubmit && (blocks || stageIsComplete)) {
                    stageEnded = true;
                }
                boolean ended = bySubmit || stageEnded;
                model.end(this, ended ? ending : Ending.good(""));
                if (!isOpen()) {
                    // Nobody wants the stage any more.
                    stageEnded |= !bySubmit;
                } else if (ended) {
                    line = ending.line();
                }
            }

            @Override
            void rejected(String rejection) {
                if (isOpen()) {
                    line = rejection;
                }
            }

            void stageEnds() {
                stageEnded = true;
                if (stand() == NaiveThreadPool.Stand.GONE && !isWithdrawn() && isOpen()) {
                    line = ending.line();
                }
            }

            void givenUp(String as) {
                line = as;
                stageEnded |= stand() == NaiveThreadPool.Stand.GONE && !isWithdrawn();
                model.abandon(this);
            }

            @Override
            public String toString() {
                return number + " " + stand();
            }
        }
    }
}
