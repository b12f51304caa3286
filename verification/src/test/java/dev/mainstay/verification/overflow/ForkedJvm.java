package dev.mainstay.verification.overflow;

import static org.assertj.core.api.Assertions.fail;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Runs a main class of the test class path in a JVM of its own, for what depends on how code is compiled, or may ruin
 * the JVM.
 */
public final class ForkedJvm {

    private static final int OUTPUT_SHOWN = 8_000;

    private ForkedJvm() {}

    /** How a JVM may run Java code; where a stack overflows depends on it. */
    public enum Mode {
        INTERPRETED("-Xint"),
        C1("-XX:TieredStopAtLevel=1"),
        C2("-XX:-TieredCompilation"),

        /** As a JVM does without being told: first interpreted, then C1, then C2. */
        DEFAULT("-XX:+TieredCompilation");

        private final String flag;

        Mode(String flag) {
            this.flag = flag;
        }
    }

    /**
     * Runs the class and waits for its end. Fails, with what it has written, if it ends with another status than 0 or
     * not within the time.
     *
     * @param flags more options of the JVM
     */
    public static void run(Class<?> mainClass, Mode mode, int timeoutSeconds, List<String> flags, String... arguments)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add(mode.flag);
        command.addAll(List.of("-Xshare:auto", "-XX:+UseSerialGC", "-Xmx256m"));
        command.addAll(flags);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), mainClass.getName()));
        command.addAll(List.of(arguments));
        Path output = Files.createTempFile("forked-jvm", ".txt");
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
            try {
                if (!process.waitFor(timeoutSeconds, TimeUnit.SECONDS)) {
                    fail("%s, %s: not over after %d s%n%s", mainClass.getName(), mode, timeoutSeconds, end(output));
                }
            } finally {
                process.destroyForcibly();
            }
            if (process.exitValue() != 0) {
                fail("%s, %s: status %d%n%s", mainClass.getName(), mode, process.exitValue(), end(output));
            }
        } finally {
            Files.delete(output);
        }
    }

    private static String end(Path output) throws IOException {
        String text = Files.readString(output);
        return text.substring(Math.max(0, text.length() - OUTPUT_SHOWN));
    }
}
