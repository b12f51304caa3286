package dev.mainstay.kotlin;

import dev.mainstay.Guard;
import dev.mainstay.breaker.CircuitBreaker;
import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import kotlin.Unit;
import org.jetbrains.kotlin.cli.common.arguments.K2JVMCompilerArguments;
import org.jetbrains.kotlin.cli.common.messages.CompilerMessageSeverity;
import org.jetbrains.kotlin.cli.common.messages.CompilerMessageSourceLocation;
import org.jetbrains.kotlin.cli.common.messages.MessageCollector;
import org.jetbrains.kotlin.cli.jvm.K2JVMCompiler;
import org.jetbrains.kotlin.config.Services;
import org.jspecify.annotations.NullMarked;

/**
 * Compiles Kotlin with what a user has on the classpath: our modules, JSpecify, Kotlin's library, and the client to
 * call.
 */
final class KotlinCompiler {

    /** An error or a warning, and the file that it concerns; null if none. */
    record Message(boolean error, Path file, String text) {}

    private final Path output;
    private final ClassLoader classes;

    /** Compiles to classes in a folder. */
    KotlinCompiler(Path output) throws IOException {
        this.output = Files.createDirectories(output);
        this.classes = new URLClassLoader(new URL[] {output.toUri().toURL()}, KotlinCompiler.class.getClassLoader());
    }

    /** Errors and warnings. Classes are written if there is no error. */
    List<Message> compile(List<Path> sources) {
        K2JVMCompilerArguments arguments = new K2JVMCompilerArguments();
        arguments.setFreeArgs(sources.stream().map(Path::toString).toList());
        arguments.setDestination(output.toString());
        arguments.setClasspath(
                Stream.of(Guard.class, CircuitBreaker.class, InventoryClient.class, NullMarked.class, Unit.class)
                        .map(KotlinCompiler::placeOf)
                        .collect(Collectors.joining(File.pathSeparator)));
        arguments.setJdkHome(System.getProperty("java.home"));
        arguments.setJvmTarget("17");
        arguments.setNoStdlib(true);
        arguments.setNoReflect(true);
        arguments.setModuleName("from-kotlin");
        Messages messages = new Messages();
        new K2JVMCompiler().exec(messages, Services.EMPTY, arguments);
        return messages.seen;
    }

    Class<?> load(String compiled) throws ClassNotFoundException {
        return classes.loadClass(compiled);
    }

    private static String placeOf(Class<?> type) {
        try {
            return Path.of(type.getProtectionDomain()
                            .getCodeSource()
                            .getLocation()
                            .toURI())
                    .toString();
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    private static final class Messages implements MessageCollector {

        private final List<Message> seen = new ArrayList<>();

        @Override
        public void clear() {
            seen.clear();
        }

        @Override
        public boolean hasErrors() {
            return seen.stream().anyMatch(Message::error);
        }

        @Override
        public void report(CompilerMessageSeverity severity, String text, CompilerMessageSourceLocation location) {
            if (severity.isError() || severity.isWarning()) {
                seen.add(new Message(severity.isError(), location == null ? null : Path.of(location.getPath()), text));
            }
        }
    }
}
