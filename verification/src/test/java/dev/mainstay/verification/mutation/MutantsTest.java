package dev.mainstay.verification.mutation;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * After the mutation tests ({@code mvn -Pmutation verify}): what is known of the mutants that survived is in the {@code
 * mutants.txt} of their module.
 */
@EnabledIfSystemProperty(named = "mutants", matches = "review")
class MutantsTest {

    /** The modules, each with the one in which its mutants were made. */
    private static final Map<String, String> MODULES = new TreeMap<>(Map.of(
            "core", "testkit",
            "breaker", "breaker",
            "bulkhead", "bulkhead",
            "retry", "retry",
            "ratelimit", "ratelimit"));

    @Test
    void nineOfTenMutantsAreKilledAndEquivalentOnesAreEquivalent() throws IOException {
        List<MutationScore> scores = new ArrayList<>();
        for (Map.Entry<String, String> module : MODULES.entrySet()) {
            Path home = root().resolve(module.getKey());
            Path report = root().resolve(module.getValue()).resolve(buildDirectory() + "/pit-reports/mutations.xml");
            if (Files.exists(report)) {
                scores.add(MutationScore.of(
                        module.getKey(),
                        Mutant.in(report, home.resolve("src/main/java")),
                        ReviewedMutant.in(home.resolve("mutants.txt"))));
            }
        }
        String told = told(scores);
        Files.writeString(root().resolve("verification").resolve(buildDirectory() + "/mutants.md"), told);
        assertThat(scores).as("reports of PIT").isNotEmpty();
        assertThat(scores).as(told).allSatisfy(score -> {
            assertThat(score.percent()).isGreaterThanOrEqualTo(90);
            assertThat(score.mistaken()).isEmpty();
        });
    }

    private static String told(List<MutationScore> scores) {
        List<String> lines = new ArrayList<>();
        lines.add("| module | mutants | killed | equivalent | killed of the others |");
        lines.add("|---|---|---|---|---|");
        scores.forEach(score -> lines.add(score.row()));
        for (MutationScore score : scores) {
            lines.add("");
            lines.add("Survivors in " + score.module() + " that are not reviewed: "
                    + score.notReviewed().size());
            score.notReviewed().forEach(mutant -> lines.add("* line " + mutant.line() + ": `" + mutant.name() + "`"));
        }
        return String.join("\n", lines) + "\n";
    }

    private static Path root() {
        Path here = Path.of("").toAbsolutePath();
        return Files.exists(here.resolve("bom/pom.xml")) ? here : here.getParent();
    }

    private static String buildDirectory() {
        return System.getProperty("buildDirectory", "target");
    }
}
