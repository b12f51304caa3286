package dev.mainstay.examples.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class MeasurementsTest {
    private final Measurements measurements = new Measurements(Duration.ofSeconds(3), Duration.ofSeconds(1));

    @Test
    void callCountsWhereItWasDueHoweverLateItEnds() {
        measurements.arrived(millis(500));
        measurements.ended(millis(500), millis(2700), true);

        assertThat(measurements.timeline().slices()).extracting(Slice::answered).containsExactly(1L, 0L, 0L);
    }

    @Test
    void requestCountsWhereItWasSent() {
        measurements.arrived(millis(500));
        measurements.sent(millis(500));
        measurements.sent(millis(1500));
        measurements.sent(millis(1600));

        assertThat(measurements.timeline().slices()).extracting(Slice::sent).containsExactly(1, 2, 0);
    }

    @Test
    void warmUpDoesNotCount() {
        measurements.arrived(millis(-1));
        measurements.sent(millis(-1));
        measurements.ended(millis(-1), millis(10), true);

        assertThat(wholeTime())
                .extracting(Slice::offered, Slice::sent, Slice::answered)
                .containsExactly(0, 0, 0L);
    }

    @Test
    void whatComesAfterTheEndDoesNotCount() {
        measurements.arrived(millis(3000));
        measurements.sent(millis(3000));
        measurements.ended(millis(3000), millis(3001), true);

        assertThat(wholeTime())
                .extracting(Slice::offered, Slice::sent, Slice::answered)
                .containsExactly(0, 0, 0L);
    }

    @Test
    void goodShareIsOfTheCallsThatWereDue() {
        for (int i = 0; i < 4; i++) {
            measurements.arrived(millis(i));
        }
        measurements.ended(millis(0), millis(10), true);
        measurements.ended(millis(1), millis(10), false);

        assertThat(wholeTime().goodShare()).isEqualTo(0.25);
    }

    @Test
    void ninetyNinthPercentileCoversAnswersAndErrors() {
        for (int i = 0; i < 90; i++) {
            measurements.ended(0, millis(100), true);
        }
        for (int i = 0; i < 10; i++) {
            measurements.ended(0, millis(2000), false);
        }

        assertThat(wholeTime().p99Seconds()).isEqualTo(2.0, within(0.02));
    }

    @Test
    void requestsPerCallTellTheLoad() {
        measurements.arrived(millis(0));
        measurements.arrived(millis(1));
        for (int i = 0; i < 5; i++) {
            measurements.sent(millis(i));
        }

        assertThat(wholeTime().requestsPerCall()).isEqualTo(2.5);
    }

    @Test
    void spanTakesOnlyWholeSlices() {
        for (int second = 0; second < 3; second++) {
            measurements.arrived(millis(second * 1000L));
        }

        assertThat(measurements.timeline().between(Duration.ofMillis(1), Duration.ofMillis(2999)))
                .extracting(Slice::offered)
                .isEqualTo(1);
    }

    private Slice wholeTime() {
        return measurements.timeline().between(Duration.ZERO, Duration.ofSeconds(3));
    }

    private static long millis(long millis) {
        return millis * 1_000_000;
    }
}
