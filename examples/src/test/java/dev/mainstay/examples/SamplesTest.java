package dev.mainstay.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the samples promise to show, they show. */
class SamplesTest {
    private static final String[] NO_ARGUMENTS = {};

    private final PrintStream terminal = System.out;
    private final ByteArrayOutputStream output = new ByteArrayOutputStream();

    @BeforeEach
    void capture() {
        System.setOut(new PrintStream(output, true, StandardCharsets.UTF_8));
    }

    @AfterEach
    void release() {
        System.setOut(terminal);
    }

    @Test
    void quickStartRetriesBreaksFallsBackAndRecovers() throws Exception {
        QuickStart.main(NO_ARGUMENTS);

        assertThat(lines())
                .containsSubsequence(
                        "A hiccup:",
                        "  3 of sku-7 (requests sent: 2)",
                        "The warehouse is down:",
                        "  ask us again later (requests sent: 0)",
                        "It is back:",
                        "  3 of sku-7 (requests sent: 1)");
    }

    @Test
    void asyncExampleGetsItsAnswerAtTheSecondAttempt() {
        AsyncExample.main(NO_ARGUMENTS);

        assertThat(lines()).contains("Request 2 for 0-13-110362-8", "The answer: The C Programming Language");
    }

    @Test
    void keyedExampleRejectsOnlyTheNoisyTenant() {
        KeyedExample.main(NO_ARGUMENTS);

        assertThat(lines()).filteredOn(line -> line.equals("noisy: found")).hasSize(3);
        assertThat(lines())
                .filteredOn(line -> line.startsWith("noisy: rejected"))
                .hasSize(2);
        assertThat(lines()).endsWith("quiet: found");
    }

    private List<String> lines() {
        return output.toString(StandardCharsets.UTF_8).lines().toList();
    }
}
