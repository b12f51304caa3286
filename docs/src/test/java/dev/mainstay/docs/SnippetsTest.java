package dev.mainstay.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Run with {@code -Dsnippets=update}, it first copies the sources into the pages. */
class SnippetsTest {

    private static final Map<String, List<String>> REGIONS = Map.of("PageTest#usage", List.of("int one = 1;"));

    @BeforeAll
    static void updateThePages() throws IOException {
        if ("update".equals(System.getProperty("snippets"))) {
            Map<String, List<String>> regions = Snippets.regions();
            for (Page page : Page.all()) {
                Page updated = Snippets.updated(page, regions);
                if (!updated.equals(page)) {
                    Files.write(Page.root().resolve(page.path()), updated.lines());
                }
            }
        }
    }

    @Test
    void whatPagesShowIsWhatTestsRun() {
        assertThat(Snippets.problems(Page.all(), Snippets.regions())).isEmpty();
    }

    @Test
    void regionsLieInTestsThatRun() {
        assertThat(Snippets.regions().keySet())
                .isNotEmpty()
                .allMatch(id -> id.matches("(\\w+Test|FromKotlin)#[\\w-]+"));
    }

    @Test
    void aBlockThatIsIndentedDifferentlyIsTheSame() {
        Page page = page("<!-- snippet: PageTest#usage -->", "  ```java", "    int one = 1;", "  ```");

        assertThat(Snippets.problems(List.of(page), REGIONS)).isEmpty();
    }

    @Test
    void aBlockThatNamesNoRegionIsAProblem() {
        Page page = page("", "```java", "int one = 1;", "```");

        assertThat(Snippets.problems(List.of(page), REGIONS)).anyMatch(text -> text.contains("page.md:2: no "));
    }

    @Test
    void aRegionThatIsNotThereIsAProblem() {
        Page page = page("<!-- snippet: PageTest#other -->", "```java", "int one = 1;", "```");

        assertThat(Snippets.problems(List.of(page), REGIONS)).anyMatch(text -> text.contains("no region"));
    }

    @Test
    void aBlockThatDiffersFromItsRegionIsAProblem() {
        Page page = page("<!-- snippet: PageTest#usage -->", "```java", "int one = 2;", "```");

        assertThat(Snippets.problems(List.of(page), REGIONS)).anyMatch(text -> text.contains("differs"));
    }

    @Test
    void aRegionThatNoPageShowsIsAProblem() {
        assertThat(Snippets.problems(List.of(), REGIONS)).containsExactly("PageTest#usage is shown on no page");
    }

    @Test
    void updatingCopiesTheRegionAndLeavesTheRest() {
        Page page =
                page("Before", "<!-- snippet: PageTest#usage -->", "```java", "int two;", "int three;", "```", "After");

        assertThat(Snippets.updated(page, REGIONS))
                .isEqualTo(
                        page("Before", "<!-- snippet: PageTest#usage -->", "```java", "int one = 1;", "```", "After"));
    }

    @Test
    void aRegionIsWhatLiesBetweenItsMarks() {
        List<String> source = List.of("no", "    // begin: all", "    a", "", "      b", "    // end: all", "no");

        assertThat(Snippets.regionsOf("PageTest", source)).isEqualTo(Map.of("PageTest#all", List.of("a", "", "  b")));
    }

    private static Page page(String... lines) {
        return new Page("page.md", List.of(lines));
    }
}
