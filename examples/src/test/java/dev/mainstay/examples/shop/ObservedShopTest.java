package dev.mainstay.examples.shop;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class ObservedShopTest {
    private final PrintStream terminal = System.out;
    private final ByteArrayOutputStream output = new ByteArrayOutputStream();
    private final StringWriter errors = new StringWriter();

    @BeforeEach
    void capture() {
        System.setOut(new PrintStream(output, true, StandardCharsets.UTF_8));
    }

    @AfterEach
    void release() {
        System.setOut(terminal);
    }

    @Test
    void saysWhereItsMetricsAre() {
        assertThat(command().execute("--port=0", "--rounds=0")).isEqualTo(CommandLine.ExitCode.OK);
        assertThat(output.toString(StandardCharsets.UTF_8)).startsWith("Metrics: http://127.0.0.1:");
    }

    @Test
    void saysWhatIsWrongWithAnArgument() {
        assertThat(command().execute("--rounds=-1")).isEqualTo(CommandLine.ExitCode.USAGE);
        assertThat(errors.toString()).contains("rounds is -1, must be at least 0");
    }

    @Test
    void explainsItsOptions() {
        assertThat(command().getUsageMessage()).contains("--port", "--seed", "--rounds", "Default: 9464");
    }

    private CommandLine command() {
        return new CommandLine(new ObservedShop()).setErr(new PrintWriter(errors));
    }
}
