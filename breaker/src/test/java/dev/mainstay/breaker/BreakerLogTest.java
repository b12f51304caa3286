package dev.mainstay.breaker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.time.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The log of an outage, as it is read without keys: one WARN for each opening, and nothing untrue after recovery. */
class BreakerLogTest {

    @RegisterExtension
    final Quiet log = new Quiet();

    private final VirtualTime time = VirtualTime.create();
    private final CircuitBreaker breaker = CircuitBreaker.of(
            "inventory",
            c -> c.slidingWindowSize(2)
                    .minimumNumberOfCalls(2)
                    .permittedNumberOfCallsInHalfOpenState(1)
                    .waitDurationInOpenState(Duration.ofSeconds(4))
                    .timeSource(time));

    private void fail() {
        breaker.acquirePermit().failure(new IOException("500"));
    }

    private void rejected(int times) {
        for (int i = 0; i < times; i++) {
            assertThat(breaker.tryCall(() -> "in").isRejected()).isTrue();
        }
    }

    /** Level and message. */
    private List<String> lines() {
        return log.lines().stream().map(line -> line.replaceAll(" \\[.*", "")).toList();
    }

    @Test
    void anOutageIsOneWarningForEachOpening() {
        fail();
        fail();
        rejected(3);
        time.advance(Duration.ofSeconds(4));
        fail();
        rejected(2);
        time.advance(Duration.ofSeconds(4));
        assertThat(breaker.call(() -> "back")).isEqualTo("back");
        time.advance(Duration.ofSeconds(60));

        assertThat(lines())
                .containsExactly(
                        "WARN Circuit breaker 'inventory' CLOSED -> OPEN: the failure rate reached its threshold,"
                                + " 2 of 2 calls failed; probes in 4s; last failure: java.io.IOException: 500",
                        "INFO Circuit breaker 'inventory' rejected calls: the first (open); now it is OPEN:"
                                + " 2 of 2 calls failed; probes in 4s",
                        "INFO Circuit breaker 'inventory' OPEN -> HALF_OPEN: waited 4s",
                        "WARN Circuit breaker 'inventory' HALF_OPEN -> OPEN: the failure rate reached its threshold,"
                                + " 1 of 1 calls failed; probes in 4s; last failure: java.io.IOException: 500",
                        "INFO Circuit breaker 'inventory' OPEN -> HALF_OPEN: waited 4s",
                        "INFO Circuit breaker 'inventory' HALF_OPEN -> CLOSED: the probes passed, 0 of 1 calls failed",
                        "INFO Circuit breaker 'inventory' rejected calls: 4 more in the last 10s (4 open);"
                                + " now it is CLOSED: 0 of 0 calls failed; opens at 50.0 % failures of at least 2"
                                + " calls, last 2 calls");
    }

    @Test
    void aBreakerThatRejectsCallsAlreadyDoesNotWarnAgain() {
        breaker.transitionToOpenState();
        breaker.transitionToForcedOpenState();
        breaker.transitionToOpenState();
        breaker.transitionToClosedState();
        breaker.transitionToForcedOpenState();

        assertThat(lines())
                .containsExactly(
                        "WARN Circuit breaker 'inventory' CLOSED -> OPEN: by hand; probes in 4s",
                        "INFO Circuit breaker 'inventory' OPEN -> FORCED_OPEN: by hand",
                        "INFO Circuit breaker 'inventory' FORCED_OPEN -> OPEN: by hand; probes in 4s",
                        "INFO Circuit breaker 'inventory' OPEN -> CLOSED: by hand",
                        "WARN Circuit breaker 'inventory' CLOSED -> FORCED_OPEN: by hand");
    }

    @Test
    void theEventTellsTheWaitThatIsOver() {
        List<Duration> waits = new ArrayList<>();
        breaker.subscribe(StateChanged.class, change -> waits.add(change.waitDuration()));
        breaker.transitionToOpenState();
        time.advance(Duration.ofSeconds(7));
        assertThat(breaker.call(() -> "back")).isEqualTo("back");

        assertThat(waits).containsExactly(Duration.ofSeconds(4), Duration.ofSeconds(4), null);
    }

    @Test
    void reconfiguringSaysWhichAndHow() {
        breaker.reconfigure(
                breaker.config().toBuilder().failureRateThreshold(30).build());

        assertThat(lines())
                .singleElement()
                .asString()
                .startsWith("INFO Circuit breaker 'inventory' reconfigured: from CircuitBreakerConfig")
                .contains(" to CircuitBreakerConfig", "30");
    }
}
