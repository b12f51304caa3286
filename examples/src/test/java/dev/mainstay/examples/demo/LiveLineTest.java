package dev.mainstay.examples.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class LiveLineTest {
    private static final Duration QUARTER_SECOND = Duration.ofMillis(250);

    private final ByteArrayOutputStream output = new ByteArrayOutputStream();
    private final PrintStream out = new PrintStream(output, true, StandardCharsets.UTF_8);

    @Test
    void redrawsTheLineOfAPhaseOnATerminal() {
        var line = new LiveLine(out, true);

        line.show(status(Phase.BEFORE, 1), QUARTER_SECOND);
        line.show(status(Phase.BEFORE, 2), QUARTER_SECOND);
        line.end();

        assertThat(output.toString(StandardCharsets.UTF_8))
                .isEqualTo("\r" + status(Phase.BEFORE, 1) + "\r" + status(Phase.BEFORE, 2) + System.lineSeparator());
    }

    @Test
    void beginsANewLineForANewPhase() {
        var line = new LiveLine(out, true);

        line.show(status(Phase.BEFORE, 5), QUARTER_SECOND);
        line.show(status(Phase.OUTAGE, 0), QUARTER_SECOND);

        assertThat(output.toString(StandardCharsets.UTF_8))
                .isEqualTo("\r" + status(Phase.BEFORE, 5) + System.lineSeparator() + "\r" + status(Phase.OUTAGE, 0));
    }

    @Test
    void printsALineASecondElsewhere() {
        var line = new LiveLine(out, false);

        for (int i = 0; i < 8; i++) {
            line.show(status(Phase.BEFORE, 1), QUARTER_SECOND);
        }
        line.end();

        assertThat(output.toString(StandardCharsets.UTF_8))
                .isEqualTo((status(Phase.BEFORE, 1) + System.lineSeparator()).repeat(2));
    }

    private static Status status(Phase phase, int seconds) {
        return new Status(
                phase,
                Duration.ofSeconds(seconds),
                Duration.ofSeconds(5),
                200,
                OptionalDouble.empty(),
                new Gauges(Duration.ZERO, Optional.empty(), OptionalDouble.empty()));
    }
}
