package dev.mainstay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.call.CallContext;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.outcome.Verdict;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What the events of every policy say to people and to those who count them. */
class PolicyEventTest {

    private static PolicyEvent.CallRejected rejected(long retryAfterNanos) {
        return new PolicyEvent.CallRejected("room", 5, CallContext.plain(), RejectionReason.FULL, retryAfterNanos);
    }

    @Test
    void aRejectionIsCountedUnderOneNameAndSaysWhy() {
        assertThat(rejected(-1).label()).isEqualTo("rejected");
        assertThat(rejected(-1).detail()).isEqualTo("all slots are taken");
        assertThat(rejected(-1).retryAfter()).isNull();
    }

    @Test
    void aRejectionSaysWhenToTryAgain() {
        assertThat(rejected(2_000_000_000).detail()).isEqualTo("all slots are taken, to be tried again in 2s");
        assertThat(rejected(2_000_000_000).retryAfter()).isEqualTo(Duration.ofSeconds(2));
    }

    @Test
    void toTryAgainAtOnceIsSomethingElseThanNotToKnowWhen() {
        assertThat(rejected(0).detail()).startsWith("all slots are taken, to be tried again in 0");
        assertThat(rejected(0).retryAfter()).isZero();
    }

    @Test
    void aTimeoutIsCountedUnderOneNameAndSaysAfterHowLong() {
        PolicyEvent.TimedOut timedOut = new PolicyEvent.TimedOut("limit", 5, CallContext.plain(), 300_000_000);
        assertThat(timedOut.label()).isEqualTo("timeout");
        assertThat(timedOut.detail()).isEqualTo("after 300ms");
    }

    @Test
    void theEndOfACallReadsAsOneLine() {
        assertThat(new PolicyEvent.CallEnded("room", 5, CallContext.plain(), Verdict.ERROR, 300_000_000))
                .hasToString("CallEnded[room, ERROR after 300ms]");
    }
}
