package dev.mainstay.verification.hostile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.mainstay.Permit;
import dev.mainstay.Pipeline;
import dev.mainstay.PolicyAccess;
import dev.mainstay.TimeLimiter;
import dev.mainstay.backoff.Backoff;
import dev.mainstay.breaker.CircuitBreaker;
import dev.mainstay.bulkhead.Bulkhead;
import dev.mainstay.bulkhead.ThreadPoolBulkhead;
import dev.mainstay.call.CallContext;
import dev.mainstay.future.Stages;
import dev.mainstay.ratelimit.RateLimiter;
import dev.mainstay.retry.Retry;
import dev.mainstay.testkit.Meters;
import dev.mainstay.time.Deadline;
import dev.mainstay.time.VirtualTime;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * When the virtual machine gives up on a body, the error comes out as itself, every permit comes back, nothing is
 * counted for or against the other side, and nothing is tried again.
 */
class ErrorInBodyTest {

    /** Enough for what we do after a body. */
    private static final int SOME_FRAMES = 200;

    private final VirtualTime time = VirtualTime.create();
    private final Retry retry = Retry.of("retry", c -> c.backoff(Backoff.none()).timeSource(time));
    private final CircuitBreaker breaker =
            CircuitBreaker.of("breaker", c -> c.consecutiveFailures(1).timeSource(time));
    private final RateLimiter limiter = RateLimiter.of(
            "limiter",
            c -> c.limitForPeriod(1_000)
                    .limitRefreshPeriod(Duration.ofSeconds(1))
                    .timeSource(time));
    private final Bulkhead bulkhead =
            Bulkhead.of("slots", c -> c.maxConcurrentCalls(1).timeSource(time));
    private final ThreadPoolBulkhead pool = ThreadPoolBulkhead.of(
            "pool", c -> c.maxThreads(1).executor(time.executor()).timeSource(time));
    private final TimeLimiter limit = TimeLimiter.of("limit", c -> c.timeSource(time));
    private final Pipeline pipeline = Pipeline.of("all", retry, breaker, limiter, bulkhead, pool, limit);
    private final Meters meters = Meters.start(pipeline);
    private final AtomicInteger bodies = new AtomicInteger();

    static Stream<Named<Error>> errors() {
        return Stream.of(
                Named.of("thread death", new ThreadDeath()),
                Named.of("out of memory", new OutOfMemoryError("of the body's own")),
                Named.of("stack overflow", new StackOverflowError()),
                Named.of("linkage", new NoClassDefFoundError("of the body's own")));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("errors")
    void anErrorComesOutAsItselfAndLeavesNothing(Error error) {
        assertThat(catchThrowable(() -> pipeline.run(() -> fail(error)))).isSameAs(error);
        assertNothingIsLeft();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("errors")
    void soItDoesWhereRejectionsAreValues(Error error) {
        assertThat(catchThrowable(() -> pipeline.tryCall(() -> fail(error)))).isSameAs(error);
        assertThat(catchThrowable(() -> bulkhead.tryCall(() -> fail(error)))).isSameAs(error);
        assertThat(PolicyAccess.isIdle(bulkhead)).isTrue();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("errors")
    void soItDoesWhereABodyThrowsInsteadOfGivingAStage(Error error) {
        CompletableFuture<Object> call = pipeline.callAsync(() -> {
            fail(error);
            return new CompletableFuture<>();
        });

        assertThat(catchThrowable(() -> time.await(call))).isSameAs(error);
        assertNothingIsLeft();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("errors")
    void soItDoesOutOfAStage(Error error) {
        CompletableFuture<Object> stage = new CompletableFuture<>();
        CompletableFuture<Object> call = pipeline.callAsync(() -> {
            bodies.incrementAndGet();
            return stage;
        });
        time.runDue();
        stage.completeExceptionally(new CompletionException(error));
        time.runDue();

        assertThat(Stages.failureOf(call)).isSameAs(error);
        assertNothingIsLeft();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("errors")
    void aThreadOfThePoolOutlivesIt(Error error) {
        CompletableFuture<Object> call = pipeline.submit(time.executor(), () -> fail(error));

        assertThat(catchThrowable(() -> time.await(call))).isSameAs(error);
        assertNothingIsLeft();
        assertThat(pipeline.get(() -> "next")).isEqualTo("next");
    }

    private Object fail(Error error) {
        bodies.incrementAndGet();
        throw error;
    }

    private void assertNothingIsLeft() {
        assertThat(bodies).as("attempts").hasValue(1);
        assertThat(PolicyAccess.isIdle(bulkhead)).as("slots").isTrue();
        assertThat(PolicyAccess.isIdle(pool)).as("pool").isTrue();
        assertThat(breaker.state()).isEqualTo(CircuitBreaker.State.CLOSED);
        assertThat(breaker.tally().calls()).as("in the window").isZero();
        assertThat(meters.value("breaker.calls", "outcome", "ignored")).isEqualTo(1);
        assertThat(meters.value("retry.calls", "outcome", "not_retryable")).isEqualTo(1);
        assertThat(meters.value("retry.budget")).isEqualTo(10);
    }

    // ---- a timer that cannot be started

    /** As when there is no memory for its thread. */
    @Test
    void aTimerThatCannotBeStartedLeavesNothingOfTheCall() {
        Error noThread = new InternalError("unable to create native thread");
        StrangeClock clock = new StrangeClock(time);
        clock.failsToArm(noThread);
        Bulkhead slots = Bulkhead.of(
                "one",
                c -> c.maxConcurrentCalls(1)
                        .maxWaitDuration(Duration.ofSeconds(1))
                        .timeSource(clock));
        Pipeline limited = Pipeline.of("limited", slots, TimeLimiter.of("limit", c -> c.timeSource(clock)));

        assertThat(catchThrowable(() -> limited.run(bodies::incrementAndGet))).isSameAs(noThread);
        CompletableFuture<String> stage = new CompletableFuture<>();
        CompletableFuture<String> call = limited.callAsync(() -> stage);
        Permit taken = slots.acquirePermit();
        CompletableFuture<String> inLine = slots.callAsync(() -> new CompletableFuture<>());
        taken.release();

        ThreadPoolBulkhead threads = ThreadPoolBulkhead.of(
                "threads", c -> c.maxThreads(1).executor(clock.executor()).timeSource(clock));
        CompletableFuture<String> running = threads.submit(() -> "ran");
        Throwable queued = catchThrowable(() -> threads.with(
                        context -> context.deadline(Deadline.after(Duration.ofSeconds(1), clock)))
                .run(bodies::incrementAndGet));
        time.runUntilIdle();

        assertThat(queued).isSameAs(noThread);
        assertThat(running).isCompletedWithValue("ran");
        assertThat(PolicyAccess.isIdle(threads)).isTrue();
        assertThat(CallContext.current().deadline())
                .as("deadline that stayed behind")
                .isNull();
        assertThat(Stages.failureOf(call)).isSameAs(noThread);
        assertThat(stage).as("the stage that nobody limits").isCancelled();
        assertThat(Stages.failureOf(inLine)).isSameAs(noThread);
        assertThat(PolicyAccess.isIdle(slots)).isTrue();
        assertThat(bodies).hasValue(0);
    }

    // ---- a stack that is really used up

    @Test
    void aBodyThatUsesUpTheStackLeavesNothing() throws Exception {
        AtomicReference<Throwable> thrown = new AtomicReference<>();

        onSmallStack(() -> thrown.set(catchThrowable(() -> Pipeline.of("sync", retry, breaker, limiter, bulkhead, limit)
                .run(() -> {
                    bodies.incrementAndGet();
                    descendForEver(0);
                }))));

        assertThat(thrown.get()).isInstanceOf(StackOverflowError.class);
        assertThat(bodies).hasValue(1);
        assertThat(PolicyAccess.isIdle(bulkhead)).isTrue();
        assertThat(breaker.tally().calls()).isZero();
    }

    /**
     * Calls begun at each of the last frames that the stack has room for. What our own frames need to put things back
     * is little, but something: a body that cannot even be begun, or that overflows within its first frames, may leave
     * no room for it, as it leaves none for the {@code finally} of anybody else. One that got some way on leaves
     * nothing.
     */
    @Test
    void aCallAtTheEdgeOfTheStackLeavesNothingIfItsBodyHadRoomForSomeFrames() throws Exception {
        Bulkhead slots =
                Bulkhead.of("wide", c -> c.maxConcurrentCalls(1_000_000).timeSource(time));
        TimeLimiter forEver = TimeLimiter.of(
                "forever",
                c -> c.timeoutDuration(Duration.ofSeconds(Long.MAX_VALUE)).timeSource(time));
        Pipeline sync = Pipeline.of("sync", retry, breaker, slots, forEver);
        EdgeCall call = new EdgeCall(sync, slots);
        // What is linked when it first runs needs more of the stack than it does later.
        call.run();
        descend(SOME_FRAMES);

        onSmallStack(() -> {
            for (int round = 0; round < 5; round++) {
                fromTheEdge(call);
            }
        });

        assertThat(call.lost).as("calls that had room and lost something").isZero();
        assertThat(call.gotOn).as("calls that had room").isPositive();
        assertThat(call.others).as("what else came out than an overflow").isNull();
        assertThat(call.overflowed).as("calls that had none").isPositive();
    }

    /** A call whose body uses up what is left of the stack, and what it has left behind. */
    private static final class EdgeCall implements Runnable {

        private final Pipeline pipeline;
        private final Bulkhead slots;
        private boolean hadRoom;
        private int gotOn;
        private int overflowed;
        private int lost;
        private @Nullable Throwable others;

        EdgeCall(Pipeline pipeline, Bulkhead slots) {
            this.pipeline = pipeline;
            this.slots = slots;
        }

        @Override
        public void run() {
            hadRoom = false;
            int before = slots.inUse();
            CallContext around = CallContext.current();
            try {
                pipeline.run(this::body);
            } catch (StackOverflowError expected) {
                overflowed += hadRoom ? 0 : 1;
            } catch (Throwable other) {
                others = other;
            }
            if (hadRoom) {
                gotOn++;
                lost += slots.inUse() == before && CallContext.current() == around ? 0 : 1;
            }
        }

        private void body() {
            descend(SOME_FRAMES);
            hadRoom = true;
            descendForEver(0);
        }
    }

    /** Does the work at the end of the stack, and again at each of the frames before it. */
    @SuppressWarnings("InfiniteRecursion") // it ends where the stack does
    private static int fromTheEdge(Runnable work) {
        int done;
        try {
            done = fromTheEdge(work);
        } catch (StackOverflowError error) {
            done = 0;
        }
        if (done < 3 * SOME_FRAMES) {
            work.run();
        }
        return done + 1;
    }

    private static void descend(int frames) {
        if (frames > 0) {
            descend(frames - 1);
        }
    }

    @SuppressWarnings("InfiniteRecursion") // it ends where the stack does
    private static long descendForEver(long depth) {
        return 1 + descendForEver(depth + 1);
    }

    private static void onSmallStack(Runnable work) throws InterruptedException {
        AtomicReference<Throwable> failure = new AtomicReference<>();
        Thread thread = new Thread(null, work, "small stack", 256 * 1024);
        thread.setUncaughtExceptionHandler((dead, thrown) -> failure.set(thrown));
        thread.start();
        thread.join();
        assertThat(failure.get()).isNull();
    }
}
