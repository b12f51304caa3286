package dev.mainstay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.mainstay.call.CallContext;
import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.outcome.Classifier;
import dev.mainstay.outcome.Rejection;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.outcome.Verdict;
import dev.mainstay.time.VirtualTime;
import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** A gate that rejects everything is asked in each form in which a call can be made, and the body does not run. */
class EveryFormGoesThroughTheGuardTest {

    /** Lets nothing in. */
    private static final class Closed extends Gate {

        Closed() {
            super("closed", VirtualTime.create(), Classifier.standard());
        }

        @Override
        protected long tryEnter(CallContext context, long now) {
            return reject(RejectionReason.FULL);
        }

        @Override
        protected void exit(
                long permit,
                long start,
                long now,
                Verdict verdict,
                CallContext context,
                @Nullable Object result,
                @Nullable Throwable failure) {}

        @Override
        protected Rejection rejection(long code, CallContext context, long now) {
            return new Rejection("closed", reasonOf(code), -1) {};
        }
    }

    private interface Form {
        @Nullable
        Object make() throws Exception;
    }

    private final List<String> ran = new ArrayList<>();

    private String body() {
        ran.add("ran");
        return "own";
    }

    private CompletableFuture<String> stage() {
        return CompletableFuture.completedFuture(body());
    }

    /** By name and the types of its parameters, as the compiler tells them apart. */
    private Map<String, Form> formsOf(Guard guard) {
        Callable<String> callable = this::body;
        Supplier<String> supplier = this::body;
        Map<String, Form> forms = new LinkedHashMap<>();
        forms.put("call(CheckedSupplier)", () -> guard.call(() -> body()));
        forms.put("call(Callable)", () -> guard.call(callable));
        forms.put("callWithContext(ContextBody)", () -> guard.callWithContext(ctx -> body()));
        forms.put("callInterruptibly(InterruptibleSupplier)", () -> guard.callInterruptibly(() -> body()));
        forms.put("get(PlainSupplier)", () -> guard.get(() -> body()));
        forms.put("get(Supplier)", () -> guard.get(supplier));
        forms.put("run(CheckedRunnable)", () -> {
            guard.run(() -> body());
            return null;
        });
        forms.put("runWithContext(ContextRunnable)", () -> {
            guard.runWithContext(ctx -> body());
            return null;
        });
        forms.put("tryCall(CheckedSupplier)", () -> guard.tryCall(() -> body()).get());
        forms.put(
                "tryCallWithContext(ContextBody)",
                () -> guard.tryCallWithContext(ctx -> body()).get());
        forms.put("tryRun(CheckedRunnable)", () -> guard.tryRun(() -> body()).get());
        forms.put(
                "callAsync(AsyncSupplier)", () -> guard.callAsync(() -> stage()).get());
        forms.put(
                "callAsyncWithContext(AsyncCallBody)",
                () -> guard.callAsyncWithContext(ctx -> stage()).get());
        forms.put(
                "submit(Executor,CheckedSupplier)",
                () -> guard.submit(Runnable::run, () -> body()).get());
        forms.put(
                "submit(Executor,CheckedRunnable)",
                () -> guard.submit(Runnable::run, () -> {
                            body();
                        })
                        .get());
        forms.put(
                "submitWithContext(Executor,ContextBody)",
                () -> guard.submitWithContext(Runnable::run, ctx -> body()).get());
        forms.put(
                "decorateSupplier(Supplier)",
                () -> guard.decorateSupplier(supplier).get());
        forms.put(
                "decorateCallable(Callable)",
                () -> guard.decorateCallable(callable).call());
        forms.put(
                "decorateCheckedSupplier(CheckedSupplier)",
                () -> guard.decorateCheckedSupplier(() -> body()).call());
        forms.put("decorateRunnable(Runnable)", () -> {
            guard.decorateRunnable(() -> body()).run();
            return null;
        });
        forms.put("decorateCheckedRunnable(CheckedRunnable)", () -> {
            guard.decorateCheckedRunnable(() -> body()).run();
            return null;
        });
        forms.put("decorateConsumer(Consumer)", () -> {
            guard.decorateConsumer(argument -> body()).accept(1);
            return null;
        });
        forms.put(
                "decorateFunction(Function)",
                () -> guard.decorateFunction(argument -> body()).apply(1));
        forms.put(
                "decorateCompletionStage(Supplier)",
                () -> guard.decorateCompletionStage(this::stage).get().get());
        return forms;
    }

    private Map<String, Form> formsOf(TypedPipeline<String> typed) {
        Callable<String> callable = this::body;
        Supplier<String> supplier = this::body;
        Map<String, Form> forms = new LinkedHashMap<>();
        forms.put("call(CheckedSupplier)", () -> typed.call(() -> body()));
        forms.put("call(Callable)", () -> typed.call(callable));
        forms.put("callWithContext(ContextBody)", () -> typed.callWithContext(ctx -> body()));
        forms.put("callInterruptibly(InterruptibleSupplier)", () -> typed.callInterruptibly(() -> body()));
        forms.put("get(PlainSupplier)", () -> typed.get(() -> body()));
        forms.put("get(Supplier)", () -> typed.get(supplier));
        forms.put("run(CheckedSupplier)", () -> {
            typed.run(() -> body());
            return null;
        });
        forms.put(
                "callAsync(AsyncSupplier)", () -> typed.callAsync(() -> stage()).get());
        forms.put(
                "callAsyncWithContext(AsyncCallBody)",
                () -> typed.callAsyncWithContext(ctx -> stage()).get());
        forms.put(
                "submit(Executor,CheckedSupplier)",
                () -> typed.submit(Runnable::run, () -> body()).get());
        forms.put(
                "submitWithContext(Executor,ContextBody)",
                () -> typed.submitWithContext(Runnable::run, ctx -> body()).get());
        forms.put(
                "decorateSupplier(Supplier)",
                () -> typed.decorateSupplier(supplier).get());
        forms.put(
                "decorateCallable(Callable)",
                () -> typed.decorateCallable(callable).call());
        forms.put(
                "decorateCheckedSupplier(CheckedSupplier)",
                () -> typed.decorateCheckedSupplier(() -> body()).call());
        forms.put(
                "decorateFunction(Function)",
                () -> typed.decorateFunction(argument -> body()).apply(1));
        forms.put(
                "decorateCompletionStage(Supplier)",
                () -> typed.decorateCompletionStage(this::stage).get().get());
        return forms;
    }

    @Test
    void noFormIsForgotten() {
        Set<String> notForms = Set.of(
                "name()",
                "explain()",
                "subscribe(Class,Consumer)",
                "with(UnaryOperator)",
                "withFallback(Fallback)",
                "withFallback(Function)",
                "withFallback(Object)",
                "throwing(Class,Class)",
                "pipeline()",
                "fallback()",
                "toString()");
        assertThat(formsOf(new Closed()).keySet()).isEqualTo(publicMethodsOf(Guard.class, notForms));
        assertThat(formsOf(new Closed().withFallback("instead")).keySet())
                .isEqualTo(publicMethodsOf(TypedPipeline.class, notForms));
    }

    private static Set<String> publicMethodsOf(Class<?> type, Set<String> without) {
        return Arrays.stream(type.getDeclaredMethods())
                .filter(method -> Modifier.isPublic(method.getModifiers()) && !method.isSynthetic())
                .map(EveryFormGoesThroughTheGuardTest::signature)
                .filter(signature -> !without.contains(signature))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static String signature(Method method) {
        return Arrays.stream(method.getParameterTypes())
                .map(Class::getSimpleName)
                .collect(Collectors.joining(",", method.getName() + "(", ")"));
    }

    @TestFactory
    List<DynamicTest> aRejectedCallDoesNotRunItsBody() {
        List<DynamicTest> tests = new ArrayList<>();
        Closed closed = new Closed();
        for (Guard guard : List.of(closed, Pipeline.of("p", closed), closed.with(ctx -> ctx.key("k")))) {
            formsOf(guard)
                    .forEach((form, call) -> tests.add(DynamicTest.dynamicTest(guard + " " + form, () -> {
                        Throwable thrown = org.assertj.core.api.Assertions.catchThrowable(call::make);
                        assertThat(thrown instanceof ExecutionException ? thrown.getCause() : thrown)
                                .isInstanceOf(CallRejectedException.class);
                        assertThat(ran).isEmpty();
                    })));
        }
        return tests;
    }

    @TestFactory
    List<DynamicTest> aCallThatIsLetInRunsItsBodyOnce() {
        List<DynamicTest> tests = new ArrayList<>();
        Pipeline open = Pipeline.of("open");
        for (Guard guard : List.of(open, open.with(ctx -> ctx.key("k")))) {
            formsOf(guard)
                    .forEach((form, call) -> tests.add(DynamicTest.dynamicTest(form, () -> {
                        ran.clear();
                        Object result = call.make();
                        assertThat(ran).containsExactly("ran");
                        assertThat(result).isIn("own", null);
                    })));
        }
        return tests;
    }

    @TestFactory
    List<DynamicTest> aFallbackAnswersInEveryForm() {
        List<DynamicTest> tests = new ArrayList<>();
        Closed closed = new Closed();
        for (TypedPipeline<String> typed : List.of(
                closed.withFallback("instead"),
                closed.<String>withFallback(failure -> "instead"),
                closed.with(ctx -> ctx.key("k")).withFallback(Fallback.of("instead")),
                closed.withFallback("instead").with(ctx -> ctx.key("k")),
                Pipeline.of("throwing").withFallback("instead").with(ctx -> {
                    throw new IllegalStateException("with");
                }))) {
            formsOf(typed)
                    .forEach((form, call) -> tests.add(DynamicTest.dynamicTest(typed + " " + form, () -> {
                        assertThat(call.make()).isEqualTo(form.startsWith("run(") ? null : "instead");
                        assertThat(ran).isEmpty();
                    })));
        }
        return tests;
    }

    @Test
    void twoCheckedExceptionsKeepTheirTypes() throws Exception {
        ThrowingGuard<IOException, TimeoutException> guard =
                Pipeline.of("open").throwing(IOException.class, TimeoutException.class);
        List<String> caught = new ArrayList<>();
        for (boolean late : new boolean[] {false, true}) {
            try {
                guard.call(() -> failing(late));
            } catch (IOException broken) {
                caught.add("io");
            } catch (TimeoutException broken) {
                caught.add("timeout");
            }
            try {
                guard.run(() -> failing(late));
            } catch (IOException broken) {
                caught.add("io");
            } catch (TimeoutException broken) {
                caught.add("timeout");
            }
        }
        assertThat(caught).containsExactly("io", "io", "timeout", "timeout");
        String fromContext = guard.callWithContext(ctx -> "attempt " + ctx.attempt());
        assertThat(fromContext).isEqualTo("attempt 1");
        assertThat(guard.tryCall(() -> "own").get()).isEqualTo("own");
        ThrowingGuard<IOException, TimeoutException> closed =
                new Closed().throwing(IOException.class, TimeoutException.class);
        assertThat(closed.tryCall(() -> body()).isRejected()).isTrue();
        assertThatExceptionOfType(CallRejectedException.class).isThrownBy(() -> closed.run(this::body));
        assertThatExceptionOfType(CallRejectedException.class).isThrownBy(() -> closed.callWithContext(ctx -> body()));
        assertThat(ran).isEmpty();
    }

    private static String failing(boolean late) throws IOException, TimeoutException {
        if (late) {
            throw new TimeoutException();
        }
        throw new IOException();
    }

    @Test
    void anInterruptibleCallKeepsItsOwnException() throws InterruptedException {
        Pipeline open = Pipeline.of("open");
        // That this compiles is half of the test.
        try {
            String result = open.callInterruptibly(EntryLike::interruptible);
            throw new AssertionError(result);
        } catch (IOException expected) {
            assertThat(expected).hasMessage("broken");
        }
        String unchecked = open.callInterruptibly(() -> "own");
        assertThat(unchecked).isEqualTo("own");
    }

    private static final class EntryLike {

        private EntryLike() {}

        static String interruptible() throws IOException, InterruptedException {
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            throw new IOException("broken");
        }
    }

    @Test
    void whatStandsAroundAPolicyHasItsName() {
        Closed closed = new Closed();
        TypedPipeline<String> typed = closed.with(ctx -> ctx.key("k")).withFallback("instead");
        List<PolicyEvent.CallRejected> events = new ArrayList<>();
        assertThat(typed.name()).isEqualTo("closed");
        assertThat(typed.explain()).startsWith(closed.explain());
        assertThat(typed.pipeline()).isSameAs(closed);
        try (var subscription = typed.subscribe(PolicyEvent.CallRejected.class, events::add)) {
            typed.get(() -> body());
        }
        typed.get(() -> body());
        assertThat(events).hasSize(1);
        assertThat(PolicyAccess.timeSource(closed)).isNotNull();
        assertThat(PolicyAccess.contextCarrier(closed)).isSameAs(ContextCarrier.none());
    }
}
