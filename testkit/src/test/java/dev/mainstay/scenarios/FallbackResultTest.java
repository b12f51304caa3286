package dev.mainstay.scenarios;

import static dev.mainstay.testkit.MainstayAssertions.assertThat;
import static dev.mainstay.testkit.MainstayAssertions.assertThatThrownBy;
import static java.time.Duration.ofSeconds;

import dev.mainstay.Fallback;
import dev.mainstay.Pipeline;
import dev.mainstay.event.CallbackFailures;
import dev.mainstay.testkit.CallReport;
import dev.mainstay.testkit.Scenario;
import dev.mainstay.testkit.Script;
import dev.mainstay.time.VirtualTime;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** A fallback replaces results that are none. */
class FallbackResultTest {

    private static Scenario<Pipeline> scenario(Fallback<String> fallback) {
        return scenario(time -> fallback);
    }

    private static Scenario<Pipeline> scenario(Function<VirtualTime, Fallback<String>> fallback) {
        return Scenario.named("fallback on results")
                .with(
                        time -> Pipeline.of("none", new WaitingRoom(time, 9)),
                        none -> new TypedGuard(
                                none.with(ctx -> ctx.key("sku-7")).withFallback(fallback.apply(VirtualTime.create()))));
    }

    @Test
    void theFirstPredicateThatIsTrueDecides() {
        Fallback<String> fallback = Fallback.<String>builder()
                .onResult("busy"::equals, result -> "not " + result)
                .onResultWithContext(
                        result -> result.startsWith("b"), (result, context) -> result + " of " + context.key())
                .build();
        scenario(fallback).inEveryMode(run -> {
            run.call(Script.succeeding("busy")).returned("not busy").afterExecutions(1);
            run.call(Script.succeeding("bad")).returned("bad of sku-7");
            run.call(Script.succeeding("good")).returned("good");
            run.failing(1);
        });
    }

    @Test
    void nullIsAResult() {
        Fallback<String> fallback = Fallback.<String>builder()
                .onResult(result -> result == null, result -> "instead of " + result)
                .build();
        scenario(fallback)
                .inEveryMode(run -> run.call(Script.<String>succeeding(null)).returned("instead of null"));
    }

    @Test
    void casesForFailuresAndForResultsStandSideBySide() {
        Fallback<String> fallback = Fallback.<String>builder()
                .otherwise(failure -> "for a failure")
                .onResult("bad"::equals, result -> "for a result")
                .build();
        assertThat(fallback).hasToString("Fallback[1 cases, 1 cases for results]");
        scenario(fallback).inEveryMode(run -> {
            run.call(Script.failing(new IOException())).returned("for a failure");
            run.call(Script.succeeding("bad")).returned("for a result");
        });
    }

    @Test
    void aPredicateThatThrowsCountsAsFalseAndIsLoggedOnce() {
        Fallback<String> fallback = Fallback.<String>builder()
                .onResult(
                        result -> {
                            throw new IllegalStateException("predicate");
                        },
                        result -> "never")
                .onResult("bad"::equals, result -> "instead")
                .build();
        try (LogOf log = new LogOf(CallbackFailures.class)) {
            scenario(fallback).inEveryMode(run -> {
                run.call(Script.succeeding("good")).returned("good");
                run.call(Script.succeeding("bad")).returned("instead");
            });
            assertThat(log.messages())
                    .filteredOn(line -> line.contains("onResult predicate"))
                    .hasSize(1);
        }
    }

    @Test
    void whatTheFunctionThrowsComesOutAndIsNotTakenByTheCasesForFailures() {
        IllegalStateException thrown = new IllegalStateException("function");
        Fallback<String> fallback = Fallback.<String>builder()
                .otherwise(failure -> "never")
                .onResult("bad"::equals, result -> {
                    throw thrown;
                })
                .build();
        scenario(fallback).inEveryMode(run -> {
            CallReport<String> report = run.call(Script.succeeding("bad"));
            report.failedWith(thrown);
            assertThat(thrown.getSuppressed()).isEmpty();
        });
    }

    @Test
    void aResultThatIsReplacedIsNoGoodOne() {
        scenario(time -> Fallback.<String>builder()
                        .onResult("bad"::equals, result -> "instead")
                        .lastGood(ofSeconds(10))
                        .timeSource(time)
                        .build())
                .inEveryMode(run -> {
                    run.call(Script.succeeding("good")).returned("good");
                    run.call(Script.succeeding("bad")).returned("instead");
                    run.call(Script.failing(new IOException())).returned("good");
                });
    }

    @Test
    void aCallThatWasCancelledIsNotAnswered() {
        List<String> asked = new ArrayList<>();
        Fallback<String> fallback = Fallback.<String>builder()
                .onResult(result -> true, result -> {
                    asked.add(result);
                    return "instead";
                })
                .build();
        CompletableFuture<String> succeedsWhenCancelled = new CompletableFuture<>() {
            @Override
            public boolean cancel(boolean mayInterruptIfRunning) {
                return complete("late");
            }
        };
        CompletableFuture<String> call =
                Pipeline.of("none").withFallback(fallback).callAsync(() -> succeedsWhenCancelled);
        call.cancel(true);
        assertThat(succeedsWhenCancelled).isDone();
        assertThat(call).isCancelled();
        assertThat(asked).isEmpty();
    }

    @Test
    void optionsAreChecked() {
        Fallback.Builder<String> builder = Fallback.builder();
        assertThatThrownBy(() -> builder.onResult(null, result -> result)).hasMessage("predicate must not be null");
        assertThatThrownBy(() -> builder.onResult(result -> true, null)).hasMessage("function must not be null");
        assertThatThrownBy(() -> builder.onResultWithContext(null, (result, context) -> result))
                .hasMessage("predicate must not be null");
        assertThatThrownBy(() -> builder.onResultWithContext(result -> true, null))
                .hasMessage("function must not be null");
    }
}
