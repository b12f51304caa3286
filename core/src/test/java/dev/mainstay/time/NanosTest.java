package dev.mainstay.time;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NanosTest {

    @Test
    void aDurationIsItsNanoseconds() {
        assertThat(Nanos.of(Duration.ofMillis(1_500))).isEqualTo(1_500_000_000L);
        assertThat(Nanos.of(Duration.ofNanos(-7))).isEqualTo(-7);
        assertThat(Nanos.of(Duration.ZERO)).isZero();
    }

    @Test
    void whatIsTooLongIsForever() {
        assertThat(Nanos.of(Duration.ofSeconds(Long.MAX_VALUE))).isEqualTo(Nanos.FOREVER);
        assertThat(Nanos.of(Duration.ofNanos(Nanos.FOREVER).plusMillis(500)))
                .as("half a second too long")
                .isEqualTo(Nanos.FOREVER);
    }

    @Test
    void whatIsTooLongAgoIsForeverAgo() {
        assertThat(Nanos.of(Duration.ofSeconds(Long.MIN_VALUE))).isEqualTo(-Nanos.FOREVER);
        Duration longest = Duration.ofSeconds(Nanos.FOREVER / 1_000_000_000L);
        assertThat(Nanos.of(longest.negated())).isEqualTo(-Nanos.of(longest));
    }

    @Test
    void twoSpansTogetherAreAsLongAsBoth() {
        assertThat(Nanos.plus(3, 4)).isEqualTo(7);
        assertThat(Nanos.plus(0, 0)).isZero();
    }

    @Test
    void noSumIsLongerThanForever() {
        assertThat(Nanos.plus(Nanos.FOREVER, 1)).isEqualTo(Nanos.FOREVER);
        assertThat(Nanos.plus(Nanos.FOREVER - 1, Nanos.FOREVER)).isEqualTo(Nanos.FOREVER);
        assertThat(Nanos.plus(Long.MAX_VALUE, 1))
                .as("what does not fit into a long")
                .isEqualTo(Nanos.FOREVER);
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0ns",
        "999, 999ns",
        "1000, 1us",
        "1500, 1.5us",
        "1000000, 1ms",
        "250000000, 250ms",
        "-250000000, -250ms",
        "1000000000, 1s",
        "1234567890, 1.23s",
        "119000000000, 119s",
        "120000000000, 2m",
        "150000000000, 2.5m",
        "4611686018427387903, forever",
        "9223372036854775807, forever",
        "-4611686018427387903, -forever",
        "-9223372036854775808, -forever",
    })
    void peopleReadTheLargestUnitThatFits(long nanos, String text) {
        assertThat(Nanos.format(nanos)).isEqualTo(text);
    }
}
