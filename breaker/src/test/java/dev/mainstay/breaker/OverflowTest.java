package dev.mainstay.breaker;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A stack overflow in the midst of a breaker loses no probe, wedges no state and corrupts no window. In JVMs of their
 * own, each of which compiles in another way.
 */
class OverflowTest {

    private static final int OVERFLOWS =
            Integer.getInteger("mainstay.overflows", Boolean.getBoolean("tests.integration") ? 2_000 : 200);

    @TempDir
    Path directory;

    @ParameterizedTest
    @ValueSource(strings = {"-Xint", "-XX:TieredStopAtLevel=1", "-XX:-TieredCompilation"})
    void nothingIsLost(String mode) throws IOException, InterruptedException {
        Path output = directory.resolve("output");
        List<String> command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), mode, "-Xss256k"));
        String classPath =
                System.getProperty("java.class.path") + File.pathSeparator + System.getProperty("jdk.module.path", "");
        command.addAll(List.of("-cp", classPath, OverflowMain.class.getName()));
        command.addAll(List.of(String.valueOf(OVERFLOWS), String.valueOf(new Random().nextLong())));
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        boolean ended = process.waitFor(2, TimeUnit.MINUTES);
        process.destroyForcibly();
        assertThat(ended).as("it ends").isTrue();
        assertThat(output).content(StandardCharsets.UTF_8).contains("nothing lost");
    }
}
