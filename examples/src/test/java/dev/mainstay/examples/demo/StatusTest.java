package dev.mainstay.examples.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class StatusTest {
    private static final Gauges NO_POLICIES = new Gauges(Duration.ZERO, Optional.empty(), OptionalDouble.empty());

    @Test
    void tellsPhaseProgressAndFigures() {
        var gauges = new Gauges(Duration.ZERO, Optional.of(BreakerState.HALF_OPEN), OptionalDouble.of(3.25));

        assertThat(new Status(
                        Phase.OUTAGE,
                        Duration.ofSeconds(3),
                        Duration.ofSeconds(6),
                        12,
                        OptionalDouble.of(1.024),
                        gauges))
                .hasToString("  outage    [#####     ]   3/6 s         12    1.02 s  HALF_OPEN       3.3");
    }

    @Test
    void showsDashesForWhatThereIsNot() {
        assertThat(new Status(
                        Phase.DRAIN, Duration.ofSeconds(2), Duration.ZERO, 0, OptionalDouble.empty(), NO_POLICIES))
                .hasToString("  drain     [##########]     2 s          0         -  -                 -");
    }

    @Test
    void headerStandsOverTheColumns() {
        var status = new Status(
                Phase.BEFORE, Duration.ZERO, Duration.ofSeconds(5), 200, OptionalDouble.of(0.1), NO_POLICIES);

        assertThat(Status.header()).hasSameSizeAs(status.toString());
    }
}
