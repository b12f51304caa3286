package dev.mainstay.testkit;

import static dev.mainstay.testkit.MainstayAssertions.assertThat;
import static dev.mainstay.testkit.MainstayAssertions.assertThatThrownBy;

import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.outcome.Outcome;
import dev.mainstay.outcome.Rejection;
import dev.mainstay.outcome.RejectionReason;
import java.time.Duration;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class PolicyAssertTest {

    private final Door door = new Door("front");

    @Test
    void readsStateMetersExplanationAndIdlenessOfAnyPolicy() {
        Meters.start(door);
        door.run(() -> {});
        door.shut();
        door.tryCall(() -> "never");
        assertThat(door)
                .hasName("front")
                .hasState("SHUT")
                .hasState(Door.State.SHUT)
                .hasMeter("door.calls", 1, "outcome", "success")
                .hasMeter("door.calls", 1, "name", "front")
                .hasMeter("door.rejected", 1)
                .hasNoMeter("door.rejected", "name", "back")
                .explains("'front'", "shut")
                .isIdle();
    }

    @Test
    void eachAssertionOverAPolicyFailsWhenItShould() {
        Meters.start(door);
        failing(() -> assertThat(door).hasName("back"), "to be called 'back'");
        failing(() -> assertThat(door).hasState("SHUT"), "to be in state SHUT, but it is in [open]");
        failing(() -> assertThat(door).hasMeter("door.calls", 1), "to have door.calls{} = 1, but it is 0");
        failing(() -> assertThat(door).hasMeter("door.knocks", 1), "to have a meter door.knocks{}");
        failing(
                () -> assertThat(door).hasMeter("door.calls", 0, "name", "back"),
                "to have a meter door.calls{name=back}");
        failing(() -> assertThat(door).hasNoMeter("door.calls"), "to have no meter door.calls{}");
        failing(() -> assertThat(door).hasMeter("door.state", 1), "several match");
        failing(() -> assertThat(door).explains("locked"), "to say of itself \"locked\"");
        failing(() -> assertThat(door).isNotIdle(), "not to be idle");
        door.run(() -> failing(() -> assertThat(door).isIdle(), "to be idle"));
        failing(() -> assertThat((Door) null).isIdle(), "null");
    }

    @Test
    void aFailureListsAllMetersAndSaysWhichWereNeverStarted() {
        failing(
                () -> assertThat(door).hasMeter("door.calls", 2, "outcome", "success"),
                "door.calls{name=front, outcome=success} = 0 (never started: call Meters.start before)",
                "door.state{name=front, state=open} = 1");
    }

    @Test
    void readsOutcomesAndRejections() {
        assertThat(door.tryCall(() -> "in")).hasResult("in");
        door.shut();
        Outcome<String> rejected = door.tryCall(() -> "in");
        assertThat(rejected)
                .isRejected()
                .byPolicy("front")
                .withReason(RejectionReason.FORCED_OPEN)
                .withRetryAfter(Duration.ofSeconds(5))
                .saying("front", "5s");
        CallRejectedException thrown = new CallRejectedException(new Rejection("p", RejectionReason.FULL, -1));
        assertThat(thrown).withReason(RejectionReason.FULL).withRetryAfter(null);
    }

    @Test
    void eachAssertionOverAnOutcomeFailsWhenItShould() {
        failing(() -> assertThat(Outcome.of("in")).isRejected(), "expected a rejection");
        failing(() -> assertThat(Outcome.of("in")).hasResult("out"), "expected the result");
        door.shut();
        Outcome<String> rejected = door.tryCall(() -> "in");
        failing(() -> assertThat(rejected).hasResult("in"), "expected the result");
        failing(() -> assertThat(rejected).isRejected().byPolicy("back"), "to come from 'back'");
        failing(() -> assertThat(rejected).isRejected().withReason(RejectionReason.FULL), "to have reason FULL");
        failing(() -> assertThat(rejected).isRejected().withRetryAfter(null), "to say to retry after null");
        failing(() -> assertThat(rejected).isRejected().saying("locked"), "to say \"locked\"");
    }

    private static void failing(ThrowingCallable assertion, String... parts) {
        assertThatThrownBy(assertion).isInstanceOf(AssertionError.class).hasMessageContainingAll(parts);
    }
}
