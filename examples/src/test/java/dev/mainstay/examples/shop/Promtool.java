package dev.mainstay.examples.shop;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Prometheus' own checker. */
final class Promtool {

    /** What it says, and with which exit status. */
    record Verdict(int exit, String output) {}

    private Promtool() {}

    /**
     * Has something checked.
     *
     * @param kind such as {@code metrics}
     * @param input what it reads from its standard input
     */
    static Verdict check(String kind, String input, String... files) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("promtool", "check", kind));
        command.addAll(List.of(files));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        try {
            try (var standardInput = process.getOutputStream()) {
                standardInput.write(input.getBytes(StandardCharsets.UTF_8));
            }
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (!process.waitFor(20, TimeUnit.SECONDS)) {
                throw new IOException("promtool does not end: " + output);
            }
            return new Verdict(process.exitValue(), output);
        } finally {
            process.destroyForcibly();
        }
    }
}
