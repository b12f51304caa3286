package dev.mainstay.verification.hostile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.mainstay.Pipeline;
import java.io.File;
import java.lang.ref.WeakReference;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.time.Duration;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * An application that is unloaded, as a server does at each redeployment, can be collected: no static field, thread,
 * thread-local, timer or callback of ours keeps its class loader. The applications run on a thread of the server, which
 * lives on.
 */
class ClassLoaderLeakTest {

    @SuppressWarnings("UnnecessaryLambda")
    private static final Predicate<String> OURS = name -> name.startsWith("dev.mainstay.");

    @SuppressWarnings("UnnecessaryLambda")
    private static final Predicate<String> APPLICATIONS = name -> name.startsWith(UnloadedApplication.class.getName());

    /** Less than the time after which idle threads end. */
    private static final Duration SOON = Duration.ofSeconds(7);

    /** More than that. */
    private static final Duration ONCE_IDLE = Duration.ofSeconds(30);

    /** Waits in real time for as long as an idle timer lives: not in a build. */
    @Test
    @Timeout(120)
    @EnabledIfSystemProperty(named = "tests.integration", matches = "true")
    void anApplicationThatBringsTheLibraryCanBeUnloadedOnceTheTimerHasBeenIdle() throws Exception {
        WeakReference<ClassLoader> application = runUnder(OURS, ClassLoaderLeakTest.class.getClassLoader());

        await().atMost(ONCE_IDLE).untilAsserted(() -> assertCollected(application));
        assertThat(threadsOf(application)).isEmpty();
    }

    @Test
    @Timeout(120)
    void anApplicationThatSharesTheLibraryCanBeUnloadedWhileTheTimerGoesOn() throws Exception {
        try (URLClassLoader server = new SelectiveLoader(OURS, ClassLoaderLeakTest.class.getClassLoader())) {
            WeakReference<ClassLoader> application = runUnder(APPLICATIONS, server);

            await().atMost(SOON).untilAsserted(() -> assertCollected(application));
            Class<?> library = server.loadClass(Pipeline.class.getName());
            assertThat(library.getClassLoader()).as("still in use").isSameAs(server);
        }
    }

    private static void assertCollected(WeakReference<ClassLoader> loader) {
        System.gc();
        assertThat(loader.get()).as("the application's class loader").isNull();
    }

    private static List<String> threadsOf(WeakReference<ClassLoader> loader) {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> loader.get() != null && thread.getClass().getClassLoader() == loader.get())
                .map(Thread::getName)
                .toList();
    }

    /**
     * Runs the application with classes of its own, on a thread that has its loader for a context as long as it is in
     * there, and drops both.
     */
    private static WeakReference<ClassLoader> runUnder(Predicate<String> own, ClassLoader parent) throws Exception {
        URLClassLoader loader = new SelectiveLoader(own, parent);
        WeakReference<ClassLoader> reference = new WeakReference<>(loader);
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        thread.setContextClassLoader(loader);
        try {
            Class<?> application = loader.loadClass(UnloadedApplication.class.getName());
            assertThat(application).as("loaded by its own loader").isNotEqualTo(UnloadedApplication.class);
            ((Runnable) application.getConstructor().newInstance()).run();
        } finally {
            thread.setContextClassLoader(before);
            loader.close();
        }
        displaceTheLastRecord();
        return reference;
    }

    /**
     * Java itself keeps the last record class whose {@code equals}, {@code hashCode} or {@code toString} it has linked
     * (JDK-8078641), until it links those of another.
     */
    private static void displaceTheLastRecord() throws Exception {
        try (URLClassLoader other = new SelectiveLoader(
                UnrelatedRecord.class.getName()::equals, ClassLoaderLeakTest.class.getClassLoader())) {
            ((Runnable) other.loadClass(UnrelatedRecord.class.getName())
                            .getConstructor()
                            .newInstance())
                    .run();
        }
    }

    /** Loads some classes anew, and leaves the others to its parent. */
    private static final class SelectiveLoader extends URLClassLoader {

        private final Predicate<String> own;

        SelectiveLoader(Predicate<String> own, ClassLoader parent) {
            super(classPath(), parent);
            this.own = own;
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (!own.test(name)) {
                return super.loadClass(name, resolve);
            }
            synchronized (getClassLoadingLock(name)) {
                Class<?> loaded = findLoadedClass(name);
                return loaded == null ? findClass(name) : loaded;
            }
        }

        private static URL[] classPath() {
            return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                    .map(SelectiveLoader::url)
                    .toArray(URL[]::new);
        }

        private static URL url(String entry) {
            try {
                return new File(entry).toURI().toURL();
            } catch (MalformedURLException impossible) {
                throw new IllegalStateException(impossible);
            }
        }
    }
}
