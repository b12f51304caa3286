package dev.mainstay.examples.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TimetableTest {
    private final Timetable timetable =
            new Timetable(Duration.ofSeconds(3), Duration.ofSeconds(5), Duration.ofSeconds(6), Duration.ofSeconds(12));

    @ParameterizedTest
    @CsvSource({
        "-3000, WARM_UP",
        "-1, WARM_UP",
        "0, BEFORE",
        "4999, BEFORE",
        "5000, OUTAGE",
        "10999, OUTAGE",
        "11000, RECOVERY",
        "22999, RECOVERY",
        "23000, DRAIN"
    })
    void phasesFollowEachOther(long millis, Phase phase) {
        assertThat(timetable.phaseAt(Duration.ofMillis(millis))).isEqualTo(phase);
    }

    @ParameterizedTest
    @CsvSource({"WARM_UP, -3", "BEFORE, 0", "OUTAGE, 5", "RECOVERY, 11", "DRAIN, 23"})
    void eachPhaseKnowsItsStart(Phase phase, long seconds) {
        assertThat(timetable.startOf(phase)).isEqualTo(Duration.ofSeconds(seconds));
        assertThat(timetable.phaseAt(timetable.startOf(phase))).isEqualTo(phase);
    }

    @Test
    void rejectsAnOutageOfNoLength() {
        var second = Duration.ofSeconds(1);

        assertThatThrownBy(() -> new Timetable(second, second, Duration.ZERO, second))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("outage is PT0S");
    }
}
