package dev.mainstay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.call.AsyncCallBody;
import dev.mainstay.call.AsyncSupplier;
import dev.mainstay.call.CallContext;
import dev.mainstay.call.CheckedSupplier;
import dev.mainstay.call.ContextBody;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** A fallback leaves calls that succeed as they are, in whatever form they come. */
class TypedPipelineTest {

    private final Fallback<String> fallback = Fallback.of("instead");
    private final TypedPipeline<String> typed = Pipeline.of("none").withFallback(fallback);

    @Test
    void aCallThatSucceedsGivesItsOwnResult() throws Exception {
        CheckedSupplier<String, IOException> supplier = () -> "own";
        Callable<String> callable = () -> "own";

        assertThat(typed.call(supplier)).isEqualTo("own");
        assertThat(typed.call(callable)).isEqualTo("own");
        assertThat(typed.get(() -> "own")).isEqualTo("own");
        assertThat(typed.decorateFunction((Integer argument) -> "own " + argument)
                        .apply(1))
                .isEqualTo("own 1");
    }

    @Test
    void anAsynchronousCallThatSucceedsGivesItsOwnResult() {
        CompletionStage<String> stage = CompletableFuture.completedFuture("own");

        assertThat(typed.decorateCompletionStage(() -> stage).get()).isCompletedWithValue("own");
        ContextBody<String, RuntimeException> body = context -> "attempt " + context.attempt();
        assertThat(typed.submitWithContext(Runnable::run, body)).isCompletedWithValue("attempt 1");
    }

    @Test
    void aDecoratedCallThatSucceedsGivesItsOwnResult() throws Exception {
        ContextBody<String, IOException> body = context -> "own";
        CheckedSupplier<String, IOException> supplier = () -> "own";

        assertThat(fallback.decorate(supplier).call()).isEqualTo("own");
        assertThat(fallback.decorate(body).in(CallContext.plain())).isEqualTo("own");
    }

    @Test
    void aDecoratedAsynchronousCallThatSucceedsGivesItsOwnResult() throws Exception {
        CompletableFuture<String> stage = CompletableFuture.completedFuture("own");
        AsyncSupplier<String> supplier = () -> stage;
        AsyncCallBody<String> body = context -> stage;
        Pipeline none = Pipeline.of("none");

        assertThat(none.callAsync(fallback.decorateAsync(supplier))).isCompletedWithValue("own");
        assertThat(none.callAsyncWithContext(fallback.decorateAsync(body))).isCompletedWithValue("own");
    }

    @Test
    void aDecoratedCallableGivesItsResult() throws Exception {
        assertThat(Pipeline.of("none").decorateCallable(() -> "own").call()).isEqualTo("own");
    }

    @Test
    void theLastGoodResultIsDatedOnTheSystemClockUnlessSaid() throws IOException {
        AtomicBoolean down = new AtomicBoolean();
        CheckedSupplier<String, IOException> call = Fallback.<String>lastGood(Duration.ofHours(1))
                .decorate((CheckedSupplier<String, IOException>) () -> {
                    if (down.get()) {
                        throw new IOException("scripted");
                    }
                    return "good";
                });

        assertThat(call.call()).isEqualTo("good");
        down.set(true);
        assertThat(call.call()).isEqualTo("good");
    }

    @Test
    void saysWhatStandsAroundTheCalls() {
        assertThat(typed).hasToString("Pipeline['none' has no policies] with Fallback[1 cases]");
        assertThat(Fallback.lastGood(Duration.ofHours(1))).hasToString("Fallback[0 cases, last good value]");
    }
}
