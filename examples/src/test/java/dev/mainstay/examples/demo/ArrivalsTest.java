package dev.mainstay.examples.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Arrays;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class ArrivalsTest {
    private static final Duration MINUTE = Duration.ofMinutes(1);

    @Test
    void sameSeedGivesSameArrivals() {
        assertThat(Arrivals.poisson(200, MINUTE, 7)).isEqualTo(Arrivals.poisson(200, MINUTE, 7));
    }

    @Test
    void otherSeedGivesOtherArrivals() {
        assertThat(Arrivals.poisson(200, MINUTE, 7)).isNotEqualTo(Arrivals.poisson(200, MINUTE, 8));
    }

    @Test
    void arrivalsAscendWithinTheTime() {
        assertThat(Arrivals.poisson(200, MINUTE, 7)).isSorted();
        assertThat(Arrays.stream(Arrivals.poisson(200, MINUTE, 7)).boxed())
                .allMatch(arrival -> arrival >= 0 && arrival < MINUTE.toNanos());
    }

    @Test
    void arrivalsComeAtTheRateOnAverage() {
        assertThat(Arrivals.poisson(200, Duration.ofMinutes(10), 7).length).isBetween(118_000, 122_000);
    }

    @Test
    void gapsVaryAsOfIndependentUsers() {
        var arrivals = Arrivals.poisson(1000, MINUTE, 7);
        double mean = MINUTE.toNanos() / (double) arrivals.length;
        double variance = LongStream.range(1, arrivals.length)
                .map(i -> arrivals[(int) i] - arrivals[(int) i - 1])
                .mapToDouble(gap -> (gap - mean) * (gap - mean))
                .average()
                .orElseThrow();

        // The standard deviation of exponential gaps is their mean.
        assertThat(Math.sqrt(variance) / mean).isBetween(0.95, 1.05);
    }
}
