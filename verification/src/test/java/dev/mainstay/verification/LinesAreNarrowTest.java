package dev.mainstay.verification;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * A line of Java has at most 120 characters. The formatter breaks code, and leaves strings and comments as they are.
 */
class LinesAreNarrowTest {

    private static final int WIDTH = 120;

    @Test
    void inEveryJavaFile() {
        List<String> wide = SourceTree.sourceFolders().stream()
                .flatMap(folder -> SourceTree.javaIn(folder).stream())
                .flatMap(file -> wideLines(file, SourceTree.read(file)))
                .toList();

        assertThat(wide).isEmpty();
    }

    @Test
    void aWideLineIsNamedByItsFileAndItsNumber() {
        String source = "a".repeat(120) + "\n" + "b".repeat(121) + "\n\n// " + "c".repeat(118);

        assertThat(wideLines(Path.of("core/Wide.java"), source))
                .containsExactly("core/Wide.java:2 has 121 characters", "core/Wide.java:4 has 121 characters");
    }

    @Test
    void aCharacterOfManyBytesIsOne() {
        assertThat(wideLines(Path.of("core/Fits.java"), "…".repeat(119) + "\uD83D\uDE00"))
                .isEmpty();
    }

    @Test
    void mainCodeAndTestsOfEveryModuleAreLookedAt() {
        assertThat(SourceTree.sourceFolders())
                .contains(
                        "core/src/main/java",
                        "core/src/test/java",
                        "benchmarks/src/main/java",
                        "jcstress/src/main/java",
                        "verification/src/test/java");
    }

    private static Stream<String> wideLines(Path file, String source) {
        List<String> lines = source.lines().toList();
        return IntStream.range(0, lines.size())
                .filter(i -> width(lines.get(i)) > WIDTH)
                .mapToObj(i -> file + ":" + (i + 1) + " has " + width(lines.get(i)) + " characters");
    }

    private static int width(String line) {
        return line.codePointCount(0, line.length());
    }
}
