package dev.mainstay.verification.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.util.diff.DiffUtils;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The public API of each published module is told in {@code api}, so that a change of it is seen. Run with {@code
 * -Dapi=update}, this first writes it there.
 */
class PublicApiTest {

    private static final String UPDATE = "mvn -Dquick -pl verification -am test -Dtest=PublicApiTest"
            + " -Dsurefire.failIfNoSpecifiedTests=false -Dapi=update";

    @BeforeAll
    static void tellTheApiAnew() throws IOException {
        if ("update".equals(System.getProperty("api"))) {
            for (PublishedModule module : PublishedModule.all()) {
                Files.createDirectories(module.api().getParent());
                Files.write(module.api(), module.publicApi());
            }
        }
    }

    static List<PublishedModule> modules() {
        return PublishedModule.all();
    }

    @ParameterizedTest
    @MethodSource("modules")
    void thePublicApiIsWhatItsFileTells(PublishedModule module) throws IOException {
        List<String> told = Files.exists(module.api()) ? Files.readAllLines(module.api()) : List.of();
        List<String> is = module.publicApi();

        if (!told.equals(is)) {
            throw new AssertionError("The public API of " + module + " is not what api/" + module
                    + ".txt tells. If it is meant to change, write it there, and commit what changes:\n  " + UPDATE
                    + "\n\n" + difference(told, is));
        }
    }

    @Test
    void noFileTellsOfAModuleThatIsNotPublished() throws IOException {
        List<Path> told = modules().stream().map(PublishedModule::api).toList();

        try (Stream<Path> files = Files.list(PublishedModule.root().resolve("api"))) {
            assertThat(files).containsExactlyInAnyOrderElementsOf(told);
        }
    }

    private static String difference(List<String> told, List<String> is) {
        List<String> lines = DiffUtils.generateUnifiedDiff("told", "compiled", told, DiffUtils.diff(told, is), 2);
        return String.join("\n", lines);
    }
}
