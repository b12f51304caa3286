package dev.mainstay.ratelimit;

import static dev.mainstay.testkit.MainstayAssertions.assertThat;
import static dev.mainstay.testkit.MainstayAssertions.assertThatThrownBy;

import dev.mainstay.PolicyEvent;
import dev.mainstay.registry.KeyedRegistry;
import dev.mainstay.testkit.RecordedEvents;
import dev.mainstay.testkit.Scenario;
import dev.mainstay.testkit.Script;
import dev.mainstay.time.TimeSource;
import dev.mainstay.time.TimerTask;
import dev.mainstay.time.VirtualTime;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.junit.jupiter.api.Test;

class KeyedRateLimiterTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    private final VirtualTime time = VirtualTime.create();
    private final KeyedRateLimiter limiter = limiter(2);

    /** Two permits a second for each key, as so many at most have limiters of their own. */
    private KeyedRateLimiter limiter(int keys) {
        RateLimiterConfig config = RateLimiterConfig.builder()
                .limitForPeriod(2)
                .limitRefreshPeriod(SECOND)
                .timeoutDuration(SECOND)
                .timeSource(time)
                .build();
        return KeyedRateLimiter.over(KeyedRegistry.builder("k", name -> RateLimiter.of(name, config))
                .maxInstances(keys)
                .build());
    }

    @Test
    void eachKeyHasALimitOfItsOwn() {
        assertThat(limiter.tryAcquire("a", 2)).isTrue();
        assertThat(limiter.tryAcquire("a")).isFalse();
        assertThat(limiter.tryAcquire("b")).isTrue();
        assertThat(limiter.remaining("a")).isZero();
        assertThat(limiter.remaining("b")).isOne();
        assertThat(limiter.retryAfter("a")).isEqualTo(Duration.ofMillis(500));
        assertThat(limiter.resetAfter("b")).isEqualTo(Duration.ofMillis(500));
    }

    @Test
    void callsGoByTheKeyOfTheirContext() {
        Scenario.named("key of the context")
                .with(
                        t -> KeyedRateLimiter.of(
                                "k",
                                c -> c.limitForPeriod(1)
                                        .limitRefreshPeriod(SECOND)
                                        .timeSource(t)),
                        keyed -> keyed.with(context -> context.key("a")))
                .inEveryMode(run -> {
                    run.succeeding(1);
                    run.rejected();
                    run.call(run.policy().with(context -> context.key("b")), Script.succeeding("ok"))
                            .returned("ok");
                    assertThat(run.policy().tryAcquire("a")).isFalse();
                });
    }

    @Test
    void aKeyIsForgottenOnlyWhenItOwesNothing() {
        limiter.tryAcquire("a", 2);
        limiter.tryAcquire("b", 2);
        for (int i = 0; i < 100; i++) {
            limiter.tryAcquire("other " + i);
        }
        assertThat(limiter.tryAcquire("a")).as("no fresh burst").isFalse();
        assertThat(limiter.tryAcquire("b")).as("no fresh burst").isFalse();
        time.advance(SECOND);
        assertThat(limiter.tryAcquire("c")).isTrue();
        assertThat(limiter.registry().all()).as("two keys and the shared one").hasSize(3);
        assertThat(limiter.registry().find("c")).isPresent();
    }

    @Test
    void keysForWhichThereIsNoRoomShareOneLimiter() {
        limiter.tryAcquire("a");
        limiter.tryAcquire("b");
        assertThat(limiter.tryAcquire("c", 2)).isTrue();
        assertThat(limiter.tryAcquire("d")).isFalse();
        assertThat(limiter.registry().shared().remaining()).isZero();
    }

    @Test
    void aLimiterThatIsEvictedWhilePermitsAreTakenFromItComesBack() {
        ClockWithHook clock = new ClockWithHook(time);
        KeyedRateLimiter keyed = KeyedRateLimiter.over(KeyedRegistry.builder(
                        "k",
                        name -> RateLimiter.of(
                                name, c -> c.limit(RateLimit.smooth(2, SECOND)).timeSource(clock)))
                .maxInstances(1)
                .build());
        keyed.remaining("a");
        clock.onNextRead(() -> keyed.tryAcquire("b"));
        assertThat(keyed.tryAcquire("a", 2)).isTrue();
        assertThat(keyed.registry().find("b")).as("b had its place").isPresent();
        assertThat(keyed.registry().all()).as("a, b and the shared one").hasSize(3);
        assertThat(keyed.tryAcquire("a")).isFalse();
    }

    @Test
    void barePermitsCanBeWaitedFor() throws Exception {
        limiter.acquire("a", 2);
        limiter.acquire("a");
        assertThat(time.elapsed()).isEqualTo(Duration.ofMillis(500));
        CompletableFuture<Void> later = limiter.acquireAsync("a");
        assertThat(later).isNotDone();
        time.await(later);
        assertThat(time.elapsed()).isEqualTo(SECOND);
        assertThat(limiter.reserve("a", 2, SECOND).remainingWait()).isEqualTo(SECOND);
        assertThatThrownBy(() -> limiter.acquire("a")).isInstanceOf(RateLimitExceededException.class);
        assertThatThrownBy(() -> limiter.reserve("a", 1, SECOND)).isInstanceOf(RateLimitExceededException.class);
    }

    @Test
    void otherOptionsHoldForAllKeys() {
        limiter.tryAcquire("a", 2);
        limiter.reconfigure(limiter.registry().shared().config().toBuilder()
                .limitForPeriod(10)
                .build());
        assertThat(limiter.remaining("a")).isEqualTo(8);
        assertThat(limiter.remaining("b")).isEqualTo(10);
        assertThat(limiter.registry().shared().remaining()).isEqualTo(10);
    }

    @Test
    void describesAllItsLimitersTogether() {
        try (RecordedEvents events = RecordedEvents.of(limiter, PolicyEvent.CallRejected.class)) {
            limiter.tryAcquire("a", 2);
            limiter.tryAcquire("a");
            assertThat(events.all()).hasSize(1);
        }
        assertThat(limiter)
                .hasName("k")
                .hasMeter("registry.instances", 1)
                .hasMeter("ratelimiter.available", 2)
                .explains("'k' has 1 of at most 2 instances")
                .isNotIdle();
        assertThat(limiter.timeSource()).isSameAs(time);
    }

    /** Does something at the moment in which the time is read. */
    private static final class ClockWithHook implements TimeSource {

        private final TimeSource time;
        private Runnable hook = () -> {};

        ClockWithHook(TimeSource time) {
            this.time = time;
        }

        void onNextRead(Runnable action) {
            hook = action;
        }

        @Override
        public long nanoTime() {
            Runnable action = hook;
            hook = () -> {};
            action.run();
            return time.nanoTime();
        }

        @Override
        public void sleep(long nanos) throws InterruptedException {
            time.sleep(nanos);
        }

        @Override
        public void parkNanos(Object blocker, long nanos) {
            time.parkNanos(blocker, nanos);
        }

        @Override
        public void arm(TimerTask task, long delayNanos) {
            time.arm(task, delayNanos);
        }

        @Override
        public Executor executor() {
            return time.executor();
        }
    }
}
