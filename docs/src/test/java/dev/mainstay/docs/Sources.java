package dev.mainstay.docs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The production sources of the modules that are published, to compare pages with. */
final class Sources {

    private Sources() {}

    /** Each source by the name of its class. */
    static Map<String, String> ofPublishedModules() {
        Map<String, String> sources = new TreeMap<>();
        try (Stream<Path> directories = Files.list(Page.root())) {
            for (Path module : directories.toList()) {
                Path main = module.resolve("src/main/java");
                if (Files.exists(main.resolve("module-info.java"))) {
                    addSources(main, sources);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return sources;
    }

    private static void addSources(Path main, Map<String, String> sources) throws IOException {
        try (Stream<Path> files = Files.walk(main)) {
            for (Path file :
                    files.filter(path -> path.toString().endsWith(".java")).toList()) {
                String name =
                        main.relativize(file).toString().replace(".java", "").replace('/', '.');
                if (!name.endsWith("-info")) {
                    sources.put(name, Files.readString(file));
                }
            }
        }
    }

    /** The class of a source, not initialised. */
    static Class<?> load(String name) {
        try {
            return Class.forName(name, false, Sources.class.getClassLoader());
        } catch (ClassNotFoundException e) {
            throw new AssertionError("no class " + name + " on the class path of the pages' tests", e);
        }
    }
}
