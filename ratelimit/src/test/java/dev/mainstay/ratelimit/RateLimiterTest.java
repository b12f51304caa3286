package dev.mainstay.ratelimit;

import static dev.mainstay.testkit.MainstayAssertions.assertThat;
import static dev.mainstay.testkit.MainstayAssertions.assertThatIllegalArgumentException;
import static dev.mainstay.testkit.MainstayAssertions.assertThatThrownBy;

import dev.mainstay.Chain;
import dev.mainstay.Pipeline;
import dev.mainstay.PolicyAccess;
import dev.mainstay.PolicyEvent;
import dev.mainstay.call.CallContext;
import dev.mainstay.meter.MeterId;
import dev.mainstay.meter.MeterSink;
import dev.mainstay.meter.Recorder;
import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.outcome.Outcome;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.outcome.Verdict;
import dev.mainstay.testkit.Meters;
import dev.mainstay.testkit.RecordedEvents;
import dev.mainstay.time.TimeSource;
import dev.mainstay.time.TimedTask;
import dev.mainstay.time.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

class RateLimiterTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    private final VirtualTime time = VirtualTime.create();

    private RateLimiter limiter(RateLimit... limits) {
        return RateLimiter.of("l", c -> c.limits(limits).timeSource(time));
    }

    private RateLimiter patient(RateLimit... limits) {
        return RateLimiter.of(
                "l", c -> c.limits(limits).timeoutDuration(Duration.ofHours(1)).timeSource(time));
    }

    private static void change(RateLimiter limiter, UnaryOperator<RateLimiterConfig.Builder> options) {
        limiter.reconfigure(options.apply(limiter.config().toBuilder()).build());
    }

    // ---- permits without a call

    @Test
    void permitsAreTakenAllOrNone() {
        RateLimiter limiter = limiter(RateLimit.smooth(5, SECOND));
        assertThat(limiter.tryAcquire(3)).isTrue();
        assertThat(limiter.tryAcquire(3)).isFalse();
        assertThat(limiter.remaining()).isEqualTo(2);
        assertThat(limiter.tryAcquire(2)).isTrue();
        assertThat(limiter.tryAcquire()).isFalse();
    }

    @Test
    void moreThanABurstIsNeverThere() {
        for (RateLimit limit : List.of(RateLimit.smooth(Integer.MAX_VALUE, SECOND, 2), RateLimit.atMost(2, SECOND))) {
            RateLimiter limiter = patient(limit);
            assertThat(limiter.tryAcquire(3)).isFalse();
            assertThat(limiter.tryAcquire(Integer.MAX_VALUE)).isFalse();
            assertThatThrownBy(() -> limiter.reserve(3)).isInstanceOf(RateLimitExceededException.class);
            assertThatThrownBy(() -> limiter.acquire(3))
                    .isInstanceOf(RateLimitExceededException.class)
                    .hasMessageContaining("3 permits are never there at once: the limit is")
                    .hasMessageContaining("burst 2");
            assertThat(limiter.remaining()).isEqualTo(2);
        }
    }

    @Test
    void farMoreThanABurstIsNotThereEither() {
        RateLimiter slow = limiter(RateLimit.smooth(1, Duration.ofDays(26_000)));
        RateLimiter both = limiter(RateLimit.smooth(100, SECOND), RateLimit.atMost(2, SECOND));
        for (int permits : new int[] {8, 50, Integer.MAX_VALUE}) {
            assertThat(slow.tryAcquire(permits)).isFalse();
            assertThat(both.tryAcquire(permits)).isFalse();
        }
        assertThat(slow.remaining()).isOne();
        assertThat(both.remaining()).isEqualTo(2);
    }

    @Test
    void fewerThanOnePermitCannotBeAskedFor() {
        RateLimiter limiter = limiter(RateLimit.smooth(5, SECOND));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> limiter.tryAcquire(0))
                .withMessageContaining("permits");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> limiter.acquire(-1))
                .withMessageContaining("permits");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> limiter.acquireAsync(0))
                .withMessageContaining("permits");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> limiter.reserve(0))
                .withMessageContaining("permits");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> limiter.reserve(1, Duration.ofNanos(-1)))
                .withMessageContaining("maxWait");
    }

    @Test
    void acquireWaitsOnItsThread() {
        RateLimiter limiter = patient(RateLimit.smooth(2, SECOND, 2));
        limiter.acquire(2);
        limiter.acquire();
        assertThat(time.elapsed()).isEqualTo(Duration.ofMillis(500));
    }

    @Test
    void acquireAsyncCompletesWhenThePermitsAreThere() throws Exception {
        RateLimiter limiter = patient(RateLimit.smooth(2, SECOND, 2));
        assertThat(limiter.acquireAsync(2)).isCompleted();
        CompletableFuture<Void> later = limiter.acquireAsync();
        time.advance(Duration.ofMillis(499));
        assertThat(later).isNotDone();
        time.advance(Duration.ofMillis(1));
        assertThat(later).isCompleted();
    }

    @Test
    void aReservationSaysHowLongToWait() {
        RateLimiter limiter = limiter(RateLimit.smooth(1, SECOND));
        assertThat(limiter.reserve(1).remainingWait()).isZero();
        Reservation reservation = limiter.reserve(1);
        assertThat(reservation.permits()).isOne();
        assertThat(reservation.remainingWait()).isEqualTo(SECOND);
        time.advance(Duration.ofMillis(300));
        assertThat(reservation.remainingWait()).isEqualTo(Duration.ofMillis(700));
        time.advance(SECOND);
        assertThat(reservation.remainingWait()).isZero();
    }

    @Test
    void aReservationThatWouldTakeTooLongIsNotMade() {
        RateLimiter limiter = limiter(RateLimit.smooth(1, SECOND), RateLimit.atMost(5, SECOND));
        limiter.reserve(1);
        assertThatThrownBy(() -> limiter.reserve(1, SECOND.minusNanos(1)))
                .isInstanceOf(RateLimitExceededException.class);
        assertThat(limiter.reserve(1, SECOND).remainingWait()).isEqualTo(SECOND);
    }

    @Test
    void aReservationGoesBackOnceAndOnlyBeforeItsTime() {
        for (RateLimit limit : List.of(RateLimit.smooth(1, SECOND), RateLimit.atMost(1, SECOND))) {
            RateLimiter limiter = limiter(limit);
            assertThat(limiter.reserve(1).cancel()).as("its time has come").isFalse();
            Reservation first = limiter.reserve(1);
            assertThat(first.cancel()).isTrue();
            assertThat(first.cancel()).isFalse();
            Reservation second = limiter.reserve(1);
            assertThat(second.remainingWait()).isEqualTo(SECOND);
            assertThat(first.cancel()).as("this is the second's by now").isFalse();
            assertThat(limiter.retryAfter()).isEqualTo(SECOND.multipliedBy(2));
            Reservation third = limiter.reserve(1);
            assertThat(second.cancel()).as("another has reserved since").isFalse();
            assertThat(third.cancel()).isTrue();
            time.advance(SECOND);
            assertThat(limiter.tryAcquire()).as("spent by the second").isFalse();
        }
    }

    @Test
    void aCancelledReservationLeavesNoTraceInAnyOfSeveralLimits() {
        RateLimiter limiter = limiter(RateLimit.smooth(1, SECOND, 10), RateLimit.atMost(3, SECOND));
        limiter.tryAcquire(3);
        assertThat(limiter.reserve(2).cancel()).isTrue();
        time.advance(SECOND);
        assertThat(limiter.remaining()).isEqualTo(3);
        assertThat(limiter.resetAfter()).isEqualTo(SECOND.multipliedBy(2));
    }

    @Test
    void reservationsAreCountedAsCallsAreAndSoAreThoseThatAreNotMade() {
        RateLimiter limiter = limiter(RateLimit.smooth(1, SECOND));
        Meters meters = Meters.start(limiter);
        try (RecordedEvents events = RecordedEvents.of(limiter, PolicyEvent.CallRejected.class)) {
            limiter.reserve(1);
            assertThatThrownBy(() -> limiter.reserve(1, Duration.ZERO)).isInstanceOf(RateLimitExceededException.class);
            assertThat(events.all()).hasSize(1);
        }
        assertThat(meters.value("ratelimiter.admitted")).isEqualTo(1);
        assertThat(meters.value("ratelimiter.rejected")).isEqualTo(1);
    }

    @Test
    void aReservationSaysWhatItIs() {
        RateLimiter limiter = limiter(RateLimit.smooth(1, SECOND));
        limiter.tryAcquire();
        assertThat(limiter.reserve(1)).hasToString("Reservation[1 in PT1S]");
    }

    // ---- the clock

    @Test
    void theClockIsReadOnceForACallHoweverManyLimitersItPassesAndOnceMoreForTheFirstThatIsRejected() {
        ClockWithHook clock = new ClockWithHook(time);
        RateLimiter outer = RateLimiter.of(
                "outer", c -> c.limit(RateLimit.smooth(100, SECOND)).timeSource(clock));
        RateLimiter inner = RateLimiter.of(
                "inner", c -> c.limit(RateLimit.atMost(1, SECOND)).timeSource(clock));
        Pipeline both = Pipeline.of("both", outer, inner);
        int before = clock.reads();
        both.run(() -> {});
        assertThat(clock.reads() - before).isOne();
        // The log hears of the first rejections of many.
        for (int i = 0; i < 5; i++) {
            assertThat(both.tryCall(() -> "").isRejected()).isTrue();
        }
        time.advance(SECOND);
        both.run(() -> {});
        for (int reads = 2; reads > 0; reads--) {
            before = clock.reads();
            assertThatThrownBy(() -> both.run(() -> {})).isInstanceOf(RateLimitExceededException.class);
            assertThat(clock.reads() - before).isEqualTo(reads);
        }
    }

    // ---- rates

    @Test
    void aRateThatIsNoWholeNumberOfNanosecondsHoldsExactly() {
        RateLimiter limiter = limiter(RateLimit.smooth(3, SECOND));
        limiter.tryAcquire(3);
        long permits = 0;
        for (int i = 0; i < 30_000; i++) {
            time.advanceNanos(limiter.retryAfter().toNanos());
            assertThat(limiter.tryAcquire()).isTrue();
            permits++;
        }
        assertThat(permits).isEqualTo(30_000);
        assertThat(time.elapsed()).isEqualTo(Duration.ofSeconds(10_000));
    }

    @Test
    void thereMayBeMoreThanABillionPermitsASecond() {
        RateLimiter limiter = limiter(RateLimit.smooth(2_000_000_011, SECOND));
        assertThat(limiter.tryAcquire(2_000_000_011)).isTrue();
        long permits = 0;
        for (int i = 0; i < 1_000; i++) {
            time.advance(Duration.ofMillis(100));
            int there = limiter.remaining();
            assertThat(limiter.tryAcquire(there)).isTrue();
            permits += there;
        }
        assertThat(permits).isEqualTo(100 * 2_000_000_011L);
    }

    @Test
    void aPermitMayTakeYears() {
        RateLimiter limiter =
                limiter(RateLimit.smooth(1, Duration.ofDays(26_000)), RateLimit.atMost(1, Duration.ofDays(26_687)));
        assertThat(limiter.tryAcquire()).isTrue();
        time.advance(Duration.ofDays(26_686));
        assertThat(limiter.tryAcquire()).isFalse();
        time.advance(Duration.ofDays(1));
        assertThat(limiter.tryAcquire()).isTrue();
    }

    @Test
    void ratesThatDoNotFitAreRoundedToTheStrictSideByNextToNothing() {
        RateLimit.Smooth limit = new RateLimit.Smooth(1_000_003, Duration.ofHours(1), 1_000_003);
        SmoothLedger.Scale scale = SmoothLedger.Scale.of(limit);
        double exact = 3.6e12 / 1_000_003;
        double chosen = (double) scale.permitUnits() / scale.unitsPerNano();
        assertThat(chosen / exact - 1).isBetween(-1e-15, 1e-11);
        RateLimiter limiter = limiter(limit);
        assertThat(limiter.tryAcquire(1_000_003)).isTrue();
        time.advance(Duration.ofHours(1));
        assertThat(limiter.remaining()).isBetween(1_000_002, 1_000_003);
    }

    @Test
    void allIsThereAgainAfterAVeryLongPause() {
        RateLimiter limiter = limiter(RateLimit.smooth(999_999_937, SECOND, 3), RateLimit.atMost(3, SECOND));
        for (int i = 0; i < 4; i++) {
            assertThat(limiter.tryAcquire(3)).isTrue();
            assertThat(limiter.tryAcquire()).isFalse();
            time.advance(Duration.ofDays(20_000));
            assertThat(limiter.remaining()).isEqualTo(3);
            assertThat(limiter.isIdle()).isTrue();
        }
    }

    @Test
    void theSlotOfAWaitIsNeverEarly() {
        RateLimiter limiter = limiter(RateLimit.smooth(3, Duration.ofNanos(10), 1));
        limiter.tryAcquire();
        assertThat(limiter.reserve(1).slot()).isEqualTo(4);
        assertThat(limiter.reserve(1).slot()).isGreaterThanOrEqualTo(7);
    }

    @Test
    void aCallThatWasHeldUpAfterItHadReadTheClockIsNotRejectedForIt() throws Exception {
        for (RateLimit[] limits : List.of(
                new RateLimit[] {RateLimit.smooth(1, SECOND)},
                new RateLimit[] {RateLimit.atMost(2, SECOND)},
                new RateLimit[] {RateLimit.atMost(9, SECOND), RateLimit.smooth(1, SECOND)})) {
            RateLimiter limiter = limiter(limits);
            long before = time.nanoTime();
            time.advance(Duration.ofSeconds(10));
            while (limiter.tryAcquire()) {}
            time.advance(SECOND);
            assertThat(PolicyAccess.<String>around(limiter, CallContext.plain(), before, Chain.end(), context -> "ok"))
                    .isEqualTo("ok");
        }
    }

    @Test
    void aCallThatIsHeldUpTimeAndAgainIsNotRejectedForIt() {
        List<Runnable> holdUps = new ArrayList<>();
        TimeSource clock = new ClockWithHook(time) {
            @Override
            public long nanoTime() {
                long read = super.nanoTime();
                if (!holdUps.isEmpty()) {
                    holdUps.remove(0).run();
                }
                return read;
            }
        };
        for (RateLimit[] limits : List.of(
                new RateLimit[] {RateLimit.smooth(10, SECOND)},
                new RateLimit[] {RateLimit.atMost(10, SECOND)},
                new RateLimit[] {RateLimit.smooth(10, SECOND), RateLimit.atMost(5, SECOND)})) {
            RateLimiter limiter = RateLimiter.of("l", c -> c.limits(limits).timeSource(clock));
            Runnable heldUpWhileOthersTakeAll = () -> {
                time.advance(Duration.ofSeconds(10));
                while (limiter.tryAcquire()) {}
                time.advance(SECOND);
            };
            for (int i = 0; i < 20; i++) {
                // Those who take all must not be held up themselves.
                holdUps.add(() -> {
                    List<Runnable> rest = List.copyOf(holdUps);
                    holdUps.clear();
                    heldUpWhileOthersTakeAll.run();
                    holdUps.addAll(rest);
                });
            }

            assertThat(limiter.tryAcquire()).isTrue();
            assertThat(holdUps).isEmpty();
        }
    }

    @Test
    void whatIsReservedFarAheadIsLookedAtAFewTimesOnly() {
        ClockWithHook clock = new ClockWithHook(time) {
            @Override
            public long nanoTime() {
                time.advance(Duration.ofNanos(1));
                return super.nanoTime();
            }
        };
        RateLimiter limiter =
                RateLimiter.of("l", c -> c.limit(RateLimit.smooth(1, SECOND)).timeSource(clock));
        for (int i = 0; i < 5; i++) {
            limiter.reserve(1);
        }
        int before = clock.reads();

        assertThat(limiter.tryAcquire()).isFalse();
        assertThat(clock.reads() - before).isBetween(2, 5);
    }

    // ---- calls that give up waiting

    @Test
    void fiftyWaitsThatAreCancelledInAnyOrderCostTheNextCallerNothing() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        for (RateLimit[] limits : List.of(
                new RateLimit[] {RateLimit.smooth(1, SECOND)},
                new RateLimit[] {RateLimit.atMost(1, SECOND)},
                new RateLimit[] {RateLimit.smooth(2, SECOND, 3), RateLimit.atMost(3, SECOND)})) {
            for (int order = 0; order < 3; order++) {
                RateLimiter limiter = patient(limits);
                while (limiter.tryAcquire()) {}
                List<CompletableFuture<Void>> waits = new ArrayList<>();
                for (int i = 0; i < 50; i++) {
                    waits.add(limiter.acquireAsync());
                }
                if (order > 0) {
                    Collections.shuffle(waits, random);
                }
                if (order > 1) {
                    waits.forEach(wait -> {
                        wait.cancel(true);
                        time.advanceNanos(1);
                    });
                } else {
                    waits.forEach(wait -> wait.cancel(true));
                }
                RateLimiter fresh = patient(limits);
                while (fresh.tryAcquire()) {}
                assertThat(limiter.retryAfter()).as("seed %s", seed).isLessThanOrEqualTo(fresh.retryAfter());
                assertThat(limiter.explain()).doesNotContain("waiting");
                time.runUntilIdle();
            }
        }
    }

    @Test
    void aParkedThreadMovesUpToo() {
        for (RateLimit limit : List.of(RateLimit.smooth(1, SECOND), RateLimit.atMost(1, SECOND))) {
            RateLimiter limiter = patient(limit);
            limiter.acquire();
            CompletableFuture<Void> first = limiter.acquireAsync();
            CompletableFuture<Void> second = limiter.acquireAsync();
            Duration begun = time.elapsed();
            after(Duration.ofMillis(300), () -> first.cancel(true));
            after(Duration.ofMillis(600), () -> second.cancel(true));
            limiter.acquire();
            assertThat(time.elapsed().minus(begun)).isEqualTo(SECOND);
            limiter.acquire();
            assertThat(time.elapsed().minus(begun)).isEqualTo(SECOND.multipliedBy(2));
        }
    }

    @Test
    void aCallThatHasMovedUpComesAfterTheOneBeforeItAtTheSameInstant() {
        for (RateLimit limit :
                List.of(RateLimit.atMost(2, SECOND), RateLimit.smooth(2, SECOND), RateLimit.smooth(1, SECOND, 2))) {
            for (int given = 0; given < 3; given++) {
                RateLimiter limiter = patient(limit);
                Pipeline pipeline = Pipeline.of("p", limiter);
                List<Integer> begun = new ArrayList<>();
                List<CompletableFuture<Integer>> calls = new ArrayList<>();
                limiter.acquire(2);
                for (int i = 1; i <= 4; i++) {
                    int number = i;
                    calls.add(pipeline.callAsync(() -> {
                        begun.add(number);
                        return CompletableFuture.completedFuture(number);
                    }));
                }
                calls.remove(given).cancel(true);
                List<Integer> left = new ArrayList<>(List.of(1, 2, 3, 4));
                left.remove(given);
                time.advance(SECOND.multipliedBy(6));
                assertThat(begun).as("%s without the one at %s", limit, given).isEqualTo(left);
                assertThat(limiter).isIdle();
            }
        }
    }

    @Test
    void whoeverMovesUpBehindAReservationLeavesItItsTime() {
        for (RateLimit limit : List.of(RateLimit.smooth(1, SECOND), RateLimit.atMost(1, SECOND))) {
            RateLimiter limiter = patient(limit);
            limiter.acquire();
            CompletableFuture<Void> first = limiter.acquireAsync();
            Reservation reservation = limiter.reserve(1);
            CompletableFuture<Void> last = limiter.acquireAsync();
            first.cancel(true);
            assertThat(reservation.remainingWait()).isEqualTo(SECOND.multipliedBy(2));
            assertThat(reservation.cancel()).as("not the last").isFalse();
            time.advance(SECOND.multipliedBy(3));
            assertThat(last).isCompleted();
            time.advance(SECOND);
            assertThat(limiter).isIdle();
        }
    }

    @Test
    void callsThatWaitMoveUpWhenTheLimitIsRaisedAndNoNewcomerOvertakesThem() {
        RateLimiter limiter = patient(RateLimit.smooth(1, SECOND));
        limiter.acquire();
        List<CompletableFuture<Void>> waits = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            waits.add(limiter.acquireAsync());
        }
        change(limiter, c -> c.limitForPeriod(10).burst(1));
        for (int i = 0; i < 10; i++) {
            assertThat(waits.get(i)).isNotDone();
            assertThat(limiter.tryAcquire()).isFalse();
            time.advance(Duration.ofMillis(100));
            assertThat(waits.get(i)).isCompleted();
        }
    }

    @Test
    void callsThatWaitNeverGetALaterTimeThanTheyWereGiven() {
        RateLimiter limiter = patient(RateLimit.smooth(10, SECOND, 1));
        limiter.acquire();
        CompletableFuture<Void> first = limiter.acquireAsync();
        CompletableFuture<Void> second = limiter.acquireAsync();
        change(limiter, c -> c.limit(RateLimit.atMost(1, SECOND)));
        first.cancel(true);
        time.advance(Duration.ofMillis(200));
        assertThat(second).isCompleted();
        assertThat(limiter.retryAfter()).isEqualTo(SECOND);
    }

    /** The timer only hands over: whoever comes in between cancels a call that has no permit yet. */
    @Test
    void aCallThatIsCancelledJustAsItsWaitIsOverIsRejected() {
        RateLimiter limiter = patient(RateLimit.smooth(1, SECOND));
        try (RecordedEvents events = RecordedEvents.of(limiter)) {
            limiter.acquire();
            CompletableFuture<Void> late = limiter.acquireAsync();
            after(SECOND, () -> late.cancel(true));
            time.advance(SECOND);
            assertThat(late).isCancelled();
            assertThat(events.ofType(PolicyEvent.CallEnded.class))
                    .extracting(PolicyEvent.CallEnded::verdict)
                    .containsExactly(Verdict.SUCCESS);
            assertThat(events.ofType(PolicyEvent.CallRejected.class))
                    .extracting(PolicyEvent.CallRejected::reason)
                    .containsExactly(RejectionReason.CANCELLED);
        }
    }

    private void after(Duration delay, Runnable action) {
        time.arm(
                new TimedTask() {
                    @Override
                    protected void fire() {
                        action.run();
                    }
                },
                delay.toNanos());
    }

    // ---- what is left

    @Test
    void saysWhatIsLeftAndWhenThereIsMore() {
        RateLimiter limiter = limiter(RateLimit.smooth(10, SECOND, 5));
        assertThat(limiter.retryAfter()).isZero();
        assertThat(limiter.resetAfter()).isZero();
        limiter.tryAcquire(5);
        assertThat(limiter.remaining()).isZero();
        assertThat(limiter.retryAfter()).isEqualTo(Duration.ofMillis(100));
        assertThat(limiter.resetAfter()).isEqualTo(Duration.ofMillis(500));
        time.advance(Duration.ofMillis(250));
        assertThat(limiter.remaining()).isEqualTo(2);
        assertThat(limiter.resetAfter()).isEqualTo(Duration.ofMillis(250));
    }

    @Test
    void ofSeveralLimitsTheTightestSpeaks() {
        RateLimiter limiter = limiter(RateLimit.smooth(10, SECOND), RateLimit.atMost(2, Duration.ofMinutes(1)));
        limiter.tryAcquire(2);
        assertThat(limiter.remaining()).isZero();
        assertThat(limiter.retryAfter()).isEqualTo(Duration.ofMinutes(1));
        assertThatThrownBy(limiter::acquire).isInstanceOfSatisfying(RateLimitExceededException.class, rejection -> {
            assertThat(rejection.limit()).isEqualTo(2);
            assertThat(rejection.period()).isEqualTo(Duration.ofMinutes(1));
            assertThat(rejection.burst()).isEqualTo(2);
            assertThat(rejection.remaining()).isZero();
            assertThat(rejection.permits()).isOne();
            assertThat(rejection.retryAfter()).isEqualTo(Duration.ofMinutes(1));
            assertThat(rejection.getMessage())
                    .isEqualTo("'l' rejected the call: the rate limit is used up"
                            + " (0 of 1 permit left, the limit is 2 per 60s); retry after 60s");
        });
    }

    @Test
    void aRejectionSaysHowManyPermitsWereLeft() {
        RateLimiter limiter = limiter(RateLimit.smooth(5, SECOND));
        limiter.tryAcquire(2);
        assertThatThrownBy(() -> limiter.acquire(5))
                .isInstanceOfSatisfying(
                        RateLimitExceededException.class,
                        rejection -> assertThat(rejection.remaining()).isEqualTo(3))
                .hasMessageContaining("(3 of 5 permits left, the limit is 5 per 1s)");
    }

    @Test
    void ofSeveralLimitsTheOneWithTheSmallerBurstSpeaksToWhoeverAsksForMore() {
        RateLimit one = RateLimit.atMost(1, SECOND);
        RateLimit many = RateLimit.smooth(10, SECOND);
        for (RateLimiter limiter : List.of(limiter(one, many), limiter(many, one), patient(one, many))) {
            assertThatThrownBy(() -> limiter.acquire(3))
                    .isInstanceOfSatisfying(RateLimitExceededException.class, rejection -> {
                        assertThat(rejection.burst()).isEqualTo(1);
                        assertThat(rejection.retryAfter()).isNull();
                    });
        }
    }

    @Test
    void aWaitThatWasInterruptedIsToldHowLongItTakesFromThenOn() {
        RateLimiter limiter = patient(RateLimit.smooth(1, SECOND));
        limiter.acquire();
        Thread caller = Thread.currentThread();
        time.arm(
                new TimedTask() {
                    @Override
                    protected void fire() {
                        caller.interrupt();
                    }
                },
                300_000_000);

        assertThatThrownBy(limiter::acquire).isInstanceOfSatisfying(RateLimitExceededException.class, rejection -> {
            assertThat(rejection.reason()).isEqualTo(RejectionReason.INTERRUPTED);
            assertThat(rejection.retryAfter()).isEqualTo(Duration.ofMillis(700));
        });
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void isIdleOnceAllIsPaidForAndNobodyWaits() {
        for (RateLimit limit : List.of(RateLimit.smooth(2, SECOND), RateLimit.atMost(2, SECOND))) {
            RateLimiter limiter = patient(limit);
            assertThat(limiter).isIdle();
            limiter.tryAcquire();
            assertThat(limiter).isNotIdle();
            time.advance(limiter.resetAfter().minusNanos(1));
            assertThat(limiter).isNotIdle();
            time.advanceNanos(1);
            assertThat(limiter).isIdle();
        }
    }

    @Test
    void aRejectionIsAValueForWhoeverWantsOne() {
        RateLimiter limiter = limiter(RateLimit.smooth(1, SECOND));
        limiter.tryAcquire();
        Outcome<String> outcome = limiter.tryCall(() -> "ok");
        assertThat(outcome)
                .isRejected()
                .byPolicy("l")
                .withReason(RejectionReason.RATE)
                .withRetryAfter(SECOND);
    }

    // ---- deadlines

    @Test
    void theDeadlineOfTheCallAroundBoundsTheWaitForBarePermits() {
        RateLimiter limiter = patient(RateLimit.smooth(1, SECOND));
        limiter.acquire();
        CallContext hurried =
                CallContext.plain().deadline(new dev.mainstay.time.Deadline(time, time.nanoTime() + 999_999_999));
        CallContext before = hurried.bind();
        try {
            assertThatThrownBy(limiter::acquire)
                    .isInstanceOfSatisfying(
                            CallRejectedException.class,
                            rejection -> assertThat(rejection).withReason(RejectionReason.DEADLINE));
        } finally {
            CallContext.restore(before);
        }
        assertThat(time.elapsed()).isZero();
        limiter.acquire();
        assertThat(time.elapsed()).isEqualTo(SECOND);
    }

    // ---- other options

    @Test
    void whatIsOwedStaysWhenTheRateChanges() {
        RateLimiter limiter = limiter(RateLimit.smooth(10, SECOND));
        limiter.tryAcquire(8);
        change(limiter, c -> c.limitForPeriod(10).limitRefreshPeriod(Duration.ofSeconds(10)));
        assertThat(limiter.remaining()).isEqualTo(2);
        assertThat(limiter.resetAfter()).isEqualTo(Duration.ofSeconds(8));
        change(limiter, c -> c.limitForPeriod(4));
        assertThat(limiter.remaining()).isZero();
        assertThat(limiter.retryAfter()).isEqualTo(Duration.ofMillis(12_500));
        change(limiter, c -> c.limitForPeriod(20).limitRefreshPeriod(SECOND));
        assertThat(limiter.remaining()).isEqualTo(12);
    }

    @Test
    void aWindowRemembersItsNewestPermitsWhenItChanges() {
        RateLimiter limiter = limiter(RateLimit.atMost(4, SECOND));
        limiter.tryAcquire(2);
        time.advance(Duration.ofMillis(500));
        limiter.tryAcquire();
        change(limiter, c -> c.limit(RateLimit.atMost(5, SECOND)));
        assertThat(limiter.remaining()).isEqualTo(2);
        change(limiter, c -> c.limit(RateLimit.atMost(2, SECOND.multipliedBy(2))));
        assertThat(limiter.remaining()).isZero();
        assertThat(limiter.retryAfter()).isEqualTo(Duration.ofMillis(1_500));
        change(limiter, c -> c.limit(RateLimit.atMost(4, Duration.ofMillis(100))));
        time.advance(Duration.ofMillis(100));
        assertThat(limiter.remaining()).isEqualTo(4);
    }

    @Test
    void asMuchIsOwedUnderALimitOfAnotherKind() {
        RateLimiter limiter = limiter(RateLimit.smooth(10, SECOND));
        limiter.tryAcquire(7);
        change(limiter, c -> c.limit(RateLimit.atMost(10, SECOND)));
        assertThat(limiter.remaining()).isEqualTo(3);
        assertThat(limiter.resetAfter()).isEqualTo(SECOND);
        change(limiter, c -> c.limit(RateLimit.smooth(10, SECOND)));
        assertThat(limiter.remaining()).isEqualTo(3);
        assertThat(limiter.resetAfter()).isEqualTo(Duration.ofMillis(700));
    }

    @Test
    void reservationsAheadAreOwedUnderALimitOfAnotherKindToo() {
        RateLimiter limiter = limiter(RateLimit.smooth(2, SECOND));
        for (int i = 0; i < 6; i++) {
            limiter.reserve(1);
        }
        change(limiter, c -> c.limit(RateLimit.atMost(2, SECOND)));
        assertThat(limiter.retryAfter()).isEqualTo(Duration.ofMillis(2_500));
        change(limiter, c -> c.limit(RateLimit.smooth(2, SECOND)));
        assertThat(limiter.retryAfter()).isGreaterThanOrEqualTo(SECOND.multipliedBy(2));
    }

    @Test
    void limitsThatAreAddedOweNothingAndOthersKeepWhatTheyOwe() {
        RateLimiter limiter = limiter(RateLimit.smooth(10, SECOND));
        limiter.tryAcquire(4);
        change(limiter, c -> c.limits(RateLimit.smooth(10, SECOND), RateLimit.atMost(20, SECOND)));
        assertThat(limiter.remaining()).isEqualTo(6);
        limiter.tryAcquire(6);
        change(limiter, c -> c.limits(RateLimit.smooth(10, SECOND, 50)));
        assertThat(limiter.remaining()).isEqualTo(40);
    }

    @Test
    void aReservationCanStillGoBackIfOnlyTheTimeoutChanged() {
        RateLimiter limiter = limiter(RateLimit.smooth(1, SECOND));
        limiter.tryAcquire();
        Reservation reservation = limiter.reserve(1);
        change(limiter, c -> c.timeoutDuration(SECOND));
        assertThat(limiter.config().timeoutDuration()).isEqualTo(SECOND);
        assertThat(reservation.cancel()).isTrue();
        limiter.acquire();
        assertThat(time.elapsed()).isEqualTo(SECOND);
    }

    @Test
    void aReservationFromBeforeTheLimitsChangedCanStillGoBack() {
        RateLimiter limiter = limiter(RateLimit.smooth(1, SECOND));
        limiter.tryAcquire();
        Reservation reservation = limiter.reserve(1);
        change(limiter, c -> c.limitForPeriod(2).burst(1));
        assertThat(reservation.remainingWait()).isEqualTo(SECOND);
        assertThat(limiter.retryAfter()).isEqualTo(Duration.ofMillis(1_500));
        assertThat(reservation.cancel()).isTrue();
        assertThat(limiter.retryAfter()).isEqualTo(Duration.ofMillis(500));
    }

    @Test
    void aHugeDebtOutlivesAChangeToATinyRate() {
        RateLimiter limiter = limiter(RateLimit.smooth(1_000_000_000, SECOND));
        limiter.tryAcquire(1_000_000_000);
        change(limiter, c -> c.limitForPeriod(1).limitRefreshPeriod(Duration.ofDays(365)));
        assertThat(limiter.resetAfter()).isBetween(Duration.ofDays(50_000), Duration.ofDays(55_000));
        time.advance(Duration.ofDays(3_650));
        assertThat(limiter.tryAcquire()).isFalse();
        change(limiter, c -> c.limit(RateLimit.atMost(1, Duration.ofDays(365))));
        assertThat(limiter.tryAcquire()).isFalse();
    }

    @Test
    void aChangeIsMadeEvenIfAnotherOvertakesIt() {
        ClockWithHook clock = new ClockWithHook(time);
        RateLimiter limiter =
                RateLimiter.of("l", c -> c.limit(RateLimit.smooth(1, SECOND)).timeSource(clock));
        clock.onNextRead(() -> change(limiter, c -> c.limit(RateLimit.smooth(2, SECOND))));
        change(limiter, c -> c.limit(RateLimit.smooth(3, SECOND)));
        assertThat(limiter.remaining()).isEqualTo(3);
        assertThat(limiter.config().limits()).containsExactly(RateLimit.smooth(3, SECOND));
    }

    @Test
    void theClockStays() {
        RateLimiter limiter = limiter(RateLimit.smooth(1, SECOND));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> change(limiter, c -> c.timeSource(VirtualTime.create())))
                .withMessageContaining("timeSource");
    }

    @Test
    void aChangeIsPublished() {
        RateLimiter limiter = limiter(RateLimit.smooth(1, SECOND));
        RateLimiterConfig before = limiter.config();
        try (RecordedEvents events = RecordedEvents.of(limiter)) {
            change(limiter, c -> c.limitForPeriod(2));
            assertThat(events.ofType(PolicyEvent.Reconfigured.class))
                    .singleElement()
                    .satisfies(event -> {
                        assertThat(event.from()).isEqualTo(before);
                        assertThat(event.to()).isEqualTo(limiter.config());
                    });
        }
    }

    // ---- self-description

    @Test
    void explainsItself() {
        RateLimiter limiter = patient(RateLimit.smooth(2, SECOND), RateLimit.atMost(20, SECOND));
        assertThat(limiter).explains("'l' lets 2 per 1s, burst 2, and at most 20 in any 1s through; 2 left");
        limiter.acquire(2);
        limiter.acquireAsync();
        assertThat(limiter).explains("0 left, the next in 1s, 1 waiting");
    }

    @Test
    void metersHaveUnitsAndTheWaitsAreTimed() {
        RateLimiter limiter = patient(RateLimit.smooth(2, SECOND));
        List<MeterId> ids = new ArrayList<>();
        List<Long> waits = new ArrayList<>();
        limiter.describe(new MeterSink() {
            @Override
            public void counter(MeterId id, LongSupplier count) {
                ids.add(id);
            }

            @Override
            public void gauge(MeterId id, DoubleSupplier value) {
                ids.add(id);
            }

            @Override
            public void timer(MeterId id, Recorder recorder) {
                ids.add(id);
                recorder.attach(waits::add);
            }
        });
        assertThat(ids)
                .extracting(MeterId::name)
                .containsExactly(
                        "ratelimiter.available",
                        "ratelimiter.waiting",
                        "ratelimiter.admitted",
                        "ratelimiter.rejected",
                        "ratelimiter.wait");
        assertThat(ids).allSatisfy(id -> {
            assertThat(id.tags()).containsEntry("name", "l");
            assertThat(id.description()).isNotBlank();
            assertThat(id.unit()).isNotBlank();
        });
        time.advance(SECOND.multipliedBy(7));
        limiter.acquire(2);
        limiter.acquire();
        assertThat(waits).containsExactly(500_000_000L);
    }
}
