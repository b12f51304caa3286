package dev.mainstay.verification;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * A test that sleeps is slow when it is right and flickers when the machine is busy: time is virtual, or what is waited
 * for is awaited.
 */
class TestsDoNotSleepTest {

    private static final Pattern SLEEP =
            Pattern.compile("\\b(Thread|TimeUnit|NANOSECONDS|MICROSECONDS|MILLISECONDS|SECONDS|MINUTES)\\.sleep\\(");

    /** What cannot do without: bodies that take their time, under load. */
    private static final Set<String> MAY = Set.of("UnderLoadTest");

    @Test
    void butForLoadAndSoakAndTheDemo() {
        List<String> sleepers = SourceTree.testFolders().stream()
                .flatMap(folder -> SourceTree.javaIn(folder).stream())
                .filter(file -> !file.startsWith("examples") && !file.toString().contains("/soak/"))
                .filter(file -> SLEEP.matcher(SourceTree.read(file)).find())
                .map(SourceTree::className)
                .toList();

        assertThat(sleepers).containsExactlyInAnyOrderElementsOf(MAY);
    }

    @Test
    void thereAreTestsInEveryModule() {
        assertThat(SourceTree.testFolders())
                .contains("core/src/test/java", "retry/src/test/java", "verification/src/test/java");
        assertThat(SourceTree.javaIn("core/src/test/java"))
                .contains(Path.of("core/src/test/java/dev/mainstay/time/SystemTimerTest.java"));
    }
}
