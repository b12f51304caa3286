package dev.mainstay.bulkhead;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.PolicyAccess;
import dev.mainstay.call.CallContext;
import dev.mainstay.future.Stages;
import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.time.Deadline;
import dev.mainstay.time.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * A bulkhead against one that is so simple that it must be right: every call in the same state after every operation,
 * and let in in the same order.
 */
class BulkheadModelTest {

    private static final int RUNS = Boolean.getBoolean("tests.integration") ? 300 : 60;
    private static final int STEPS = 300;

    @Test
    void itDoesWhatTheModelDoes() {
        long seed = System.nanoTime();
        for (int run = 0; run < RUNS; run++) {
            long runSeed = seed + run;
            List<String> log = new ArrayList<>();
            try {
                new Run(new Random(runSeed), log).play();
            } catch (AssertionError | RuntimeException failure) {
                throw new AssertionError(
                        "seed " + runSeed + ", after " + log.subList(Math.max(0, log.size() - 25), log.size()),
                        failure);
            }
        }
    }

    private enum State {
        QUEUED,
        RUNNING,
        ENDED,
        CANCELLED,
        REJECTED
    }

    private static final class Call {

        final int number;
        final CompletableFuture<String> stage = new CompletableFuture<>();

        @Nullable
        CompletableFuture<String> future;

        State state = State.QUEUED;

        @Nullable
        RejectionReason reason;

        long expires;
        RejectionReason expiry = RejectionReason.WAIT_EXPIRED;

        Call(int number) {
            this.number = number;
        }

        @Override
        public String toString() {
            return number + ":" + state;
        }
    }

    private static final class Run {

        private final Random random;
        private final List<String> log;
        private final VirtualTime time = VirtualTime.startingAt(Long.MAX_VALUE - 1_000_000);
        private final Bulkhead bulkhead;
        private final List<Call> calls = new ArrayList<>();
        private final List<Integer> letIn = new ArrayList<>();
        private int made;

        // The model: the options, and who is where.
        private BulkheadConfig config;
        private final List<Call> running = new ArrayList<>();
        private final List<Call> queue = new ArrayList<>();
        private final List<Integer> letInByModel = new ArrayList<>();

        Run(Random random, List<String> log) {
            this.random = random;
            this.log = log;
            this.config = options();
            this.bulkhead = Bulkhead.of("b", config);
        }

        private BulkheadConfig options() {
            BulkheadConfig.Builder options = BulkheadConfig.builder()
                    .maxConcurrentCalls(1 + random.nextInt(4))
                    .timeSource(time);
            return random.nextInt(4) == 0
                    ? options.build()
                    : options.maxQueuedCalls(1 + random.nextInt(20))
                            .maxWaitDuration(Duration.ofNanos(1 + random.nextInt(100)))
                            .build();
        }

        void play() {
            for (int step = 0; step < STEPS; step++) {
                int choice = random.nextInt(100);
                if (choice < 40) {
                    enter();
                } else if (choice < 65) {
                    end();
                } else if (choice < 75) {
                    cancel();
                } else if (choice < 95) {
                    pass(random.nextInt(30));
                } else {
                    reconfigure();
                }
                time.runDue();
                compare();
            }
        }

        private void enter() {
            Call call = new Call(made++);
            calls.add(call);
            CallContext context = CallContext.plain();
            long left = Long.MAX_VALUE;
            if (random.nextInt(4) == 0) {
                left = random.nextInt(60);
                context = context.deadline(Deadline.after(Duration.ofNanos(left), time));
            }
            log.add("enter " + call.number + " deadline " + left);
            call.future = PolicyAccess.callAsync(bulkhead, context, ignored -> {
                letIn.add(call.number);
                return call.stage;
            });
            long wait = config.maxWaitDuration().toNanos();
            if (running.size() < config.maxConcurrentCalls() && queue.isEmpty()) {
                letIn(call);
            } else if (wait == 0) {
                reject(call, RejectionReason.FULL);
            } else if (left == 0) {
                reject(call, RejectionReason.DEADLINE);
            } else if (queue.size() >= config.maxQueuedCalls()) {
                reject(call, RejectionReason.QUEUE_FULL);
            } else {
                call.expires = time.elapsed().toNanos() + Math.min(wait, left);
                call.expiry = left <= wait ? RejectionReason.DEADLINE : RejectionReason.WAIT_EXPIRED;
                queue.add(call);
            }
        }

        private void end() {
            if (!running.isEmpty()) {
                Call call = running.remove(random.nextInt(running.size()));
                log.add("end " + call.number);
                call.stage.complete("ok");
                call.state = State.ENDED;
                serve();
            }
        }

        private void cancel() {
            List<Call> open = new ArrayList<>(running);
            open.addAll(queue);
            if (!open.isEmpty()) {
                Call call = open.get(random.nextInt(open.size()));
                log.add("cancel " + call);
                assertThat(call.future).isNotNull();
                call.future.cancel(true);
                call.state = State.CANCELLED;
                running.remove(call);
                queue.remove(call);
                serve();
            }
        }

        private void pass(int nanos) {
            log.add("pass " + nanos);
            time.advanceNanos(nanos);
            for (Call call : List.copyOf(queue)) {
                if (call.expires <= time.elapsed().toNanos()) {
                    queue.remove(call);
                    reject(call, call.expiry);
                }
            }
        }

        private void reconfigure() {
            config = options();
            log.add("reconfigure " + config);
            bulkhead.reconfigure(config);
            serve();
        }

        private void serve() {
            while (!queue.isEmpty() && running.size() < config.maxConcurrentCalls()) {
                letIn(queue.remove(0));
            }
        }

        private void letIn(Call call) {
            call.state = State.RUNNING;
            running.add(call);
            letInByModel.add(call.number);
        }

        private static void reject(Call call, RejectionReason reason) {
            call.state = State.REJECTED;
            call.reason = reason;
        }

        private void compare() {
            assertThat(bulkhead.inUse()).as("in use").isEqualTo(running.size());
            assertThat(bulkhead.queued()).as("queued").isEqualTo(queue.size());
            assertThat(bulkhead.limit()).as("limit").isEqualTo(config.maxConcurrentCalls());
            assertThat(letIn).as("let in").isEqualTo(letInByModel);
            for (Call call : calls) {
                compare(call);
            }
            calls.removeIf(call -> call.state != State.QUEUED && call.state != State.RUNNING);
        }

        private static void compare(Call call) {
            CompletableFuture<String> future = call.future;
            assertThat(future).isNotNull();
            boolean open = call.state == State.QUEUED || call.state == State.RUNNING;
            assertThat(future.isDone()).as("%s is done", call).isEqualTo(!open);
            assertThat(future.isCancelled()).as("%s is cancelled", call).isEqualTo(call.state == State.CANCELLED);
            if (call.state == State.REJECTED) {
                assertThat(Stages.failureOf(future))
                        .isInstanceOfSatisfying(
                                CallRejectedException.class,
                                rejection -> assertThat(rejection.reason())
                                        .as("%s", call)
                                        .isEqualTo(call.reason));
            }
        }
    }
}
