package dev.mainstay.examples.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Optional;
import java.util.function.IntUnaryOperator;
import org.junit.jupiter.api.Test;

class BaselineTest {
    private static final int SECONDS = 10;

    private final Baseline baseline = new Baseline(0.95, 1.1);

    @Test
    void ninetyFivePercentIsEnough() {
        assertThat(fault(second -> 95)).isEmpty();
    }

    @Test
    void ninetyFourPercentIsNot() {
        assertThat(fault(second -> 94)).contains("had answers to only 94.0 % of its calls, not 95.0 %");
    }

    @Test
    void badLastSecondIsNotMadeUpForByGoodOnesBefore() {
        assertThat(fault(second -> second == SECONDS - 1 ? 60 : 100))
                .contains("had answers to only 60.0 % of its calls in the last second, not 95.0 %");
    }

    @Test
    void retriesShowThatTheServiceIsInTroubleThoughAllCallsAreAnswered() {
        var measurements = new Measurements(Duration.ofSeconds(SECONDS), Duration.ofMillis(500));
        for (int call = 0; call < 100; call++) {
            long due = Duration.ofMillis(100).toNanos() * call;
            measurements.arrived(due);
            measurements.sent(due);
            if (call % 5 == 0) {
                measurements.sent(due);
            }
            measurements.ended(due, due + 1, true);
        }

        assertThat(fault(measurements.timeline())).contains("sent 1.20 requests per call, more than 1.10");
    }

    @Test
    void timeWithoutCallsProvesNothing() {
        var timeline = new Measurements(Duration.ofSeconds(SECONDS), Duration.ofMillis(500)).timeline();

        assertThat(fault(timeline)).contains("made no call that could be measured");
    }

    @Test
    void quietLastSecondShowsNoFault() {
        var measurements = new Measurements(Duration.ofSeconds(SECONDS), Duration.ofMillis(500));
        measurements.arrived(0);
        measurements.sent(0);
        measurements.ended(0, 1, true);

        assertThat(fault(measurements.timeline())).isEmpty();
    }

    private Optional<String> fault(IntUnaryOperator answered) {
        return fault(Timelines.of(SECONDS, answered));
    }

    private Optional<String> fault(Timeline timeline) {
        return baseline.fault(timeline, Duration.ZERO, Duration.ofSeconds(SECONDS));
    }
}
