package dev.mainstay.examples.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class DemoTest {
    private final StringWriter errors = new StringWriter();
    private final CommandLine command = new CommandLine(new Demo()).setErr(new PrintWriter(errors));

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--recovery=9 | recovery is 9 s, must be at least 10 s",
                "--workers=0  | workers is 0, must be at least 1",
                "--rate=0     | rate is 0, must be at least 1 call per second",
                "--before=1   | before is 1 s, must be longer than the timeout, 1.0 s",
                "--outage=0   | outage is PT0S, must be positive"
            })
    void saysWhatIsWrongWithAnArgument(String argument, String message) {
        assertThat(command.execute(argument)).isEqualTo(CommandLine.ExitCode.USAGE);
        assertThat(errors.toString()).contains(message);
    }

    @Test
    void explainsItsOptions() {
        assertThat(command.getUsageMessage()).contains("--seed", "--outage", "--out", "Default: 200");
    }
}
