package dev.mainstay.verification.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.bulkhead.Bulkhead;
import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.outcome.Classifier;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;

/**
 * An application that has an SLF4J 1.7 on its class path, in which the log cannot be given key-value pairs: its calls
 * end as everywhere, and the log says the same.
 */
class Slf4j1Test {

    /** Runs inside the application. */
    public static final class Application implements Callable<String> {

        @Override
        public String call() {
            Bulkhead bulkhead = Bulkhead.of("inventory", c -> c.maxConcurrentCalls(1));
            String rejected = bulkhead.get(() -> {
                try {
                    bulkhead.run(() -> {});
                    return "let in";
                } catch (CallRejectedException expected) {
                    return expected.reason().name();
                }
            });
            Classifier classifier = Classifier.builder()
                    .recordResult(result -> {
                        throw new IllegalStateException("a predicate that throws");
                    })
                    .build();
            return rejected + " "
                    + classifier.namedAfter("inventory").ofResult(dev.mainstay.call.CallContext.plain(), "result");
        }
    }

    @Test
    @ResourceLock(Resources.SYSTEM_ERR)
    void callsEndAsEverywhereAndTheLogSaysWhatItCan() throws Exception {
        PrintStream before = System.err;
        ByteArrayOutputStream log = new ByteArrayOutputStream();
        System.setErr(new PrintStream(log, true, StandardCharsets.UTF_8));
        try (URLClassLoader application =
                new URLClassLoader(classPath().toArray(URL[]::new), ClassLoader.getPlatformClassLoader())) {
            Object main = application
                    .loadClass(Application.class.getName())
                    .getDeclaredConstructor()
                    .newInstance();
            assertThat(((Callable<?>) main).call()).isEqualTo("FULL SUCCESS");
            assertThat(application.loadClass("org.slf4j.Logger").getMethods())
                    .extracting("name")
                    .doesNotContain("atLevel");
        } finally {
            System.setErr(before);
        }
        assertThat(log.toString(StandardCharsets.UTF_8))
                .contains("Bulkhead 'inventory' rejected calls: the first (full); now it has 1 of 1 slots in use")
                .contains("; reason=FULL")
                .contains("its recordResult predicate threw")
                .contains("a predicate that throws");
    }

    /** That of these tests, with the other SLF4J and without a backend for the usual one. */
    private static List<URL> classPath() throws IOException {
        List<URL> urls = new ArrayList<>();
        File[] jars = new File(System.getProperty("slf4j1.directory")).listFiles((dir, name) -> name.endsWith(".jar"));
        assertThat(jars).hasSize(2);
        for (File jar : jars) {
            urls.add(jar.toURI().toURL());
        }
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
            if (!entry.contains("slf4j") && !entry.contains("logback")) {
                urls.add(Path.of(entry).toUri().toURL());
            }
        }
        return urls;
    }
}
