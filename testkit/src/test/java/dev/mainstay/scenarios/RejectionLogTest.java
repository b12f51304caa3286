package dev.mainstay.scenarios;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.Permit;
import dev.mainstay.RejectionLog;
import dev.mainstay.TimeLimiter;
import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.outcome.CallTimeoutException;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.time.VirtualTime;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What the log is told of calls that a policy turns away. */
class RejectionLogTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    private final VirtualTime time = VirtualTime.create();
    private final WaitingRoom room = new WaitingRoom("room", time, 1, SECOND);

    @Test
    void theFirstRejectionIsToldWithItsReason() {
        try (LogOf warnings = new LogOf(WaitingRoom.class);
                Permit place = room.acquirePermit()) {
            assertThatThrownBy(() -> room.run(() -> {})).isInstanceOf(CallRejectedException.class);
            assertThat(warnings.messages())
                    .containsExactly("Waiting room 'room' rejected calls: the first (wait_expired); now "
                            + room.explain().replace("'room'", "it"));
            assertThat(warnings.values("reason")).containsExactly(RejectionReason.WAIT_EXPIRED);
            assertThat(warnings.values("policy")).containsExactly("room");
        }
    }

    @Test
    void thoseThatFollowAreToldAsASum() {
        try (LogOf warnings = new LogOf(WaitingRoom.class);
                Permit place = room.acquirePermit()) {
            for (int i = 0; i < 4; i++) {
                assertThat(room.tryAcquirePermit().orElse(null)).isNull();
            }
            assertThat(warnings.messages()).hasSize(1);
            time.advance(SECOND.multipliedBy(10));
            assertThat(warnings.values("full")).containsExactly(3L);
        }
    }

    @Test
    void callsThatGiveUpByThemselvesAreNoNews() {
        try (LogOf warnings = new LogOf(WaitingRoom.class)) {
            RejectionLog log = new RejectionLog(room, time);
            log.rejected(RejectionReason.INTERRUPTED);
            log.rejected(RejectionReason.CANCELLED);
            assertThat(warnings.messages()).isEmpty();
            log.rejected(RejectionReason.FULL);
            assertThat(warnings.values("reason")).containsExactly(RejectionReason.FULL);
        }
    }

    @Test
    void aCallThatTimesOutIsTold() {
        try (LogOf warnings = new LogOf(TimeLimiter.class)) {
            TimeLimiter limiter =
                    TimeLimiter.of("limit", c -> c.timeSource(time).timeoutDuration(SECOND));
            assertThatThrownBy(() -> limiter.run(() -> time.sleep(SECOND.toNanos() * 2)))
                    .isInstanceOf(CallTimeoutException.class);
            assertThat(warnings.messages())
                    .containsExactly("Time limiter 'limit' gave calls up: the first (timeout); now it gives a call 1s");
            assertThat(warnings.values("policy")).containsExactly("limit");
        }
    }
}
