package dev.mainstay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.mainstay.call.AsyncCallBody;
import dev.mainstay.call.AsyncSupplier;
import dev.mainstay.call.CallContext;
import dev.mainstay.call.CheckedRunnable;
import dev.mainstay.call.CheckedSupplier;
import dev.mainstay.call.ContextBody;
import dev.mainstay.call.PlainSupplier;
import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.outcome.Outcome;
import dev.mainstay.outcome.Rejection;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.time.VirtualTime;
import java.io.CharConversionException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every form in which a call comes, through a pipeline with something in it. */
class EntryFormsTest {

    private final VirtualTime time = VirtualTime.create();
    private final Pipeline pipeline = Pipeline.of(
            "forms",
            TimeLimiter.of(
                    "limit", c -> c.timeoutDuration(Duration.ofSeconds(1)).timeSource(time)));

    private static String fetch() throws IOException {
        throw new IOException("fetch");
    }

    @Test
    void aCheckedExceptionComesOutAsItsOwnType() {
        // That this compiles is half of the test: the compiler sees an IOException, and nothing wider.
        try {
            pipeline.call(EntryFormsTest::fetch);
        } catch (IOException expected) {
            assertThat(expected).hasMessage("fetch");
            return;
        }
        throw new AssertionError("the call should have failed");
    }

    @Test
    void severalCheckedExceptionsComeOutAsTheTypeThatTheyHaveInCommon() {
        try {
            pipeline.call(() -> {
                if (pipeline.name().isEmpty()) {
                    throw new FileNotFoundException();
                }
                throw new CharConversionException("fetch");
            });
        } catch (IOException expected) {
            assertThat(expected).isExactlyInstanceOf(CharConversionException.class);
            return;
        }
        throw new AssertionError("the call should have failed");
    }

    @Test
    void aBodyThatThrowsNothingCheckedNeedsNoCatch() {
        String result = pipeline.call(() -> "done");
        String fromContext = pipeline.callWithContext(ctx -> "attempt " + ctx.attempt());
        String got = pipeline.get(() -> "got");

        assertThat(List.of(result, fromContext, got)).containsExactly("done", "attempt 1", "got");
    }

    @Test
    void bodiesThatAreThereAlreadyAreTakenAsTheyAre() throws Exception {
        Callable<String> callable = () -> "called";
        Supplier<String> supplier = () -> "supplied";
        CheckedSupplier<String, IOException> checked = () -> "checked";
        List<String> ran = new ArrayList<>();
        Runnable runnable = () -> ran.add("ran");

        assertThat(pipeline.call(callable)).isEqualTo("called");
        assertThat(pipeline.get(supplier)).isEqualTo("supplied");
        assertThat(pipeline.call(checked)).isEqualTo("checked");
        pipeline.run(runnable::run);
        assertThat(ran).containsExactly("ran");
    }

    @Test
    void nullIsAResultLikeAnyOther() throws Exception {
        assertThat(pipeline.<String, RuntimeException>call(() -> null)).isNull();
        assertThat(pipeline.callAsync(() -> CompletableFuture.completedFuture(null))
                        .get())
                .isNull();
        assertThat(pipeline.tryCall(() -> null).get()).isNull();
    }

    @Test
    void decoratedBodiesCanBeCalledAgainAndAgain() throws Exception {
        int[] calls = new int[6];
        Supplier<Integer> supplier = pipeline.decorateSupplier(() -> ++calls[0]);
        Callable<Integer> callable = pipeline.decorateCallable(() -> ++calls[1]);
        CheckedSupplier<Integer, IOException> checked = pipeline.decorateCheckedSupplier(() -> ++calls[2]);
        Runnable runnable = pipeline.decorateRunnable(() -> ++calls[3]);
        var function = pipeline.<Integer, Integer>decorateFunction(more -> calls[4] += more);
        var stages = pipeline.decorateCompletionStage(() -> CompletableFuture.completedFuture(++calls[5]));

        for (int i = 0; i < 2; i++) {
            assertThat(supplier.get()).isEqualTo(i + 1);
            callable.call();
            checked.call();
            runnable.run();
            assertThat(function.apply(1)).isEqualTo(i + 1);
            stages.get().get();
        }

        assertThat(calls).containsOnly(2);
    }

    @Test
    void aCallIsMadeOnAnExecutorsThreadWithItsContext() throws Exception {
        List<Runnable> queue = new ArrayList<>();
        CompletableFuture<String> call = pipeline.with(ctx -> ctx.key("host")).submitWithContext(queue::add, ctx -> {
            assertThat(CallContext.current().key()).isEqualTo("host");
            return "done by " + ctx.key();
        });

        assertThat(call).isNotDone();
        queue.get(0).run();

        assertThat(call.get()).isEqualTo("done by host");
    }

    @Test
    void aSubmittedCallThatIsCancelledBeforeItStartsNeverRuns() {
        List<Runnable> queue = new ArrayList<>();
        List<String> ran = new ArrayList<>();
        CompletableFuture<String> call = pipeline.submit(queue::add, () -> {
            ran.add("ran");
            return "done";
        });

        call.cancel(true);
        queue.get(0).run();

        assertThat(ran).isEmpty();
        assertThat(call).isCancelled();
    }

    @Test
    void aSubmittedCallThatIsCancelledWhileItRunsIsInterruptedAndItsThreadIsNotAfterwards() {
        List<String> ran = new ArrayList<>();
        List<CompletableFuture<?>> calls = new ArrayList<>();
        List<Runnable> queue = new ArrayList<>();
        calls.add(Pipeline.of("none").submit(queue::add, () -> {
            calls.get(0).cancel(true);
            ran.add(Thread.currentThread().isInterrupted() ? "interrupted" : "not interrupted");
            return "late";
        }));

        queue.get(0).run();

        assertThat(ran).containsExactly("interrupted");
        assertThat(Thread.currentThread().isInterrupted()).isFalse();
    }

    @Test
    void anExecutorThatRejectsFailsTheFuture() {
        Executor rejecting = task -> {
            throw new RejectedExecutionException("closed");
        };

        CompletableFuture<String> call = pipeline.submit(rejecting, () -> "never");

        assertThat(catchThrowable(call::join))
                .hasCauseInstanceOf(CallRejectedException.class)
                .rootCause()
                .hasMessage("closed");
    }

    @Test
    void aRejectionIsAValueToTryCallAndAFailureIsThrown() throws IOException {
        Outcome<String> made = pipeline.tryCall(() -> "done");
        assertThat(made.isRejected()).isFalse();
        assertThat(made.rejection()).isNull();
        assertThat(made.orElse("other")).isEqualTo("done");
        assertThat(made.orElseApply(rejection -> "other")).isEqualTo("done");

        CallRejectedException rejection = new CallRejectedException(new Rejection("gate", RejectionReason.FULL, 5));
        Outcome<String> rejected = pipeline.tryCall(() -> {
            throw rejection;
        });
        assertThat(rejected.isRejected()).isTrue();
        assertThat(rejected.rejection().toException()).isSameAs(rejection);
        assertThat(rejected.orElse("other")).isEqualTo("other");
        assertThat(rejected.orElseApply(r -> r.policyName() + " " + r.reason())).isEqualTo("gate FULL");
        assertThatThrownBy(rejected::get).isSameAs(rejection);

        assertThatThrownBy(() -> pipeline.tryCall(EntryFormsTest::fetch)).isInstanceOf(IOException.class);
    }

    @Test
    void aFailureOfAStageComesOutUnwrapped() {
        CompletableFuture<String> derived =
                CompletableFuture.<String>failedFuture(new IOException("cause")).thenApply(result -> result);
        CompletableFuture<String> late = new CompletableFuture<>();

        CompletableFuture<String> call = pipeline.callAsync(() -> derived);
        CompletableFuture<String> lateCall = pipeline.callAsync(() -> late.thenApply(result -> result));
        late.completeExceptionally(new IOException("late cause"));

        assertThat(failureOf(call)).isInstanceOf(IOException.class).hasMessage("cause");
        assertThat(failureOf(lateCall)).isInstanceOf(IOException.class).hasMessage("late cause");
    }

    private static Throwable failureOf(CompletableFuture<?> future) {
        Throwable[] seen = new Throwable[1];
        future.whenComplete((result, failure) -> seen[0] = failure);
        assertThat(seen[0]).isNotInstanceOf(CompletionException.class);
        return seen[0];
    }

    @Test
    void aBodyThatThrowsInsteadOfGivingAStageFailsTheFuture() {
        CompletableFuture<String> call = pipeline.callAsync(() -> {
            throw new IOException("instead of a stage");
        });
        CompletableFuture<String> error = pipeline.callAsync(() -> {
            throw new AssertionError("an error");
        });

        assertThat(failureOf(call)).isInstanceOf(IOException.class);
        assertThat(failureOf(error)).isInstanceOf(AssertionError.class);
    }

    @Test
    void aNullStageNamesThePolicyThatMetIt() {
        assertThat(failureOf(pipeline.callAsync(() -> null)))
                .isInstanceOf(NullPointerException.class)
                .hasMessage("inside 'limit', the body returned null instead of a stage");
        assertThat(failureOf(Pipeline.of("empty").callAsync(() -> null)))
                .hasMessage("inside 'empty', the body returned null instead of a stage");
        TimeLimiter alone = TimeLimiter.ofDefaults("alone");
        assertThat(failureOf(alone.callAsync(() -> null)))
                .hasMessage("inside 'alone', the body returned null instead of a stage");
    }

    @Test
    void aCancelReachesTheStage() {
        CompletableFuture<String> stage = new CompletableFuture<>();
        CompletableFuture<String> call = pipeline.callAsync(() -> stage);

        call.cancel(true);

        assertThat(stage).isCancelled();
        assertThatThrownBy(call::join).isInstanceOf(CancellationException.class);
    }

    static Stream<CheckedRunnable<Exception>> callsWithoutABody() {
        Pipeline empty = Pipeline.of("empty");
        return Stream.of(
                () -> empty.call((CheckedSupplier<String, Exception>) null),
                () -> empty.callWithContext((ContextBody<String, Exception>) null),
                () -> empty.call((Callable<String>) null),
                () -> empty.get((PlainSupplier<String>) null),
                () -> empty.get((Supplier<String>) null),
                () -> empty.run(null),
                () -> empty.tryCall((CheckedSupplier<String, Exception>) null),
                () -> empty.callAsync((AsyncSupplier<String>) null),
                () -> empty.callAsyncWithContext((AsyncCallBody<String>) null),
                () -> empty.submit(Runnable::run, (CheckedSupplier<String, Exception>) null),
                () -> empty.decorateSupplier(null),
                () -> empty.decorateCallable(null),
                () -> empty.decorateCheckedSupplier(null),
                () -> empty.decorateRunnable(null),
                () -> empty.decorateFunction(null),
                () -> empty.decorateCompletionStage(null));
    }

    @ParameterizedTest
    @MethodSource("callsWithoutABody")
    void aNullBodyIsRejectedAtOnce(CheckedRunnable<Exception> call) {
        assertThatThrownBy(call::run).isInstanceOf(NullPointerException.class).hasMessage("body must not be null");
    }

    @Test
    void aFallbackStandsAroundAnyGuard() {
        TimeLimiter limiter = TimeLimiter.ofDefaults("limit");
        String message = limiter.with(ctx -> ctx.key("host"))
                .withFallback(Fallback.ofFunction(failure -> failure.getMessage()))
                .get(() -> {
                    throw new IllegalStateException("failed");
                });

        assertThat(message).isEqualTo("failed");
        String seen = limiter.withFallback(Fallback.of("instead"))
                .with(ctx -> ctx.key("host"))
                .callWithContext(ctx -> "key " + ctx.key());
        assertThat(seen).isEqualTo("key host");
    }
}
