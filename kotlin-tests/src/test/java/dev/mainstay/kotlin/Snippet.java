package dev.mainstay.kotlin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.outcome.CallRejectedException;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import kotlin.jvm.functions.Function0;

/**
 * A call as Kotlin writes it.
 *
 * @param receiver the declared type of {@code x}
 * @param code what is done with {@code x} and {@code body}
 */
record Snippet(String receiver, String code) {

    /** A snippet that compiles, as a call that can be made. */
    @FunctionalInterface
    interface Compiled {

        /** Says how often the body ran. */
        int make(Object receiver) throws IllegalAccessException;
    }

    /** Those that compile. The other sources compile with them, without a warning. */
    static Map<Snippet, Compiled> compile(KotlinCompiler compiler, Path folder, List<Snippet> snippets, Path... others)
            throws IOException, ClassNotFoundException {
        Map<Path, Snippet> files = new LinkedHashMap<>();
        for (Snippet snippet : snippets) {
            String name = "snippet" + files.size();
            files.put(Files.writeString(folder.resolve(name + ".kt"), snippet.source(name)), snippet);
        }
        List<Path> sources = new ArrayList<>(files.keySet());
        sources.addAll(List.of(others));

        List<KotlinCompiler.Message> messages = compiler.compile(sources);
        assertThat(messages).allMatch(message -> files.containsKey(message.file()));
        Set<Path> wrong = messages.stream()
                .filter(KotlinCompiler.Message::error)
                .map(KotlinCompiler.Message::file)
                .collect(Collectors.toSet());
        sources.removeAll(wrong);
        assertThat(compiler.compile(sources)).noneMatch(KotlinCompiler.Message::error);

        Map<Snippet, Compiled> compiled = new LinkedHashMap<>();
        for (Map.Entry<Path, Snippet> file : files.entrySet()) {
            if (!wrong.contains(file.getKey())) {
                String name = file.getKey().getFileName().toString().replace(".kt", "");
                Class<?> type = compiler.load(name + ".S" + name.substring(1) + "Kt");
                compiled.put(file.getValue(), receiver -> made(type, receiver));
            }
        }
        return compiled;
    }

    private static int made(Class<?> type, Object receiver) throws IllegalAccessException {
        AtomicInteger made = new AtomicInteger();
        Function0<String> body = () -> "result " + made.incrementAndGet();
        Method snippet = Arrays.stream(type.getMethods())
                .filter(method -> method.getName().equals("snippet"))
                .findFirst()
                .orElseThrow();
        try {
            snippet.invoke(null, receiver, body);
        } catch (InvocationTargetException thrown) {
            assertThat(thrown.getCause()).isInstanceOf(CallRejectedException.class);
        }
        return made.get();
    }

    /** In a package of its own, so that all can be compiled together. */
    private String source(String name) {
        return """
                package %s
                import dev.mainstay.*
                import dev.mainstay.call.*
                import dev.mainstay.outcome.*
                import dev.mainstay.breaker.CircuitBreaker
                import dev.mainstay.kotlin.invoke
                import java.io.IOException
                import java.util.concurrent.CompletableFuture
                import java.util.concurrent.TimeoutException
                fun snippet(x: %s, body: () -> String) {
                    %s
                }
                """.formatted(name, receiver, code);
    }
}
