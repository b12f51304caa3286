package dev.mainstay.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.ratelimit.SmoothLedger.Scale;
import dev.mainstay.time.VirtualTime;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What happens between two steps of a thread, told step by step. */
class LedgerTest {

    private static final RateLimit ONE_PER_NANO = RateLimit.smooth(1, Duration.ofNanos(1), 10);

    private final VirtualTime time = VirtualTime.create();

    private Ledger ledger(RateLimit... limits) {
        return Ledger.of(List.of(limits), time);
    }

    static Stream<RateLimit> limits() {
        return Stream.of(RateLimit.smooth(1, Duration.ofNanos(10), 10), RateLimit.atMost(10, Duration.ofNanos(50)));
    }

    @ParameterizedTest
    @MethodSource("limits")
    void whatIsGivenBackBeforeAnybodyTookMoreLeavesNoTrace(RateLimit limit) {
        Ledger ledger = ledger(limit);
        ledger.take(2, 0);
        long ticket = ledger.take(3, 0);
        ledger.giveBack(ticket, 3, 0, time);
        assertThat(ledger.remaining(0)).isEqualTo(8);
        assertThat(ledger.resetAfter(0)).isLessThanOrEqualTo(50);
    }

    @ParameterizedTest
    @MethodSource("limits")
    void whatIsGivenBackAfterOthersTookMoreIsThereAgain(RateLimit limit) {
        Ledger ledger = ledger(limit);
        long ticket = ledger.take(4, 0);
        ledger.take(3, 0);
        ledger.giveBack(ticket, 4, 0, time);
        assertThat(ledger.remaining(0)).isEqualTo(7);
        assertThat(ledger.take(7, 0)).isNotNegative();
        assertThat(ledger.take(1, 0)).isEqualTo(Ledger.REFUSED);
    }

    @Test
    void permitsThatHaveComeBackByThemselvesAreNotGivenBackAgain() {
        Ledger ledger = ledger(ONE_PER_NANO);
        long ticket = ledger.take(5, 0);
        time.advanceNanos(3);
        ledger.take(1, 3);
        ledger.giveBack(ticket, 5, 0, time);
        assertThat(ledger.remaining(3)).isEqualTo(9);
    }

    @Test
    void permitsThatOthersHaveClaimedForLaterAreNotGivenBackUnderThem() {
        Ledger ledger = ledger(ONE_PER_NANO);
        long ticket = ledger.take(5, 0);
        assertThat(ledger.claim(1, 0, 8)).isNotNull();
        ledger.giveBack(ticket, 5, 0, time);
        assertThat(ledger.remaining(0)).isOne();
    }

    @ParameterizedTest
    @MethodSource("limits")
    void aClaimIsUndoneWhetherOrNotOthersTookMore(RateLimit limit) {
        Ledger ledger = ledger(limit);
        Ledger.Claim claim = ledger.claim(4, 0, 0);
        ledger.take(3, 0);
        claim.undo(time);
        assertThat(ledger.remaining(0)).isEqualTo(7);
        Ledger.Claim last = ledger.claim(7, 0, 0);
        last.undo(time);
        assertThat(ledger.remaining(0)).isEqualTo(7);
    }

    @ParameterizedTest
    @MethodSource("limits")
    void ifOneOfSeveralLimitsIsClosedInBetweenTheOthersLoseNothing(RateLimit limit) {
        Ledger first = ledger(limit);
        Ledger second = ledger(ONE_PER_NANO);
        Ledger both = new PairLedger(first, second, time);
        second.close();
        assertThat(both.take(2, 0)).isEqualTo(Ledger.MOVED);
        assertThat(both.claim(2, 0, 0)).isNull();
        assertThat(first.remaining(0)).isEqualTo(10);
        assertThat(both.isClosed()).isTrue();
    }

    @ParameterizedTest
    @MethodSource("limits")
    void aTimeFromBeforeTheLedgerCountsAsItsFirst(RateLimit limit) {
        time.advanceNanos(1_000);
        Ledger ledger = ledger(limit);
        assertThat(ledger.take(10, 0)).isNotNegative();
        assertThat(ledger.remaining(1_000)).isZero();
    }

    @ParameterizedTest
    @MethodSource("limits")
    void aClosedLedgerGivesNothing(RateLimit limit) {
        Ledger ledger = ledger(limit);
        ledger.take(4, 0);
        ledger.close();
        ledger.close();
        assertThat(ledger.take(1, 0)).isEqualTo(Ledger.MOVED);
        assertThat(ledger.claim(1, 0, 0)).isNull();
        assertThat(ledger.successor(List.of(limit), time, 0).remaining(0)).isEqualTo(6);
    }

    @Test
    void whatIsGivenBackLaterLeavesNoTraceEitherIfNobodyTookMore() {
        Ledger ledger = ledger(ONE_PER_NANO);
        long ticket = ledger.take(5, 0);
        time.advanceNanos(3);
        ledger.giveBack(ticket, 5, 0, time);
        assertThat(ledger.remaining(0)).isEqualTo(10);
    }

    @Test
    void whatHasComeBackByItselfIsToldExactlyAtAnyTimeAndScale() {
        Ledger ledger = ledger(RateLimit.smooth(3, Duration.ofNanos(2), 30));
        time.advanceNanos(100);
        long ticket = ledger.take(15, 100);
        time.advanceNanos(4);
        ledger.take(3, 104);
        ledger.giveBack(ticket, 15, 100, time);
        assertThat(ledger.remaining(104)).isEqualTo(30 - 3);
    }

    @Test
    void aClaimOfSeveralLimitsGoesBackToAllOfThem() {
        for (boolean othersTookMore : new boolean[] {false, true}) {
            Ledger first = ledger(RateLimit.smooth(1, Duration.ofNanos(10), 10));
            Ledger second = ledger(RateLimit.atMost(10, Duration.ofNanos(100)));
            Ledger.Claim claim = new PairLedger(first, second, time).claim(4, 0, 0);
            if (othersTookMore) {
                first.take(1, 0);
                second.take(1, 0);
            }
            claim.undo(time);
            assertThat(first.remaining(0)).isEqualTo(othersTookMore ? 9 : 10);
            assertThat(second.remaining(0)).isEqualTo(othersTookMore ? 9 : 10);
        }
    }

    @Test
    void aClaimHasGoneBackOnlyIfItHasInAllLimits() {
        for (int other = -1; other < 2; other++) {
            Ledger both =
                    ledger(RateLimit.smooth(1, Duration.ofNanos(10), 10), RateLimit.atMost(10, Duration.ofNanos(100)));
            Ledger.Claim claim = both.claim(4, 0, 0);
            if (other >= 0) {
                both.parts().get(other).take(1, 0);
            }
            assertThat(claim.giveBack()).isEqualTo(other < 0);
        }
    }

    @Test
    void severalLimitsAreClosedAllAtOnce() {
        Ledger both = ledger(ONE_PER_NANO, RateLimit.atMost(10, Duration.ofNanos(50)));
        assertThat(both.isClosed()).isFalse();
        both.close();
        assertThat(both.parts()).allMatch(Ledger::isClosed);
    }

    @Test
    void severalLimitsAreClosedIfOneOfThemIs() {
        for (int closed = 0; closed < 2; closed++) {
            Ledger both = ledger(ONE_PER_NANO, RateLimit.atMost(10, Duration.ofNanos(50)));
            both.parts().get(closed).close();
            assertThat(both.isClosed()).isTrue();
        }
    }

    // ---- who is ahead of the clock

    @ParameterizedTest
    @MethodSource("limits")
    void aLedgerIsAheadIfPermitsWereClaimedForLater(RateLimit limit) {
        Ledger ledger = ledger(limit);
        assertThat(ledger.isAhead(5)).isFalse();
        ledger.take(10, 5);
        assertThat(ledger.isAhead(5)).as("all used at this very time").isFalse();
        assertThat(ledger.isAhead(4)).as("used later than this time").isTrue();
        assertThat(ledger.claim(1, 5, 50)).isNotNull();
        assertThat(ledger.isAhead(5)).isTrue();
        assertThat(ledger.isAhead(55)).isFalse();
    }

    @Test
    void severalLimitsAreAheadIfOneOfThemIs() {
        for (int ahead = -1; ahead < 2; ahead++) {
            Ledger both = ledger(ONE_PER_NANO, RateLimit.atMost(10, Duration.ofNanos(50)));
            if (ahead >= 0) {
                assertThat(both.parts().get(ahead).claim(10, 0, 20)).isNotNull();
            }
            assertThat(both.isAhead(0)).isEqualTo(ahead >= 0);
        }
    }

    // ---- which of several limits holds a call up

    @Test
    void theTightestLimitIsTheOneThatLetsThroughLastTheFirstOfEqualOnes() {
        RateLimit fast = RateLimit.smooth(1, Duration.ofNanos(10), 2);
        RateLimit slow = RateLimit.smooth(1, Duration.ofNanos(20), 3);
        assertThat(tightest(fast, slow, 1)).isSameAs(slow);
        assertThat(tightest(slow, fast, 1)).isSameAs(slow);
        assertThat(tightest(fast, slow, 2)).as("all that the first ever has").isSameAs(slow);
        assertThat(tightest(slow, fast, 2)).as("all that the second ever has").isSameAs(slow);
        assertThat(tightest(fast, slow, 3)).as("never there at once").isSameAs(fast);
        assertThat(tightest(slow, fast, 3)).as("never there at once").isSameAs(fast);
        RateLimit twin = RateLimit.smooth(2, Duration.ofNanos(20), 2);
        assertThat(tightest(fast, twin, 1)).isSameAs(fast);
        assertThat(tightest(twin, fast, 1)).isSameAs(twin);
    }

    /** When both are used up. */
    private RateLimit tightest(RateLimit one, RateLimit other, int permits) {
        Ledger both = ledger(one, other);
        both.parts().forEach(part -> part.take(part.most(), 0));
        return both.tightest(permits, 0);
    }

    // ---- how far the numbers reach

    @ParameterizedTest
    @MethodSource("limits")
    void aLedgerReachesThirtySixYearsAndNoFurther(RateLimit limit) {
        long last = 1L << 60;
        Ledger ledger = ledger(limit);
        assertThat(ledger.reaches(last)).isTrue();
        assertThat(ledger.take(1, last)).isNotNegative();
        assertThat(ledger.claim(1, last, 0)).isNotNull();
        assertThat(ledger.reaches(last + 1)).isFalse();
        assertThat(ledger.take(1, last + 1)).isEqualTo(Ledger.MOVED);
        assertThat(ledger.claim(1, last + 1, 0)).isNull();
        assertThat(ledger(limit, ONE_PER_NANO).reaches(last + 1)).isFalse();
        assertThat(ledger(limit, ONE_PER_NANO).reaches(last)).isTrue();
    }

    @Test
    void permitsAreGivenBackAtTheEndOfTheReachToo() {
        long last = 1L << 60;
        Ledger ledger = ledger(ONE_PER_NANO);
        time.advanceNanos(last);
        long ticket = ledger.take(4, last);
        ledger.take(3, last);
        ledger.giveBack(ticket, 4, last, time);
        assertThat(ledger.remaining(last)).isEqualTo(7);
    }

    @Test
    void aDebtThatDoesNotFitIsCutOffAtTheEndOfTheReach() {
        RateLimit.AtMost one = new RateLimit.AtMost(1, Duration.ofNanos(3));
        long periods = (1L << 60) / 3;
        assertThat(WindowLedger.owing(one, periods, 0).earliest(1, 0)).isEqualTo(3 * periods);
        assertThat(WindowLedger.owing(one, periods + 1, 0).earliest(1, 0)).isEqualTo(3 * periods + 3);
        assertThat(WindowLedger.owing(one, periods + 2, 0).earliest(1, 0)).isEqualTo((1L << 60) + 3);
    }

    // ---- what a window owes under a smooth rate

    @Test
    void aWindowOwesThePermitsThatAreInItAndThoseOfTheWindowsAhead() {
        RateLimit smooth = RateLimit.smooth(1, Duration.ofNanos(1), 3);
        Ledger window = ledger(RateLimit.atMost(3, Duration.ofNanos(50)));
        window.take(2, 10);
        assertThat(window.carriedOver(smooth, 59).resetAfter(59)).isEqualTo(2);
        assertThat(window.carriedOver(smooth, 60).resetAfter(60)).isZero();
        window.claim(1, 10, 0);
        window.claim(3, 10, 50);
        window.claim(3, 10, 100);
        assertThat(window.carriedOver(smooth, 20).resetAfter(20)).isEqualTo(3 + 2 * 3);
        assertThat(window.carriedOver(smooth, 60).resetAfter(60)).isEqualTo(3 + 3);
        assertThat(window.carriedOver(smooth, 110).resetAfter(110)).isEqualTo(3);
    }

    @Test
    void timeIsCountedAsCoarselyAsItHasToBeForALongBurst() {
        Duration period = Duration.ofNanos((1L << 61) - 3);
        assertThat(Scale.of(new RateLimit.Smooth(3, period, 3))).isEqualTo(new Scale(1, ((1L << 61) - 2) / 3));
        assertThat(scale(1, Duration.ofNanos(1L << 61))).isEqualTo(new Scale(1, 1L << 61));
    }

    @Test
    void timeIsCountedAsCoarselyAsItCanBeWithoutRounding() {
        assertThat(scale(100, Duration.ofSeconds(1))).isEqualTo(new Scale(1, 10_000_000));
        assertThat(scale(3, Duration.ofSeconds(1))).isEqualTo(new Scale(3, 1_000_000_000));
        assertThat(scale(5, Duration.ofNanos(1))).isEqualTo(new Scale(5, 1));
    }

    private static Scale scale(int limit, Duration period) {
        return Scale.of(new RateLimit.Smooth(limit, period, limit));
    }
}
