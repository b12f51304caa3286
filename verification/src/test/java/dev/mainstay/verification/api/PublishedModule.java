package dev.mainstay.verification.api;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.module.ModuleDescriptor;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.jar.JarFile;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.objectweb.asm.ClassReader;

/**
 * A module that users get: one that the bill of materials lists.
 *
 * @param folder its folder in the root of the repository
 * @param classes where its classes are: a folder or a jar
 */
record PublishedModule(String folder, Path classes) {

    private static final Pattern AUTOMATIC_NAME =
            Pattern.compile("<Automatic-Module-Name>([\\w.]+)</Automatic-Module-Name>");
    private static final Pattern ARTIFACT = Pattern.compile("<artifactId>mainstay-([\\w-]+)</artifactId>");

    /**
     * All that {@code bom/pom.xml} lists but for starters, which have no classes. One that is not on this module's
     * class path is an error: it could change unseen.
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

    /** The lines that tell its public API. A module without a {@code module-info} shows all of its packages. */
    List<String> publicApi() {
        String automatic = automaticName(folder);
        if (automatic == null) {
            return PublicApi.of(classFiles());
        }
        List<byte[]> files = classFiles();
        ModuleDescriptor.Builder module = ModuleDescriptor.newModule(automatic);
        files.stream()
                .map(file -> new ClassReader(file).getClassName())
                .filter(name -> name.endsWith("/package-info"))
                .map(name -> name.substring(0, name.lastIndexOf('/')).replace('/', '.'))
                .forEach(module::exports);
        return PublicApi.of(module.build(), files);
    }

    /** Every class file of it, in no order. */
    private List<byte[]> classFiles() {
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
                    .filter(folder -> !folder.equals("bom"))
                    .filter(folder -> Files.exists(root().resolve(folder).resolve("src")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The name that the jar's manifest says, of a module without a {@code module-info}; otherwise null. */
    private static String automaticName(String folder) {
        try {
            Matcher name = AUTOMATIC_NAME.matcher(
                    Files.readString(root().resolve(folder).resolve("pom.xml")));
            return name.find() ? name.group(1) : null;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Where each module's root is, known by a class file that it has. */
    private static List<Path> placesOfModules() {
        Stream<String> known = Stream.concat(
                Stream.of("module-info.class"),
                folders()
                        .map(PublishedModule::automaticName)
                        .filter(Objects::nonNull)
                        .map(name -> name.replace('.', '/') + "/package-info.class"));
        return known.flatMap(PublishedModule::placesOf).toList();
    }

    private static Stream<Path> placesOf(String file) {
        try {
            return Collections.list(PublishedModule.class.getClassLoader().getResources(file)).stream()
                    .map(url -> placeOf(url, file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The folder or jar in which a resource of the root lies. */
    private static Path placeOf(URL url, String file) {
        String place = url.toString()
                .replaceFirst("^jar:", "")
                .replaceFirst("/" + Pattern.quote(file) + "$", "")
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
