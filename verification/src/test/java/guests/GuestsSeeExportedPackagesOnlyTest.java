package guests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.module.ModuleDescriptor;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The guests have nothing that others have not: they live outside of our packages, and import exported ones only. */
class GuestsSeeExportedPackagesOnlyTest {

    private static final Path SOURCES = Path.of("src/test/java/guests");
    private static final Pattern IMPORT =
            Pattern.compile("(?m)^import (?:static )?(dev\\.mainstay(?:\\.[a-z]+)*)\\.[A-Z]");

    @Test
    void whatTheyImportIsExported() throws IOException {
        Set<String> imported = new TreeSet<>();
        try (Stream<Path> files = Files.list(SOURCES)) {
            for (Path file : files.toList()) {
                imported.addAll(IMPORT.matcher(Files.readString(file))
                        .results()
                        .map((MatchResult found) -> found.group(1))
                        .toList());
            }
        }
        assertThat(imported).contains("dev.mainstay", "dev.mainstay.retry").isSubsetOf(exported());
    }

    private static List<String> exported() throws IOException {
        ClassLoader loader = GuestsSeeExportedPackagesOnlyTest.class.getClassLoader();
        return Collections.list(loader.getResources("module-info.class")).stream()
                .map(GuestsSeeExportedPackagesOnlyTest::module)
                .filter(module -> module.name().startsWith("dev.mainstay"))
                .flatMap(module -> module.exports().stream())
                .filter(export -> !export.isQualified())
                .map(ModuleDescriptor.Exports::source)
                .toList();
    }

    private static ModuleDescriptor module(URL url) {
        try (InputStream in = url.openStream()) {
            return ModuleDescriptor.read(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
