package dev.mainstay.scenarios;

import static dev.mainstay.testkit.MainstayAssertions.assertThat;
import static dev.mainstay.testkit.MainstayAssertions.assertThatThrownBy;
import static java.time.Duration.ofSeconds;

import dev.mainstay.Fallback;
import dev.mainstay.Guard;
import dev.mainstay.Pipeline;
import dev.mainstay.TypedPipeline;
import dev.mainstay.call.AsyncCallBody;
import dev.mainstay.call.AsyncSupplier;
import dev.mainstay.call.CallContext;
import dev.mainstay.call.CheckedSupplier;
import dev.mainstay.call.ContextBody;
import dev.mainstay.testkit.Scenario;
import dev.mainstay.testkit.Script;
import dev.mainstay.time.Deadline;
import dev.mainstay.time.VirtualTime;
import java.io.IOException;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A fallback's function sees the context of the call that failed, in whatever form that was made. */
class FallbackContextTest {

    private final VirtualTime time = VirtualTime.create();

    /** Tells what it is given, and what is the thread's current context. */
    private final Fallback<String> fallback = Fallback.ofFunctionWithContext((failure, context) -> {
        assertThat(CallContext.current()).isSameAs(context);
        return failure.getMessage() + ", " + context.key() + ", " + context.remaining();
    });

    private final Guard guard =
            Pipeline.of("none").with(ctx -> ctx.key("sku-7").deadline(Deadline.after(ofSeconds(5), time)));

    private static IOException scripted() {
        return new IOException("scripted");
    }

    private static <T> CompletableFuture<T> failed() {
        return CompletableFuture.failedFuture(scripted());
    }

    private static String fail() throws IOException {
        throw scripted();
    }

    private static String failUnchecked() {
        throw new IllegalStateException("scripted");
    }

    /** Another thread, in the middle of somebody else's call. */
    private static Executor otherThread() {
        return task -> {
            Thread thread = new Thread(() -> {
                CallContext.plain().key("somebody else's").bind();
                task.run();
            });
            thread.start();
        };
    }

    /** The forms of a typed pipeline, each with a body that fails. */
    @SuppressWarnings("ImmutableEnumChecker") // lambdas without state
    enum Form {
        CALL(typed -> typed.call((CheckedSupplier<String, IOException>) FallbackContextTest::fail)),
        CALL_CALLABLE(typed -> typed.call((Callable<String>) FallbackContextTest::fail)),
        CALL_WITH_CONTEXT(typed -> typed.callWithContext(context -> fail())),
        CALL_INTERRUPTIBLY(typed -> typed.callInterruptibly(FallbackContextTest::fail)),
        THROWING(typed ->
                typed.throwing(IOException.class, TimeoutException.class).call(FallbackContextTest::fail)),
        THROWING_WITH_CONTEXT(typed ->
                typed.throwing(IOException.class, TimeoutException.class).callWithContext(context -> fail())),
        GET(typed -> typed.get(FallbackContextTest::failUnchecked)),
        GET_SUPPLIER(typed -> typed.get((Supplier<String>) FallbackContextTest::failUnchecked)),
        CALL_ASYNC(typed -> typed.callAsync(FallbackContextTest::failed).join()),
        CALL_ASYNC_LATER(typed -> {
            CompletableFuture<String> stage = new CompletableFuture<>();
            CompletableFuture<String> call = typed.callAsync(() -> stage);
            otherThread().execute(() -> stage.completeExceptionally(scripted()));
            return call.join();
        }),
        CALL_ASYNC_WITH_CONTEXT(
                typed -> typed.callAsyncWithContext(context -> failed()).join()),
        SUBMIT(typed -> typed.submit(otherThread(), FallbackContextTest::fail).join()),
        SUBMIT_WITH_CONTEXT(typed ->
                typed.submitWithContext(otherThread(), context -> fail()).join()),
        DECORATE_SUPPLIER(typed ->
                typed.decorateSupplier(FallbackContextTest::failUnchecked).get()),
        DECORATE_CALLABLE(
                typed -> typed.decorateCallable(FallbackContextTest::fail).call()),
        DECORATE_CHECKED_SUPPLIER(typed ->
                typed.decorateCheckedSupplier(FallbackContextTest::fail).call()),
        DECORATE_FUNCTION(
                typed -> typed.decorateFunction(argument -> failUnchecked()).apply("argument")),
        DECORATE_COMPLETION_STAGE(typed -> typed.decorateCompletionStage(FallbackContextTest::<String>failed)
                .get()
                .join());

        private final Caller<TypedPipeline<String>> call;

        Form(Caller<TypedPipeline<String>> call) {
            this.call = call;
        }

        interface Caller<C> {
            String in(C what) throws Exception;
        }
    }

    @ParameterizedTest
    @EnumSource
    void outsideAPipelineInEveryForm(Form form) throws Exception {
        assertThat(form.call.in(guard.withFallback(fallback))).isEqualTo("scripted, sku-7, PT5S");
    }

    /** Of the call around it, a call inherits the deadline, and not the key. */
    @ParameterizedTest
    @EnumSource
    void whatACallInheritsIsSeenToo(Form form) throws Exception {
        TypedPipeline<String> typed = Pipeline.of("none").withFallback(fallback);

        String answer = guard.call(() -> form.call.in(typed));

        assertThat(answer).isEqualTo("scripted, null, PT5S");
    }

    /** The ways in which a fallback stands inside a pipeline. */
    @SuppressWarnings("ImmutableEnumChecker") // lambdas without state
    enum Inside {
        DECORATE(fallback -> (guard) ->
                guard.call(fallback.decorate((CheckedSupplier<String, IOException>) FallbackContextTest::fail))),
        DECORATE_WITH_CONTEXT(fallback -> guard ->
                guard.callWithContext(fallback.decorate((ContextBody<String, IOException>) context -> fail()))),
        DECORATE_SUBMITTED(fallback -> guard -> guard.submit(
                        otherThread(), fallback.decorate((CheckedSupplier<String, IOException>) () -> fail()))
                .join()),
        DECORATE_ASYNC(fallback ->
                guard -> guard.callAsync(fallback.decorateAsync((AsyncSupplier<String>) FallbackContextTest::failed))
                        .join()),
        DECORATE_ASYNC_WITH_CONTEXT(fallback ->
                guard -> guard.callAsyncWithContext(fallback.decorateAsync((AsyncCallBody<String>) context -> failed()))
                        .join());

        private final java.util.function.Function<Fallback<String>, Form.Caller<Guard>> call;

        Inside(java.util.function.Function<Fallback<String>, Form.Caller<Guard>> call) {
            this.call = call;
        }
    }

    @ParameterizedTest
    @EnumSource
    void insideAPipelineInEveryForm(Inside inside) throws Exception {
        assertThat(inside.call.apply(fallback).in(guard)).isEqualTo("scripted, sku-7, PT5S");
    }

    @Test
    void inEveryMode() {
        Fallback<String> byKey = Fallback.<String>builder()
                .onWithContext(IOException.class, (failure, context) -> "io of " + context.key())
                .otherwiseWithContext((failure, context) -> "rest of " + context.key())
                .build();
        Scenario.named("context")
                .with(
                        time -> Pipeline.of("none"),
                        none -> new TypedGuard(
                                none.with(ctx -> ctx.key("sku-7")).withFallback(byKey)))
                .inEveryMode(run -> {
                    run.call(Script.failing(scripted())).returned("io of sku-7");
                    run.call(Script.failing(new IllegalStateException())).returned("rest of sku-7");
                });
    }

    @Test
    void theContextThatWasCurrentIsCurrentAgainAfterwards() {
        AtomicReference<CallContext> before = new AtomicReference<>();

        guard.run(() -> {
            before.set(CallContext.current());
            Pipeline.of("none").withFallback(fallback).get(FallbackContextTest::failUnchecked);
            assertThat(CallContext.current()).isSameAs(before.get());
        });

        assertThat(before.get().key()).isEqualTo("sku-7");
        assertThat(CallContext.current()).isSameAs(CallContext.plain());
    }

    // ---- the forms

    /** What is absent is what gives no result, a rejection as a value, or another guard. */
    @Test
    void aTypedPipelineHasEveryFormOfAGuardThatGivesAResult() {
        Set<String> typed = Arrays.stream(TypedPipeline.class.getMethods())
                .map(method -> method.getName())
                .collect(Collectors.toSet());

        Set<String> missing = Arrays.stream(Guard.class.getMethods())
                .map(method -> method.getName())
                .filter(name -> !typed.contains(name))
                .collect(Collectors.toSet());

        assertThat(missing)
                .containsExactlyInAnyOrder(
                        "runWithContext",
                        "tryCall",
                        "tryCallWithContext",
                        "tryRun",
                        "decorateRunnable",
                        "decorateCheckedRunnable",
                        "decorateConsumer",
                        "withFallback");
    }

    @Test
    void twoCheckedExceptionsComeOutAsThemselves() throws TimeoutException {
        Fallback<String> takesNeither = Fallback.<String>builder()
                .on(ArithmeticException.class, failure -> "instead")
                .build();
        var typed = Pipeline.of("none").withFallback(takesNeither).throwing(IOException.class, TimeoutException.class);

        try {
            typed.call(() -> fail());
            throw new AssertionError("no failure");
        } catch (IOException failure) {
            assertThat(failure).hasMessage("scripted");
        }
        assertThatThrownBy(() -> typed.callWithContext(context -> {
                    throw new TimeoutException("scripted");
                }))
                .isInstanceOf(TimeoutException.class);
        assertThat(typed).hasToString("Pipeline['none' has no policies] with Fallback[1 cases]");
    }

    @Test
    void handsOutItsFallback() {
        assertThat(guard.withFallback(fallback).fallback()).isSameAs(fallback);
    }
}
