package dev.mainstay.ratelimit;

import static dev.mainstay.testkit.MainstayAssertions.assertThat;
import static dev.mainstay.testkit.MainstayAssertions.assertThatThrownBy;

import dev.mainstay.Guard;
import dev.mainstay.PolicyEvent;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.registry.KeyedRegistry;
import dev.mainstay.testkit.RecordedEvents;
import dev.mainstay.testkit.Scenario;
import dev.mainstay.testkit.Script;
import dev.mainstay.time.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

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

    static Stream<Named<RateLimit>> limits() {
        return Stream.of(
                Named.of("smooth", RateLimit.smooth(10, Duration.ofSeconds(10))),
                Named.of("exact", RateLimit.atMost(10, Duration.ofSeconds(10))));
    }

    private KeyedRateLimiter limiter(int keys, RateLimit limit) {
        return KeyedRateLimiter.over(KeyedRegistry.builder(
                        "k", name -> RateLimiter.of(name, c -> c.limit(limit).timeSource(time)))
                .maxInstances(keys)
                .build());
    }

    @ParameterizedTest
    @MethodSource("limits")
    void aKeyThatSharedALimiterGetsNoSecondBurstInItsOwn(RateLimit limit) {
        KeyedRateLimiter keyed = limiter(1, limit);
        keyed.tryAcquire("first", 1);
        assertThat(keyed.tryAcquire("late", 10))
                .as("the burst of the shared one")
                .isTrue();
        keyed.registry().remove("first");
        assertThat(keyed.tryAcquire("late")).as("a second burst").isFalse();
        assertThat(keyed.registry().find("late")).as("its own").isPresent();
        time.advance(Duration.ofSeconds(10));
        assertThat(keyed.tryAcquire("late", 10)).as("all is paid").isTrue();
    }

    @ParameterizedTest
    @MethodSource("limits")
    void aKeyThatHadALimiterBeforeItSharedOneGetsNoSecondBurstWhenItComesBack(RateLimit limit) {
        KeyedRateLimiter keyed = limiter(1, limit);
        RateLimiter own = keyed.registry().get("a");
        keyed.tryAcquire("b");
        assertThat(keyed.registry().find("a")).as("evicted, and known").isEmpty();
        assertThat(keyed.tryAcquire("a", 10)).as("the burst of the shared one").isTrue();
        keyed.registry().remove("b");
        assertThat(keyed.registry().get("a")).isSameAs(own);
        assertThat(keyed.tryAcquire("a")).as("a second burst").isFalse();
    }

    static Stream<Named<List<RateLimit>>> limitsAndTheirCombination() {
        RateLimit smooth = RateLimit.smooth(2, SECOND);
        RateLimit exact = RateLimit.atMost(2, SECOND);
        return Stream.of(
                Named.of("smooth", List.of(smooth)),
                Named.of("exact", List.of(exact)),
                Named.of("both", List.of(RateLimit.smooth(10, SECOND), exact)));
    }

    @ParameterizedTest
    @MethodSource("limitsAndTheirCombination")
    void aKeyOwesWhatIsPromisedToItsCallsThatWaitInTheSharedLimiter(List<RateLimit> limits) {
        KeyedRateLimiter keyed = KeyedRateLimiter.over(KeyedRegistry.builder(
                        "k",
                        name -> RateLimiter.of(
                                name,
                                c -> c.limits(limits.toArray(RateLimit[]::new))
                                        .timeoutDuration(Duration.ofSeconds(100))
                                        .timeSource(time)))
                .maxInstances(1)
                .build());
        List<Duration> had = new ArrayList<>();
        keyed.acquire("first", 2);
        for (int i = 0; i < 8; i++) {
            keyed.acquireAsync("late").thenRun(() -> had.add(time.elapsed()));
        }
        time.advance(Duration.ofMillis(1_500));
        Duration shared = keyed.registry().shared().resetAfter();
        assertThat(keyed.resetAfter("late")).as("owed in its own").isEqualTo(shared);
        for (int i = 0; i < 100; i++) {
            time.advance(Duration.ofMillis(100));
            if (keyed.tryAcquire("late")) {
                had.add(time.elapsed());
            }
        }
        assertThat(keyed.registry().find("late")).as("its own").isPresent();
        assertThat(had).as("until there are permits again, and then").hasSizeGreaterThan(12);
        boolean exact = limits.stream().anyMatch(RateLimit.AtMost.class::isInstance);
        for (int i = 0; i + 2 < had.size(); i++) {
            assertThat(had.get(i + 2).minus(had.get(i)))
                    .as("three in a row at %s", had.get(i))
                    .isGreaterThanOrEqualTo(exact || i > 1 ? SECOND : Duration.ZERO);
        }
    }

    @Test
    void whoIsToldTwiceOfTheSameDebtOwesItOnce() {
        for (RateLimit limit : List.of(RateLimit.smooth(2, SECOND), RateLimit.atMost(2, SECOND))) {
            RateLimiter shared = RateLimiter.of(
                    "shared", c -> c.limit(limit).timeoutDuration(SECOND).timeSource(time));
            RateLimiter own = RateLimiter.of("own", c -> c.limit(limit).timeSource(time));
            shared.acquire(2);
            CompletableFuture<Void> waiting = shared.acquireAsync();
            own.takeOver(shared);
            own.takeOver(shared);
            assertThat(own.resetAfter()).isEqualTo(shared.resetAfter());
            time.advance(Duration.ofSeconds(3));
            assertThat(waiting).isCompleted();
            assertThat(own).isIdle();
        }
    }

    @Test
    void aKeyThatNeverSharedALimiterHasItsWholeBurst() {
        KeyedRateLimiter keyed = limiter(1, RateLimit.smooth(10, Duration.ofSeconds(10)));
        keyed.tryAcquire("first", 1);
        keyed.tryAcquire("late", 10);
        keyed.registry().remove("first");
        assertThat(keyed.tryAcquire("new", 10)).isTrue();
    }

    @Test
    void noKeyGetsMoreThanABurstAndItsRateWhicheverLimitersItGoesThrough() {
        long seed = new Random().nextLong();
        for (int round = 0; round < 200; round++) {
            Random random = new Random(seed + round);
            KeyedRateLimiter keyed = limiter(1 + random.nextInt(3), RateLimit.smooth(10, Duration.ofSeconds(10)));
            int[] had = new int[6];
            Duration begun = time.elapsed();
            for (int i = 0; i < 300; i++) {
                int key = random.nextInt(had.length);
                switch (random.nextInt(8)) {
                    case 0 -> time.advance(Duration.ofMillis(random.nextInt(2_000)));
                    case 1 -> keyed.remaining(key);
                    default -> {
                        int permits = 1 + random.nextInt(10);
                        if (keyed.tryAcquire(key, permits)) {
                            had[key] += permits;
                        }
                    }
                }
                long seconds = time.elapsed().minus(begun).toSeconds();
                assertThat(had[key]).as("seed %s, key %s", seed + round, key).isLessThanOrEqualTo((int) (11 + seconds));
            }
        }
    }

    @Test
    void anEndThatThrowsDoesNotTakeThePlaceOfTheAnswer() {
        class Moody {
            private int asked;

            @Override
            public boolean equals(Object other) {
                return this == other;
            }

            @Override
            public int hashCode() {
                asked++;
                if (throwing && asked > 1) {
                    throw new IllegalStateException("hashCode throws");
                }
                return 7;
            }

            private boolean throwing;
        }
        Moody key = new Moody();
        limiter.tryAcquire(key);
        key.asked = 0;
        key.throwing = true;
        assertThat(limiter.tryAcquire(key)).isTrue();
    }

    static Stream<Named<Consumer<KeyedRateLimiter>>> waysToTakeTwoPermits() {
        return Stream.of(
                Named.of("tryAcquire", keyed -> keyed.tryAcquire("a", 2)),
                Named.of("acquire", keyed -> keyed.acquire("a", 2)),
                Named.of("acquireAsync", keyed -> keyed.acquireAsync("a", 2)),
                Named.of("reserve", keyed -> keyed.reserve("a", 2, SECOND)));
    }

    @ParameterizedTest
    @MethodSource("waysToTakeTwoPermits")
    void aLimiterThatIsEvictedWhilePermitsAreTakenFromItComesBack(Consumer<KeyedRateLimiter> way) {
        ClockWithHook clock = new ClockWithHook(time);
        KeyedRateLimiter keyed = KeyedRateLimiter.over(KeyedRegistry.builder(
                        "k",
                        name -> RateLimiter.of(
                                name, c -> c.limit(RateLimit.smooth(2, SECOND)).timeSource(clock)))
                .maxInstances(1)
                .build());
        keyed.remaining("a");
        clock.onNextRead(() -> keyed.tryAcquire("b"));
        way.accept(keyed);
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
    void aRejectionIsAValueForWhoeverWantsOne() throws Exception {
        Guard guard = limiter.with(context -> context.key("a"));
        limiter.tryAcquire("a", 2);
        limiter.reconfigure(limiter.registry().shared().config().toBuilder()
                .timeoutDuration(Duration.ZERO)
                .build());
        assertThat(guard.tryCall(() -> "ok")).isRejected().withReason(RejectionReason.RATE);
        assertThat(limiter.with(context -> context.key("b")).tryCall(() -> "ok").get())
                .isEqualTo("ok");
    }

    @Test
    void isIdleAsLongAsNoKeyOwesAnything() {
        assertThat(limiter).isIdle();
        limiter.tryAcquire("a");
        assertThat(limiter).isNotIdle();
        time.advance(SECOND);
        assertThat(limiter).isIdle();
    }

    @Test
    void describesAllItsLimitersTogether() {
        assertThat(limiter).hasToString("KeyedRateLimiter[" + limiter.explain() + "]");
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
}
