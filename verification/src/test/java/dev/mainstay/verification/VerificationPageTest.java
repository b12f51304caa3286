package dev.mainstay.verification;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * {@code docs/verification.md} names tests that there are, in rows that say of them what is so, and all that search.
 */
class VerificationPageTest {

    private static final Set<String> RUNS = Set.of("build", "CI", "long");

    private final VerificationPage page = VerificationPage.read();

    @Test
    void eachTestThatItNamesIsThere() {
        assertThat(page.tests()).hasSizeGreaterThan(200).allMatch(VerificationPage.Test::isThere);
    }

    @Test
    void aTestThatIsNotThereIsFound() {
        VerificationPage wrong = new VerificationPage(List.of(
                "[Exploration](../verification/src/test/java/dev/mainstay/verification/Exploration.java)",
                "[Exploration.holds](../verification/src/test/java/dev/mainstay/verification/Exploration.java)",
                "[Exploration.Actor](../verification/src/test/java/dev/mainstay/verification/Exploration.java)",
                "[Exploration.hold](../verification/src/test/java/dev/mainstay/verification/Exploration.java)",
                "[Composed](../verification/src/test/java/dev/mainstay/verification/Exploration.java)",
                "[Gone](../verification/src/test/java/dev/mainstay/verification/Gone.java)"));

        assertThat(wrong.tests())
                .filteredOn(test -> !test.isThere())
                .extracting(VerificationPage.Test::name)
                .containsExactly("Exploration.hold", "Composed", "Gone");
    }

    @Test
    void eachSearchThatThereIsIsNamed() {
        Set<Path> named = page.tests().stream().map(VerificationPage.Test::file).collect(Collectors.toSet());

        assertThat(VerificationPage.searches())
                .hasSizeGreaterThan(80)
                .filteredOn(search -> !named.contains(search))
                .isEmpty();
    }

    @Test
    void eachClaimHasATest() {
        assertThat(page.rows())
                .hasSizeGreaterThan(100)
                .allSatisfy(row -> assertThat(row.tests()).as(row.claim()).isNotEmpty());
    }

    @Test
    void noClaimIsThereTwice() {
        assertThat(page.rows()).extracting(VerificationPage.Row::claim).doesNotHaveDuplicates();
    }

    @Test
    void aRowSaysByWhichToolAndWhen() {
        assertThat(page.rows()).allSatisfy(row -> {
            List<String> runs = Arrays.asList(row.runs().split(", "));
            boolean jcstress = row.tests().stream().anyMatch(VerificationPage.Test::isAJcstressTest);
            boolean lincheck = row.tests().stream().anyMatch(VerificationPage.Test::isALincheckSearch);
            boolean moreInCi = row.tests().stream().anyMatch(VerificationPage.Test::hasMoreInCi);
            assertThat(RUNS).as(row.claim()).containsAll(runs);
            assertThat(row.how().contains("jcstress")).as(row.claim()).isEqualTo(jcstress);
            assertThat(runs.contains("CI")).as(row.claim()).isEqualTo(jcstress || moreInCi);
            assertThat(row.how().contains("Lincheck")).as(row.claim()).isEqualTo(lincheck);
            assertThat(runs.contains("build"))
                    .as(row.claim())
                    .isEqualTo(!Set.of("jcstress", "mutation").contains(row.how()));
        });
    }
}
