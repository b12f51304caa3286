package dev.mainstay.kotlin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.Guard;
import dev.mainstay.Pipeline;
import dev.mainstay.breaker.CircuitBreaker;
import dev.mainstay.breaker.CircuitBreakerOpenException;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A call that is written in Kotlin goes through the guard or does not compile. It is never Kotlin's own {@code run},
 * which takes every receiver and would make the call unguarded. Each form is written for each type of receiver,
 * compiled, and made with a breaker that lets nothing in.
 */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class CallsFromKotlinTest {

    private static final String TYPED = "TypedPipeline<String>";
    private static final String THROWING = "ThrowingGuard<IOException, TimeoutException>";
    private static final String TYPED_THROWING = "TypedPipeline.Throwing<String, IOException, TimeoutException>";
    private static final String RUN = "x.run { body() }";

    /** Receivers whose {@code run} is Kotlin's, whatever we do. */
    private static final List<String> STRANGERS = List.of("Guard?", "Any");

    /** What compiles for every guard, and for one with a fallback. */
    private static final List<String> RECOMMENDED = List.of(
            "x { body() }",
            "val result: String = x { body() }",
            "x.get { body() }",
            "x.callAsync { CompletableFuture.completedFuture(body()) }",
            "x.call(CheckedSupplier<String, Exception> { body() })");

    /** What compiles when the types are named. */
    private static final List<String> NAMED = List.of(
            "x.call<String, Exception> { body() }",
            "x.callWithContext<String, Exception> { body() }",
            "x.callInterruptibly<String, IOException> { body() }",
            "x.run<Exception> { body() }",
            "x.tryCall<String, Exception> { body() }",
            "x.tryRun<Exception> { body() }",
            "x.submit<String, Exception>({ it.run() }) { body() }");

    private static final List<String> WITH_FALLBACK = List.of(
            "x.withFallback(Fallback.of(\"none\")).get { body() }",
            "x.withFallback(\"none\").get { body() }",
            "x.withFallback { _ -> \"none\" }.get { body() }");

    private static final List<String> OTHERS = List.of(
            "x.call { body() }",
            "val result: String = x.call { body() }",
            "x.call(body)",
            "x.callInterruptibly { body() }",
            "x.callWithContext { body() }",
            RUN,
            "x.run { body(); Unit }",
            "val result: String = x.run { body() }",
            "val result = x.run { body() }",
            "x.run(body)",
            "x?.run { body() }",
            "with(x) { run { body() } }",
            "x.apply { run { body() } }",
            "x.runWithContext { body() }",
            "x.tryCall { body() }",
            "val result: Outcome<String> = x.tryCall { body() }",
            "x.tryRun { body() }",
            "x.submit({ it.run() }) { body() }");

    @TempDir
    static Path folder;

    private static KotlinCompiler compiler;
    private static Map<Snippet, Snippet.Compiled> compiled;

    @BeforeAll
    static void compile() throws IOException, ClassNotFoundException {
        List<Snippet> snippets = new ArrayList<>();
        for (String receiver : List.of("Guard", "Pipeline", "CircuitBreaker", TYPED, THROWING, TYPED_THROWING)) {
            for (List<String> forms : List.of(RECOMMENDED, NAMED, WITH_FALLBACK, OTHERS)) {
                forms.forEach(form -> snippets.add(new Snippet(receiver, form)));
            }
        }
        STRANGERS.forEach(stranger -> snippets.add(new Snippet(stranger, RUN)));
        compiler = new KotlinCompiler(folder.resolve("classes"));
        compiled = Snippet.compile(
                compiler,
                folder,
                snippets,
                Path.of("src/test/kotlin/FromKotlin.kt").toAbsolutePath());
    }

    @ParameterizedTest
    @ValueSource(strings = {"Guard", "Pipeline", "CircuitBreaker"})
    void whatIsRecommendedCompiles(String receiver) {
        assertThat(RECOMMENDED).allMatch(form -> compiled.containsKey(new Snippet(receiver, form)));
        assertThat(NAMED).allMatch(form -> compiled.containsKey(new Snippet(receiver, form)));
        assertThat(WITH_FALLBACK).allMatch(form -> compiled.containsKey(new Snippet(receiver, form)));
    }

    @Test
    void whatIsRecommendedCompilesWithAFallback() {
        assertThat(RECOMMENDED).allMatch(form -> compiled.containsKey(new Snippet(TYPED, form)));
    }

    @Test
    void whatCompilesMeansTheGuard() throws IllegalAccessException {
        for (Map.Entry<Snippet, Snippet.Compiled> call : compiled.entrySet()) {
            String receiver = call.getKey().receiver();
            if (!STRANGERS.contains(receiver)) {
                assertThat(call.getValue().make(receiver(receiver, openBreaker())))
                        .as("calls let in by an open breaker: %s", call.getKey())
                        .isZero();
                assertThat(call.getValue().make(receiver(receiver, closedBreaker())))
                        .as("calls let in by a closed breaker: %s", call.getKey())
                        .isEqualTo(1);
            }
        }
    }

    /** For these the check above would find that the call is unguarded. The page says so of a nullable guard. */
    @ParameterizedTest
    @ValueSource(strings = {"Guard?", "Any"})
    void runOfWhatMayBeNoGuardIsKotlins(String receiver) throws IllegalAccessException {
        assertThat(compiled.get(new Snippet(receiver, RUN)).make(openBreaker())).isEqualTo(1);
    }

    @Test
    void whatThePageShowsMeansTheGuard() throws Exception {
        InventoryClient client = new InventoryClient(false);
        for (String shown : List.of("usage", "named")) {
            assertThat(shown(shown, closedBreaker(), client)).containsOnly(new Stock("sku-7", 7));
            int calls = client.calls();
            assertThatThrownBy(() -> shown(shown, openBreaker(), client))
                    .isInstanceOf(CircuitBreakerOpenException.class);
            assertThat(client.calls()).isEqualTo(calls);
        }
    }

    @Test
    void aCheckedExceptionComesOutAsItselfAndCounts() {
        CircuitBreaker breaker = closedBreaker();

        assertThatThrownBy(() -> shown("usage", breaker, new InventoryClient(true)))
                .isExactlyInstanceOf(IOException.class);
        assertThat(breaker.tally().failures()).isEqualTo(1);
    }

    private static Iterable<Object> shown(String method, Guard guard, InventoryClient client) throws Exception {
        Class<?> page = compiler.load("dev.mainstay.kotlin.FromKotlin");
        Object shown = page.getConstructor(Guard.class, InventoryClient.class).newInstance(guard, client);
        try {
            return List.copyOf((List<?>) page.getMethod(method).invoke(shown));
        } catch (InvocationTargetException thrown) {
            throw (Exception) thrown.getCause();
        }
    }

    private static Object receiver(String type, CircuitBreaker breaker) {
        return switch (type) {
            case "Pipeline" -> Pipeline.of("inventory", breaker);
            case TYPED -> breaker.withFallback("instead");
            case THROWING -> breaker.throwing(IOException.class, TimeoutException.class);
            case TYPED_THROWING -> breaker.withFallback("instead").throwing(IOException.class, TimeoutException.class);
            default -> breaker;
        };
    }

    private static CircuitBreaker closedBreaker() {
        return CircuitBreaker.ofDefaults("inventory");
    }

    private static CircuitBreaker openBreaker() {
        CircuitBreaker breaker = closedBreaker();
        breaker.transitionToForcedOpenState();
        return breaker;
    }
}
