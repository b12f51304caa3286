package dev.mainstay.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.CallScope;
import dev.mainstay.Chain;
import dev.mainstay.Gate;
import dev.mainstay.Permit;
import dev.mainstay.Pipeline;
import dev.mainstay.Policy;
import dev.mainstay.PolicyAccess;
import dev.mainstay.TimeLimit;
import dev.mainstay.TimeLimiter;
import dev.mainstay.WaitQueue;
import dev.mainstay.Waiter;
import dev.mainstay.call.AsyncCallBody;
import dev.mainstay.call.CallBody;
import dev.mainstay.call.CallContext;
import dev.mainstay.call.Priority;
import dev.mainstay.event.MainstayEvent;
import dev.mainstay.meter.CallCounter;
import dev.mainstay.meter.MeterId;
import dev.mainstay.meter.MeterReadings;
import dev.mainstay.meter.MeterSink;
import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.outcome.Classifier;
import dev.mainstay.outcome.Outcome;
import dev.mainstay.outcome.Rejection;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.outcome.Verdict;
import dev.mainstay.time.Deadline;
import dev.mainstay.time.TimeSource;
import dev.mainstay.time.TimedTask;
import dev.mainstay.time.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class OwnPoliciesPageTest {

    private final VirtualTime time = VirtualTime.create();
    private final InventoryClient client = new InventoryClient(time);

    // begin: gate
    /** Rejects calls while a target is under maintenance, and knows how many are still in progress. */
    static final class Maintenance extends Gate {

        private static final long PERMIT = 0;

        private final AtomicInteger inProgress = new AtomicInteger();
        private final CallCounter rejected = new CallCounter();
        private volatile boolean underMaintenance;

        Maintenance(String name) {
            super(name, TimeSource.system(), Classifier.standard());
        }

        void begin() {
            underMaintenance = true;
        }

        void end() {
            underMaintenance = false;
        }

        @Override
        protected long tryEnter(CallContext context, long now) {
            if (underMaintenance) {
                return reject(RejectionReason.OTHER);
            }
            inProgress.incrementAndGet();
            return PERMIT;
        }

        @Override
        protected void exit(
                long permit,
                long start,
                long now,
                Verdict verdict,
                CallContext context,
                Object result,
                Throwable failure) {
            inProgress.decrementAndGet();
        }

        @Override
        protected Rejection rejection(long code, CallContext context, long now) {
            return new Rejection(name(), reasonOf(code), -1) {
                private static final long serialVersionUID = 1L;

                @Override
                protected String numbers() {
                    return "the target is under maintenance";
                }
            };
        }

        @Override
        protected void onRejected(Rejection rejection, CallContext context) {
            rejected.increment();
        }

        @Override
        protected void describe(MeterSink sink) {
            sink.gauge(MeterId.of("maintenance.in.progress", name(), "Calls in progress", "calls"), inProgress::get);
            sink.counter(MeterId.of("maintenance.rejected", name(), "Calls rejected", "calls"), rejected);
        }

        @Override
        public String explain() {
            return "'" + name() + "' " + (underMaintenance ? "rejects all calls" : "lets all calls in") + ", "
                    + inProgress + " in progress";
        }

        @Override
        protected boolean isIdle() {
            return !underMaintenance && inProgress.get() == 0;
        }
    }
    // end: gate

    @Test
    void aGateOfYourOwn() throws IOException {
        // begin: gate-usage
        Maintenance maintenance = new Maintenance("inventory");
        Pipeline pipeline = Pipeline.of("inventory", maintenance, TimeLimiter.ofDefaults("inventory"));

        Stock stock = pipeline.call(() -> client.stockOf("sku-7"));

        maintenance.begin();
        Outcome<Stock> rejected = pipeline.tryCall(() -> client.stockOf("sku-7"));
        // end: gate-usage
        assertThat(stock.pieces()).isEqualTo(7);
        assertThat(rejected.isRejected()).isTrue();
        assertThat(maintenance.isIdle()).isFalse();
        maintenance.end();
        assertThat(maintenance.isIdle()).isTrue();
    }

    @Test
    void theRejectionSaysWhy() {
        Maintenance maintenance = new Maintenance("inventory");
        maintenance.begin();

        assertThatThrownBy(() -> maintenance.call(() -> client.stockOf("sku-7")))
                .isInstanceOf(CallRejectedException.class)
                .hasMessage("'inventory' rejected the call: the policy rejected the call (the target is under"
                        + " maintenance)");
    }

    @Test
    void itsMetersAreThere() {
        Maintenance maintenance = new Maintenance("inventory");
        maintenance.begin();
        // begin: read-meters
        MeterReadings readings = new MeterReadings();
        PolicyAccess.describe(maintenance, readings);
        Map<MeterId, Double> values = readings.values();
        // end: read-meters
        assertThat(values.keySet())
                .extracting(MeterId::toString)
                .containsExactly("maintenance.in.progress{name=inventory}", "maintenance.rejected{name=inventory}");
        assertThat(maintenance.toString()).contains("rejects all calls", "maintenance.in.progress");
    }

    @Test
    void aCounterCountsOnceItIsStarted() {
        Maintenance maintenance = new Maintenance("inventory");
        maintenance.begin();
        assertThat(maintenance.tryAcquirePermit().orElse(null)).isNull();
        assertThat(maintenance.rejected.getAsLong()).isZero();

        maintenance.rejected.start();
        assertThat(maintenance.tryAcquirePermit().orElse(null)).isNull();
        assertThat(maintenance.rejected.getAsLong()).isEqualTo(1);
    }

    @Test
    void thePermitComesBackWhateverHappens() {
        Maintenance maintenance = new Maintenance("inventory");

        assertThatThrownBy(() -> maintenance.get(() -> {
                    throw new StackOverflowError();
                }))
                .isInstanceOf(StackOverflowError.class);
        assertThat(maintenance.inProgress).hasValue(0);
    }

    @Test
    void permitsByHand() {
        Gate gate = new Maintenance("inventory");
        Runnable transfer = () -> {};
        // begin: permit
        try (Permit permit = gate.acquirePermit()) {
            transfer.run();
            permit.success(null);
        }
        // end: permit
        assertThat(PolicyAccess.isIdle(gate)).isTrue();
    }

    // begin: line
    /** So many calls at a time. Others wait in line. */
    static final class Desk extends Gate {

        private static final long PERMIT = 0;
        private static final long MAX_WAIT_NANOS = 1_000_000_000;

        private final AtomicInteger free;
        private final WaitQueue line;

        Desk(String name, TimeSource time, int places, WaitQueue.Discipline discipline) {
            super(name, time, Classifier.standard());
            this.free = new AtomicInteger(places);
            this.line = new WaitQueue(name, discipline, () -> 100);
        }

        @Override
        protected long tryEnter(CallContext context, long now) {
            return line.isEmpty() && take() ? PERMIT : reject(RejectionReason.FULL);
        }

        @Override
        protected boolean mayWait(long code, CallContext context) {
            return true;
        }

        @Override
        protected long startWaiting(Waiter waiter, CallContext context, long now) {
            long remaining = context.remainingNanos(timeSource(), now);
            if (remaining <= 0) {
                return reject(RejectionReason.DEADLINE);
            }
            if (!line.add(waiter, now)) {
                return reject(RejectionReason.QUEUE_FULL);
            }
            serve();
            return Math.min(MAX_WAIT_NANOS, remaining);
        }

        @Override
        protected long endWaiting(Waiter waiter, long now) {
            line.remove(waiter);
            return reject(RejectionReason.WAIT_EXPIRED);
        }

        @Override
        protected void abandonWaiting(Waiter waiter) {
            line.remove(waiter);
        }

        @Override
        protected void exit(
                long permit,
                long start,
                long now,
                Verdict verdict,
                CallContext context,
                Object result,
                Throwable failure) {
            free.incrementAndGet();
            try {
                serve();
            } catch (StackOverflowError noRoom) {
                // The place is free: whoever comes next serves the line.
            }
        }

        private void serve() {
            while (!line.isEmpty() && take()) {
                Waiter next = line.next(timeSource().nanoTime());
                if (next == null || !next.grant(PERMIT)) {
                    free.incrementAndGet();
                }
            }
        }

        private boolean take() {
            return free.getAndUpdate(left -> Math.max(0, left - 1)) > 0;
        }

        @Override
        protected Rejection rejection(long code, CallContext context, long now) {
            return new Rejection(name(), reasonOf(code), -1);
        }
    }
    // end: line

    // begin: discipline
    /** The most important first. Who has waited for half a second is shed: its caller will not wait much longer. */
    static final class Patience implements WaitQueue.Discipline {

        private static final long LONGEST_NANOS = 500_000_000;

        @Override
        public int ranks() {
            return 2;
        }

        @Override
        public int rank(Waiter waiter) {
            return waiter.context().priority().compareTo(Priority.NORMAL) > 0 ? 0 : 1;
        }

        @Override
        public Rejection shed(Waiter next, long waitedNanos, int length, long now) {
            return waitedNanos < LONGEST_NANOS ? null : new Rejection("desk", RejectionReason.SHED, LONGEST_NANOS);
        }
    }
    // end: discipline

    @Test
    void aLineServesByItsDiscipline() {
        Desk desk = new Desk("desk", time, 1, new Patience());
        Permit only = desk.acquirePermit();
        CompletableFuture<Permit> first = desk.acquirePermitAsync(CallContext.plain());
        CompletableFuture<Permit> important =
                desk.acquirePermitAsync(CallContext.plain().priority(Priority.HIGH));
        only.release();
        time.runDue();
        assertThat(important).isCompleted();
        assertThat(first).isNotDone();
        time.advance(Duration.ofMillis(600));
        important.join().release();
        time.runDue();
        assertThatThrownBy(first::join)
                .hasRootCauseMessage("'desk' rejected the call: the call was shed from the queue; retry after 500ms");
        assertThat(desk.free).hasValue(1);
    }

    @Test
    void aDeskLetsNobodyWaitWhoseTimeIsUp() {
        Desk desk = new Desk("desk", time, 1, new Patience());
        Permit only = desk.acquirePermit();
        CallContext late = CallContext.plain().deadline(Deadline.after(Duration.ZERO, time));
        assertThatThrownBy(() -> desk.acquirePermit(late))
                .isInstanceOfSatisfying(
                        CallRejectedException.class,
                        rejection -> assertThat(rejection.reason()).isEqualTo(RejectionReason.DEADLINE));
        only.release();
    }

    @Test
    void aPermitWithoutAThread() throws Exception {
        Gate gate = new Desk("desk", time, 1, new Patience());
        CallContext context = CallContext.plain();
        // begin: permit-async
        CompletableFuture<Stock> stock = gate.acquirePermitAsync(context)
                .thenCompose(permit -> client.stockOfAsync("sku-7").whenComplete((result, failure) -> {
                    if (failure == null) {
                        permit.success(result);
                    } else {
                        permit.failure(failure);
                    }
                }));
        // end: permit-async
        assertThat(time.await(stock).pieces()).isEqualTo(7);
        assertThat(gate.tryAcquirePermit().isRejected()).isFalse();
    }

    @Test
    void aScopeOfAnAttempt() throws Exception {
        CallContext context = CallContext.plain();
        AsyncCallBody<Stock> body = ctx -> client.stockOfAsync("sku-7");
        List<String> killed = new ArrayList<>();
        // begin: scope
        CallScope scope = CallScope.open(context, time);
        CompletionStage<Stock> attempt = body.in(scope.context());
        scope.follow(attempt.toCompletableFuture());
        scope.context().onCancel(() -> killed.add("the query"));

        // Another attempt was faster:
        scope.cancel();
        // end: scope
        time.runDue();
        assertThat(killed).containsExactly("the query");
        assertThat(attempt.toCompletableFuture()).isDone();
    }

    @Test
    void aTimeLimitWithATimerOfYourOwn() {
        client.takes(Duration.ofSeconds(5));
        TimeLimiter limiter = TimeLimiter.of("inventory", c -> c.timeSource(time));
        CallContext context = CallContext.plain();
        CompletableFuture<Stock> answer = new CompletableFuture<>();
        // begin: time-limit
        TimeLimit limit = limiter.start(context);
        CompletableFuture<Stock> stock = client.stockOfAsync("sku-7");
        afterNanos(limit.nanos(), () -> {
            if (limit.expire()) {
                stock.cancel(true);
                answer.completeExceptionally(limit.timeout());
            }
        });
        stock.whenComplete((result, failure) -> {
            if (!limit.finish(failure)) {
                limit.discard(result);
            } else if (failure == null) {
                answer.complete(result);
            } else {
                answer.completeExceptionally(failure);
            }
        });
        // end: time-limit
        time.advance(Duration.ofSeconds(1));
        assertThatThrownBy(answer::join).hasRootCauseMessage("'inventory' gave up on the call after 1s");
        assertThat(stock).isCancelled();
    }

    private void afterNanos(long nanos, Runnable action) {
        time.arm(
                new TimedTask() {
                    @Override
                    protected void fire() {
                        action.run();
                    }
                },
                nanos);
    }

    // begin: policy
    /** Tells which calls took long. */
    static final class SlowLog extends Policy {

        /** A call took at least as long as the threshold. */
        record SlowCall(String policy, long nanoTime, long durationNanos) implements MainstayEvent {}

        private final String name;
        private final TimeSource time;
        private final long thresholdNanos;
        private final Consumer<SlowCall> log;

        SlowLog(String name, TimeSource time, Duration threshold, Consumer<SlowCall> log) {
            this.name = name;
            this.time = time;
            this.thresholdNanos = threshold.toNanos();
            this.log = log;
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        protected TimeSource timeSource() {
            return time;
        }

        @Override
        protected <T> T around(CallContext context, long now, Chain inner, CallBody<? extends T> body)
                throws Exception {
            long start = now == TimeSource.UNREAD ? time.nanoTime() : now;
            try {
                return inner.<T>proceed(context, start, body);
            } finally {
                ended(start);
            }
        }

        @Override
        protected <T> CompletableFuture<T> aroundAsync(
                CallContext context, long now, Chain inner, AsyncCallBody<? extends T> body) {
            long start = now == TimeSource.UNREAD ? time.nanoTime() : now;
            CompletableFuture<T> call = inner.proceedAsync(context, start, body);
            call.whenComplete((result, failure) -> ended(start));
            return call;
        }

        private void ended(long start) {
            long now = time.nanoTime();
            if (now - start >= thresholdNanos) {
                log.accept(new SlowCall(name, now, now - start));
            }
        }
    }
    // end: policy

    @Test
    void aPolicyOfYourOwnWorksInBothModes() throws Exception {
        List<SlowLog.SlowCall> slow = new ArrayList<>();
        SlowLog slowLog = new SlowLog("inventory", time, Duration.ofMillis(200), slow::add);
        Pipeline pipeline = Pipeline.of("inventory", slowLog);

        pipeline.call(() -> client.stockOf("sku-7"));
        assertThat(slow).isEmpty();
        client.takes(Duration.ofMillis(200));
        pipeline.call(() -> client.stockOf("sku-7"));
        assertThat(slow).hasSize(1);
        time.await(pipeline.callAsync(() -> client.stockOfAsync("sku-7")));
        assertThat(slow).hasSize(2).allMatch(call -> call.durationNanos() == 200_000_000L);
    }

    @Test
    void nullIsAResultLikeAnyOther() {
        @Nullable Object nothing = new Maintenance("inventory").get(() -> null);

        assertThat(nothing).isNull();
    }
}
