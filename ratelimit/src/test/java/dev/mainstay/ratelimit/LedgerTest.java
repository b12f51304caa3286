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

/** What a ledger says at the edges: closed, out of range, when another takes over. */
class LedgerTest {

    private static final RateLimit ONE_PER_NANO = RateLimit.smooth(1, Duration.ofNanos(1), 10);

    private final VirtualTime time = VirtualTime.create();

    private Ledger ledger(RateLimit... limits) {
        return Ledger.of(List.of(limits), time);
    }

    private static QueueingLedger lined(RateLimit... limits) {
        return new QueueingLedger(List.of(limits), List.of(), 0, 0);
    }

    private static Ledger takenOver(Ledger ledger, long now, RateLimit... limits) {
        ledger.close();
        return ledger.successor(List.of(limits), now, false);
    }

    static Stream<RateLimit> limits() {
        return Stream.of(RateLimit.smooth(1, Duration.ofNanos(10), 10), RateLimit.atMost(10, Duration.ofNanos(50)));
    }

    @ParameterizedTest
    @MethodSource("limits")
    void aTimeFromBeforeTheLedgerCountsAsItsFirst(RateLimit limit) {
        time.advanceNanos(1_000);
        Ledger ledger = ledger(limit);
        assertThat(ledger.take(10, 0)).isEqualTo(Ledger.TAKEN);
        assertThat(ledger.remaining(1_000)).isZero();
    }

    @ParameterizedTest
    @MethodSource("limits")
    void aClosedLedgerGivesNothingAndItsSuccessorOwesTheSame(RateLimit limit) {
        for (Ledger ledger : List.of(ledger(limit), lined(limit))) {
            assertThat(ledger.take(4, 0)).isEqualTo(Ledger.TAKEN);
            ledger.close();
            ledger.close();
            assertThat(ledger.take(1, 0)).isEqualTo(Ledger.MOVED);
            assertThat(ledger.remaining(0)).isEqualTo(6);
            for (boolean lined : new boolean[] {false, true}) {
                Ledger successor = ledger.successor(List.of(limit), 0, lined);
                assertThat(successor.remaining(0)).isEqualTo(6);
                assertThat(successor.resetAfter(0)).isEqualTo(ledger.resetAfter(0));
                assertThat(!lined || successor instanceof QueueingLedger).isTrue();
            }
        }
    }

    @ParameterizedTest
    @MethodSource("limits")
    void whatIsMissingIsToldAsTheTimeUntilItIsThere(RateLimit limit) {
        for (Ledger ledger : List.of(ledger(limit), lined(limit), lined(limit, ONE_PER_NANO))) {
            assertThat(ledger.take(10, 5)).isEqualTo(Ledger.TAKEN);
            assertThat(ledger.take(1, 5)).isEqualTo(-ledger.earliest(1, 5)).isNegative();
            assertThat(ledger.take(11, 5)).isEqualTo(Ledger.NEVER);
        }
    }

    @ParameterizedTest
    @MethodSource("limits")
    void aStateIsInForceFromWhenItWasSeenUntilPermitsAreTakenOrGivenBack(RateLimit limit) {
        for (Ledger ledger : List.of(ledger(limit), lined(limit), lined(limit, ONE_PER_NANO))) {
            assertThat(ledger.take(9, 5)).isEqualTo(Ledger.TAKEN);
            assertThat(ledger.wasInForceAt(7)).isFalse();
            ledger.inForce(ledger.revision(), 7);
            assertThat(ledger.wasInForceAt(6)).isFalse();
            assertThat(ledger.take(2, 7)).isNegative();
            assertThat(ledger.wasInForceAt(7)).isTrue();
            assertThat(ledger.wasInForceAt(Long.MAX_VALUE)).isTrue();
            assertThat(ledger.take(1, 5)).isEqualTo(Ledger.TAKEN);
            assertThat(ledger.wasInForceAt(7)).isFalse();
        }
    }

    @Test
    void aStateIsAnotherOneOnceAClaimHasJoinedOrLeftTheLine() {
        QueueingLedger ledger = lined(RateLimit.atMost(1, Duration.ofNanos(10)));
        assertThat(ledger.take(1, 0)).isEqualTo(Ledger.TAKEN);
        ledger.inForce(ledger.revision(), 0);
        Claim claim = Claim.ofReservation(1);
        assertThat(ledger.claim(claim, 0, 1_000)).isEqualTo(10);
        assertThat(ledger.wasInForceAt(0)).isFalse();
        ledger.inForce(ledger.revision(), 0);
        assertThat(ledger.cancel(claim, 0)).isEqualTo(QueueingLedger.WENT_BACK);
        assertThat(ledger.wasInForceAt(0)).isFalse();
    }

    @Test
    void aWindowTakesUpMemoryForWhatIsInUseOnly() {
        QueueingLedger ledger = lined(RateLimit.atMost(1_000_000, Duration.ofMillis(1)));
        for (int i = 0; i < 1_000_000; i++) {
            assertThat(ledger.take(1, i)).isEqualTo(Ledger.TAKEN);
        }
        assertThat(ledger.take(1, 999_999)).isEqualTo(-1);
        assertThat(ledger.take(2, 1_000_001)).isEqualTo(Ledger.TAKEN);
        assertThat(ledger.earliest(1_000_000, 1_000_001)).isEqualTo(1_000_000);
    }

    @Test
    void aLineThatNeverEndsTakesUpNoMoreAndMore() {
        QueueingLedger ledger = lined(RateLimit.atMost(2, Duration.ofNanos(10)));
        for (int i = 0; i < 100_000; i++) {
            assertThat(ledger.claim(Claim.ofReservation(1), i * 5L, 1_000)).isBetween(0L, 10L);
        }
        assertThat(ledger.earliest(1, 500_000)).isBetween(0L, 10L);
    }

    @Test
    void theTightestLimitIsTheOneThatLetsThroughLastTheFirstOfEqualOnes() {
        RateLimit fast = RateLimit.smooth(1, Duration.ofNanos(10), 2);
        RateLimit slow = RateLimit.smooth(1, Duration.ofNanos(20), 2);
        RateLimit few = RateLimit.atMost(1, Duration.ofNanos(1));
        assertThat(tightest(fast, slow, 1)).isSameAs(slow);
        assertThat(tightest(slow, fast, 2)).isSameAs(slow);
        assertThat(tightest(fast, few, 2)).as("never there at once").isSameAs(few);
        RateLimit twin = RateLimit.smooth(2, Duration.ofNanos(20), 2);
        assertThat(tightest(fast, twin, 1)).isSameAs(fast);
        assertThat(tightest(twin, fast, 1)).isSameAs(twin);
    }

    private RateLimit tightest(RateLimit one, RateLimit other, int permits) {
        Ledger both = ledger(one, other);
        assertThat(both.take(both.most(), 0)).isEqualTo(Ledger.TAKEN);
        return both.tightest(permits, 0);
    }

    @ParameterizedTest
    @MethodSource("limits")
    void aLedgerReachesThirtySixYearsAndNoFurther(RateLimit limit) {
        long last = 1L << 60;
        for (Ledger ledger : List.of(ledger(limit), lined(limit), lined(limit, ONE_PER_NANO))) {
            assertThat(ledger.reaches(last)).isTrue();
            assertThat(ledger.take(1, last)).isEqualTo(Ledger.TAKEN);
            assertThat(ledger.reaches(last + 1)).isFalse();
            assertThat(ledger.take(1, last + 1)).isEqualTo(Ledger.MOVED);
            Ledger successor = takenOver(ledger, last + 1, limit);
            assertThat(successor.reaches(last + 1 + last / 2)).isTrue();
            assertThat(successor.remaining(last + 1)).isEqualTo(9);
        }
    }

    @Test
    void aDebtThatDoesNotFitIsCutOffAtTheEndOfTheReach() {
        RateLimit.AtMost one = new RateLimit.AtMost(1, Duration.ofNanos(3));
        long periods = (1L << 60) / 3;
        assertThat(Debt.ofUnits(periods, 1).times(one)).containsExactly(3 * periods - 3);
        assertThat(Debt.ofUnits(periods + 2, 1).times(one)).containsExactly(1L << 60);
    }

    @Test
    void aWindowOwesThePermitsThatAreInIt() {
        RateLimit smooth = RateLimit.smooth(1, Duration.ofNanos(1), 3);
        for (int later = 0; later < 2; later++) {
            QueueingLedger window = lined(RateLimit.atMost(3, Duration.ofNanos(50)));
            assertThat(window.take(2, 10)).isEqualTo(Ledger.TAKEN);
            assertThat(takenOver(window, 59 + later, smooth).resetAfter(59 + later))
                    .isEqualTo(2 - 2 * later);
        }
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
