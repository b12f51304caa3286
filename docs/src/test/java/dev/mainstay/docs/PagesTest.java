package dev.mainstay.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How the pages hang together. */
class PagesTest {

    private static final Pattern TEST_OPTION = Pattern.compile("-Dtest='?([\\w*,]+)");

    static List<Page> pages() {
        return Page.all();
    }

    @ParameterizedTest
    @MethodSource("pages")
    void linksToFilesAndHeadingsLeadSomewhere(Page page) {
        assertThat(brokenLinksOf(page)).isEmpty();
    }

    @Test
    void aLinkToAHeadingThatIsNotThereIsFound() {
        Page page = new Page("docs/page.md", List.of("# Here", "[a](#here) [b](#there) [c](../README.md) [d](no.md)"));

        assertThat(brokenLinksOf(page)).containsExactly("#there", "no.md");
    }

    private static List<String> brokenLinksOf(Page page) {
        List<String> broken = new ArrayList<>();
        for (String link : page.links()) {
            if (!link.matches("[a-z]+:.*") && !leadsSomewhere(page, link)) {
                broken.add(link);
            }
        }
        return broken;
    }

    private static boolean leadsSomewhere(Page page, String link) {
        int hash = link.indexOf('#');
        String file = hash < 0 ? link : link.substring(0, hash);
        String target = target(page, file);
        if (!file.isEmpty() && !Files.exists(Page.root().resolve(target))) {
            return false;
        }
        return hash < 0 || (file.isEmpty() ? page : Page.read(target)).anchors().contains(link.substring(hash + 1));
    }

    private static String target(Page page, String file) {
        return file.isEmpty()
                ? page.path()
                : Path.of(page.path()).resolveSibling(file).normalize().toString();
    }

    @Test
    void everyPageCanBeReachedFromTheReadme() {
        Set<String> reached = new HashSet<>();
        Deque<String> next = new ArrayDeque<>(List.of("README.md"));
        while (!next.isEmpty()) {
            String path = next.remove();
            if (path.endsWith(".md") && reached.add(path)) {
                Page page = Page.read(path);
                page.links().stream()
                        .filter(link -> !link.matches("[a-z]+:.*"))
                        .forEach(link -> next.add(target(page, link.replaceAll("#.*", ""))));
            }
        }
        assertThat(reached).containsAll(pages().stream().map(Page::path).toList());
    }

    @ParameterizedTest
    @ValueSource(strings = {"circuit-breaker", "bulkhead", "rate-limiter", "retry", "time-limiter", "fallback"})
    void thePageOfAPolicyHasTheSamePartsAsTheOthers(String policy) {
        assertThat(Page.read("docs/" + policy + ".md").sections())
                .containsSubsequence("About", "Usage", "Defaults", "Failure handling", "Telemetry", "Anti-patterns");
    }

    @Test
    void testsThatCommandsNameAreThere() throws IOException {
        Set<String> named = new HashSet<>();
        for (Page page : pages()) {
            for (Page.CodeBlock block : page.codeBlocks()) {
                Matcher option = TEST_OPTION.matcher(String.join("\n", block.code()));
                while (option.find()) {
                    named.addAll(List.of(option.group(1).split(",")));
                }
            }
        }
        named.removeIf(name -> name.contains("*"));
        try (Stream<Path> files =
                Files.find(Page.root(), 12, (path, file) -> path.toString().endsWith("Test.java"))) {
            assertThat(files.map(path -> path.getFileName().toString().replace(".java", "")))
                    .containsAll(named);
        }
        assertThat(named).isNotEmpty();
    }

    @Test
    void tryItIsOneBlockOfTwoCommands() {
        Page readme = Page.read("README.md");
        List<String> lines = readme.lines();
        int heading = lines.indexOf("## Try it");
        int following = lines.subList(heading + 1, lines.size()).stream()
                .filter(line -> line.startsWith("## "))
                .findFirst()
                .map(lines::indexOf)
                .orElse(lines.size());

        assertThat(readme.codeBlocks())
                .filteredOn(block -> block.line() > heading && block.line() < following)
                .singleElement()
                .satisfies(block -> assertThat(block.code()).hasSize(2).allMatch(line -> line.startsWith("mvn ")));
    }
}
