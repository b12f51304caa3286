package dev.mainstay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.time.VirtualTime;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A refusal, as an exception and as a value. */
class RefusalTest {

    private final Hurried gate = new Hurried();

    /** Lets nobody in, and says when to come back. */
    private static final class Hurried extends Gate {

        RejectionReason reason = RejectionReason.RATE;
        long retryAfterNanos;

        Hurried() {
            super("hurried", VirtualTime.create(), Classifier.standard());
        }

        @Override
        protected long tryEnter(CallContext context, long now) {
            return refused(reason);
        }

        @Override
        protected long retryAfterNanos(RejectionReason reason) {
            return retryAfterNanos;
        }

        @Override
        protected void exit(
                long permit,
                long start,
                Verdict verdict,
                CallContext context,
                @Nullable Object result,
                @Nullable Throwable failure) {
            throw new AssertionError("it let nobody in");
        }

        @Override
        protected CallRejectedException refusal(RejectionReason reason, CallContext context, long now) {
            return new CallRejectedException(name(), reason, retryAfterNanos, null, false);
        }

        Refusal refuse(RejectionReason reason) {
            this.reason = reason;
            Refusal refusal = tryCall(() -> "never").refusal();
            assertThat(refusal).isNotNull();
            return refusal;
        }
    }

    private static CallRejectedException exception(long retryAfterNanos) {
        return new CallRejectedException("room", RejectionReason.FULL, retryAfterNanos, null, false);
    }

    @Test
    void anExceptionSaysWhenToComeBackIfThatIsKnown() {
        assertThat(exception(2_000_000_000).retryAfter()).isEqualTo(Duration.ofSeconds(2));
        assertThat(exception(2_000_000_000))
                .hasMessage("'room' rejected the call: all slots are taken; retry after 2s");
        assertThat(exception(-1).retryAfter()).isNull();
        assertThat(exception(-1)).hasMessage("'room' rejected the call: all slots are taken");
    }

    @Test
    void anExceptionThatSaysToComeBackAtOnceSaysSo() {
        assertThat(exception(0).retryAfter()).isZero();
        assertThat(exception(0)).hasMessageContaining("; retry after 0");
    }

    @Test
    void aValueSaysWhenToComeBackAsItIsWhenItIsAsked() {
        Refusal refusal = gate.refuse(RejectionReason.RATE);
        assertThat(refusal.retryAfter()).isZero();
        gate.retryAfterNanos = 2_000_000_000;
        assertThat(refusal.retryAfter()).isEqualTo(Duration.ofSeconds(2));
        gate.retryAfterNanos = -1;
        assertThat(refusal.retryAfter()).isNull();
    }

    @Test
    void oneOutcomeServesAllCallsThatAreRefusedForTheSameReason() {
        Outcome<String> first = gate.tryCall(() -> "never");
        assertThat(gate.tryCall(() -> "never")).isSameAs(first);
        gate.reason = RejectionReason.FULL;
        assertThat(gate.tryCall(() -> "never")).isNotSameAs(first);
    }

    @Test
    void valuesAreEqualThatAreOfTheSameGateForTheSameReason() {
        Refusal refusal = gate.refuse(RejectionReason.RATE);
        Refusal another = new Refusals(gate).outcome(RejectionReason.RATE).refusal();
        assertThat(another).isNotSameAs(refusal).isEqualTo(refusal).hasSameHashCodeAs(refusal);
        assertThat(gate.refuse(RejectionReason.FULL)).isNotEqualTo(refusal).doesNotHaveSameHashCodeAs(refusal);
        assertThat(new Hurried().refuse(RejectionReason.RATE)).isNotEqualTo(refusal);
        assertThat(refusal).isNotEqualTo("hurried");
    }

    @Test
    void aValueReadsAsOneLine() {
        assertThat(gate.refuse(RejectionReason.RATE)).hasToString("Refusal['hurried': the rate limit is used up]");
    }

    @Test
    void aValueMakesTheExceptionThatWouldHaveBeenThrown() {
        Refusal refusal = gate.refuse(RejectionReason.RATE);
        assertThatThrownBy(() -> gate.run(() -> {}))
                .hasMessage(refusal.toException().getMessage());
    }
}
