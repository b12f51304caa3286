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
    void timeIsCountedAsCoarselyAsItCanBeWithoutRounding() {
        assertThat(scale(100, Duration.ofSeconds(1))).isEqualTo(new Scale(1, 10_000_000));
        assertThat(scale(3, Duration.ofSeconds(1))).isEqualTo(new Scale(3, 1_000_000_000));
        assertThat(scale(5, Duration.ofNanos(1))).isEqualTo(new Scale(5, 1));
    }

    private static Scale scale(int limit, Duration period) {
        return Scale.of(new RateLimit.Smooth(limit, period, limit));
    }
}
