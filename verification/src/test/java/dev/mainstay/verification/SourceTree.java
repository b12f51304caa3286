package dev.mainstay.verification;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The sources of all modules, for checks of what is written rather than of what is compiled. */
public final class SourceTree {

    private SourceTree() {}

    /** The root of the repository: tests run in their module, or in the root. */
    public static Path root() {
        Path here = Path.of("").toAbsolutePath();
        return Files.exists(here.resolve("bom/pom.xml")) ? here : here.getParent();
    }

    /** Java files in a folder and those below, by their paths from the root. */
    static List<Path> javaIn(String folder) {
        try (Stream<Path> files = Files.walk(root().resolve(folder))) {
            return files.filter(file -> file.toString().endsWith(".java"))
                    .map(root()::relativize)
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The folders of tests, one for each module that has any. */
    static List<String> testFolders() {
        return folders("src/test/java");
    }

    /** The folders of Java sources, main code and tests, of every module. */
    static List<String> sourceFolders() {
        return Stream.of("src/main/java", "src/test/java")
                .flatMap(inModule -> folders(inModule).stream())
                .toList();
    }

    /** The folders of that name in modules that have one, by their paths from the root. */
    private static List<String> folders(String inModule) {
        try (Stream<Path> modules = Files.list(root())) {
            return modules.map(module -> module.resolve(inModule))
                    .filter(Files::isDirectory)
                    .map(folder -> root().relativize(folder).toString())
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static String read(Path fromRoot) {
        try {
            return Files.readString(root().resolve(fromRoot));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The simple name of the class that a file is about. */
    static String className(Path file) {
        return file.getFileName().toString().replace(".java", "");
    }
}
