package dev.mainstay.examples.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class LastSecondTest {
    private final LastSecond lastSecond = new LastSecond();

    @Test
    void countsAnswersOfTheLastFourTicks() {
        for (int i = 0; i < LastSecond.TICKS_PER_SECOND; i++) {
            lastSecond.ended(1, true);
            lastSecond.ended(1, false);
            lastSecond.tick();
        }

        assertThat(lastSecond.goodput()).isEqualTo(4);
    }

    @Test
    void forgetsWhatIsOlder() {
        lastSecond.ended(1, true);
        for (int i = 0; i <= LastSecond.TICKS_PER_SECOND; i++) {
            lastSecond.tick();
        }

        assertThat(lastSecond.goodput()).isZero();
        assertThat(lastSecond.p99Seconds()).isEmpty();
    }

    @Test
    void ninetyNinthPercentileCoversAnswersAndErrors() {
        lastSecond.ended(Duration.ofMillis(10).toNanos(), true);
        lastSecond.ended(Duration.ofMillis(1500).toNanos(), false);
        lastSecond.tick();

        assertThat(lastSecond.p99Seconds().orElseThrow()).isEqualTo(1.5, within(0.015));
    }
}
