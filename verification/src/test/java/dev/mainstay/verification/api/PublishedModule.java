package dev.mainstay.verification.api;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.jar.JarFile;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A module that users get: one that the bill of materials lists.
 *
 * @param folder its folder in the root of the repository
 * @param classes where its classes are: a folder or a jar
 */
record PublishedModule(String folder, Path classes) {

    private static final Pattern ARTIFACT = Pattern.compile("<artifactId>mainstay-([\\w-]+)</artifactId>");

    /**
     * All that {@code bom/pom.xml} lists. One that is not on this module's class path is an error: it could change
     * unseen.
     */
    static List<PublishedModule> all() {
        List<Path> places = placesOfModules();
        return folders()
                .map(folder -> new PublishedModule(folder, place(folder, places)))
                .toList();
    }

    /** The file in which its public API is told. */
    Path api() {
        return root().resolve("api").resolve(folder + ".txt");
    }

    /** Every class file of it, in no order. */
    List<byte[]> classFiles() {
        try {
            return Files.isDirectory(classes) ? filesOfFolder() : filesOfJar();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public String toString() {
        return folder;
    }

    static Path root() {
        Path here = Path.of("").toAbsolutePath();
        return Files.exists(here.resolve("bom/pom.xml")) ? here : here.getParent();
    }

    private List<byte[]> filesOfFolder() throws IOException {
        try (Stream<Path> files = Files.walk(classes)) {
            return files.filter(file -> file.toString().endsWith(".class"))
                    .map(file -> bytes(() -> Files.newInputStream(file)))
                    .toList();
        }
    }

    private List<byte[]> filesOfJar() throws IOException {
        try (JarFile jar = new JarFile(classes.toFile())) {
            return jar.stream()
                    .filter(entry -> entry.getName().endsWith(".class"))
                    .map(entry -> bytes(() -> jar.getInputStream(entry)))
                    .toList();
        }
    }

    private static Stream<String> folders() {
        try {
            return ARTIFACT.matcher(Files.readString(root().resolve("bom/pom.xml")))
                    .results()
                    .map((MatchResult match) -> match.group(1))
                    .filter(folder -> !folder.equals("bom"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<Path> placesOfModules() {
        try {
            return Collections.list(PublishedModule.class.getClassLoader().getResources("module-info.class")).stream()
                    .map(PublishedModule::placeOf)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The folder or jar in which a resource of the root lies. */
    private static Path placeOf(URL moduleInfo) {
        String place = moduleInfo
                .toString()
                .replaceFirst("^jar:", "")
                .replaceFirst("/module-info.class$", "")
                .replaceFirst("!$", "");
        try {
            return Path.of(new URI(place));
        } catch (URISyntaxException e) {
            throw new IllegalStateException(place, e);
        }
    }

    private static Path place(String folder, List<Path> places) {
        Path home = root().resolve(folder);
        return places.stream()
                .filter(place -> place.startsWith(home))
                .findFirst()
                .orElseThrow(() -> new AssertionError("mainstay-" + folder
                        + " is in bom/pom.xml and not among the dependencies of verification/pom.xml:"
                        + " nothing would look at its API"));
    }

    private static byte[] bytes(Opening file) {
        try (InputStream in = file.open()) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private interface Opening {
        InputStream open() throws IOException;
    }
}
