package dev.mainstay.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What a module says of itself is there: no description names what README lists under "Not there yet". */
class DescriptionsTest {

    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

    /** Words for what is planned, each as it stands in README. */
    private static final List<String> PLANNED =
            List.of("adaptive", "throttle", "hedge", "ramp-up", "actuator", "distributed");

    private static final Pattern DESCRIPTION =
            Pattern.compile("<description>(.*?)</description>|/\\*\\*(.*?)\\*/", Pattern.DOTALL);

    @Test
    void readmeListsWhatIsPlanned() throws IOException {
        String readme = Files.readString(ROOT.resolve("README.md"));
        int from = readme.indexOf("## Not there yet");
        String section =
                readme.substring(from, readme.indexOf("\n## ", from + 1)).toLowerCase(Locale.ROOT);
        assertThat(PLANNED).allSatisfy(word -> assertThat(section).contains(word));
    }

    @Test
    void noDescriptionNamesWhatIsPlanned() throws IOException {
        List<Path> descriptions = descriptions();
        assertThat(descriptions).hasSizeGreaterThan(20);
        for (Path file : descriptions) {
            List<String> texts = DESCRIPTION
                    .matcher(Files.readString(file))
                    .results()
                    .map(MatchResult::group)
                    .map(text -> text.toLowerCase(Locale.ROOT))
                    .toList();
            for (String word : PLANNED) {
                assertThat(texts).as("%s in %s", word, file).noneMatch(text -> text.contains(word));
            }
        }
    }

    /** Of the modules that are published: their poms, module and package descriptions. */
    private static List<Path> descriptions() throws IOException {
        String published = Files.readString(ROOT.resolve("bom/pom.xml"));
        try (Stream<Path> modules = Files.list(ROOT)) {
            return modules.filter(module -> published.contains("<artifactId>mainstay-" + module.getFileName() + "</"))
                    .filter(module -> Files.exists(module.resolve("src/main/java")))
                    .flatMap(DescriptionsTest::descriptionsOf)
                    .toList();
        }
    }

    private static Stream<Path> descriptionsOf(Path module) {
        try (Stream<Path> files = Files.walk(module.resolve("src/main/java"))) {
            List<Path> found = files.filter(
                            file -> file.endsWith("package-info.java") || file.endsWith("module-info.java"))
                    .toList();
            return Stream.concat(Stream.of(module.resolve("pom.xml")), found.stream());
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
