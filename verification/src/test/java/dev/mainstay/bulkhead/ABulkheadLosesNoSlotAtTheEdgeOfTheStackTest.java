package dev.mainstay.bulkhead;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.verification.SearchSize;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Thousands of synchronous calls overflow the stack, interpreted and compiled by each compiler, in JVMs of their own,
 * and no slot is lost. The line is left out under C2.
 */
@Timeout(120)
final class ABulkheadLosesNoSlotAtTheEdgeOfTheStackTest {

    private static final int OVERFLOWS = SearchSize.of("mainstay.overflows", 1_000, 10_000);
    private static final Pattern TOLD = Pattern.compile("lost (\\d+) waiting (\\d+)");

    @ParameterizedTest
    @CsvSource({
        "direct, -Xint, 0",
        "direct, -XX:TieredStopAtLevel=1, 0",
        "direct, -XX:-TieredCompilation, 0",
        "line, -Xint, 0",
        "line, -XX:TieredStopAtLevel=1, 0",
        "pool, -Xint, 0",
        "pool, -XX:TieredStopAtLevel=1, 0",
        "pool, -XX:-TieredCompilation, 0"
    })
    void synchronousCalls(String kind, String compiler, int mostLost) throws Exception {
        String told = told(kind, compiler);
        assertThat(told).contains("nobody is forgotten", "alive");
        Matcher numbers = TOLD.matcher(told);
        assertThat(numbers.find()).as(told).isTrue();
        assertThat(Integer.parseInt(numbers.group(1))).as(told).isLessThanOrEqualTo(mostLost);
        assertThat(numbers.group(2)).as(told).isEqualTo("0");
    }

    private static String told(String kind, String compiler) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xss300k",
                        compiler,
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        OverflowProbe.class.getName(),
                        kind,
                        "" + OVERFLOWS))
                .redirectErrorStream(true)
                .start();
        String told = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(told).isZero();
        return told;
    }
}
