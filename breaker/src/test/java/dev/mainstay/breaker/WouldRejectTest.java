package dev.mainstay.breaker;

import static dev.mainstay.testkit.MainstayAssertions.assertThat;

import dev.mainstay.Permit;
import dev.mainstay.breaker.CircuitBreaker.State;
import dev.mainstay.call.CallContext;
import dev.mainstay.outcome.Rejection;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.testkit.RecordedEvents;
import dev.mainstay.time.VirtualTime;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Whether a breaker would let a call in, asked without making one. */
@ExtendWith(Quiet.class)
class WouldRejectTest {

    private static final Duration WAIT = Duration.ofSeconds(2);

    private final VirtualTime time = VirtualTime.create();
    private final CircuitBreaker breaker = CircuitBreaker.of(
            "b",
            c -> c.slidingWindowSize(4)
                    .waitDurationInOpenState(WAIT)
                    .permittedNumberOfCallsInHalfOpenState(2)
                    .timeSource(time));

    private void isRejected(RejectionReason reason) {
        assertThat(breaker.wouldReject(CallContext.plain()))
                .hasValueSatisfying(rejection -> assertThat(rejection.reason()).isEqualTo(reason));
    }

    @Test
    void aClosedBreakerWouldLetItIn() {
        assertThat(breaker.wouldReject()).isEmpty();
        breaker.transitionToDisabledState();
        assertThat(breaker.wouldReject()).isEmpty();
        breaker.transitionToMetricsOnlyState();
        assertThat(breaker.wouldReject()).isEmpty();
    }

    @Test
    void anOpenBreakerSaysWhenToComeBack() {
        breaker.transitionToOpenState();
        time.advance(Duration.ofMillis(500));
        Rejection rejection = breaker.wouldReject(CallContext.plain()).orElseThrow();
        assertThat(rejection.reason()).isEqualTo(RejectionReason.OPEN);
        assertThat(rejection.retryAfter()).isEqualTo(Duration.ofMillis(1_500));
        breaker.transitionToForcedOpenState();
        isRejected(RejectionReason.FORCED_OPEN);
    }

    @Test
    void askingDoesNotBeginTheHalfOpenState() {
        breaker.transitionToOpenState();
        RecordedEvents events = RecordedEvents.of(breaker);
        time.advance(WAIT);
        assertThat(breaker.wouldReject()).isEmpty();
        assertThat(events.ofType(StateChanged.class)).isEmpty();
    }

    @Test
    void aHalfOpenBreakerSaysWhetherAProbeIsFree() {
        breaker.transitionToOpenState();
        time.advance(WAIT);
        Permit first = breaker.acquirePermit();
        for (int i = 0; i < 5; i++) {
            assertThat(breaker.wouldReject()).as("asking takes no place").isEmpty();
        }
        Permit second = breaker.acquirePermit();
        isRejected(RejectionReason.HALF_OPEN);
        second.release();
        assertThat(breaker.wouldReject()).isEmpty();
        Permit again = breaker.acquirePermit();
        isRejected(RejectionReason.HALF_OPEN);
        first.success("ok");
        again.success("ok");
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
        assertThat(breaker.wouldReject()).isEmpty();
    }

    @Test
    void askingIsNotCounted() {
        breaker.transitionToOpenState();
        RecordedEvents events = RecordedEvents.of(breaker);
        isRejected(RejectionReason.OPEN);
        assertThat(events.all()).isEmpty();
    }
}
