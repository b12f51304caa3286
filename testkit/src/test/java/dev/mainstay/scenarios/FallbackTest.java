package dev.mainstay.scenarios;

import static dev.mainstay.testkit.MainstayAssertions.assertThat;
import static dev.mainstay.testkit.MainstayAssertions.assertThatThrownBy;
import static java.time.Duration.ofSeconds;

import dev.mainstay.Fallback;
import dev.mainstay.Guard;
import dev.mainstay.Pipeline;
import dev.mainstay.TimeLimiter;
import dev.mainstay.TypedPipeline;
import dev.mainstay.call.CheckedSupplier;
import dev.mainstay.call.ContextBody;
import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.outcome.CallTimeoutException;
import dev.mainstay.outcome.Verdict;
import dev.mainstay.testkit.CallInFlight;
import dev.mainstay.testkit.CallReport;
import dev.mainstay.testkit.Mode;
import dev.mainstay.testkit.Scenario;
import dev.mainstay.testkit.Script;
import dev.mainstay.time.VirtualTime;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

class FallbackTest {

    private final IOException scripted = new IOException("scripted");

    /** A fallback around a pipeline of a second's time and one place. */
    private record Fixture(WaitingRoom room, Guard guard) {

        static Function<VirtualTime, Fixture> of(Fallback<String> fallback) {
            return of(time -> fallback);
        }

        static Function<VirtualTime, Fixture> of(Function<VirtualTime, Fallback<String>> fallback) {
            return time -> {
                WaitingRoom room = new WaitingRoom(time, 1);
                TimeLimiter limiter = TimeLimiter.of("limit", c -> c.timeSource(time));
                return new Fixture(
                        room,
                        new TypedGuard(Pipeline.of("pipeline", limiter, room).withFallback(fallback.apply(time))));
            };
        }
    }

    private static Scenario<Fixture> scenario(Fallback<String> fallback) {
        return Scenario.named("fallback").with(Fixture.of(fallback), Fixture::guard);
    }

    // ---- what it takes

    @Test
    void takesFailuresTimeoutsAndRejections() {
        scenario(Fallback.of("instead")).inEveryMode(run -> {
            run.succeeding(1);
            run.call(Script.failing(scripted)).returned("instead").afterExecutions(1);
            run.call(Script.hanging()).returned("instead").afterTime(ofSeconds(1));
            run.whileInFlight(() ->
                    run.call(Script.succeeding("no room")).returned("instead").afterExecutions(0));
            assertThat(run.policy().room().permits).isEmpty();
        });
    }

    @Test
    void aNullResultIsAResult() {
        scenario(Fallback.of("instead"))
                .inEveryMode(run -> run.call(Script.<String>succeeding(null)).returned(null));
    }

    @Test
    void mayGiveNull() {
        scenario(Fallback.<String>of(null))
                .inEveryMode(run -> run.call(Script.<String>failing(scripted)).returned(null));
    }

    @Test
    void neverTakesAnError() {
        scenario(Fallback.of("instead")).inEveryMode(run -> run.failingWith(new NoClassDefFoundError("scripted")));
    }

    @Test
    void neverTakesInterruptsAndCancellations() {
        scenario(Fallback.of("instead")).inEveryMode(run -> {
            run.failingWith(new InterruptedException("scripted"));
            run.failingWith(new CancellationException("scripted"));
        });
    }

    @Test
    void neverTakesTheRejectionOfACallerWhoWasInterruptedWhileWaiting() {
        Fallback<String> fallback = Fallback.of("instead");
        Scenario.named("interrupted in line")
                .with(
                        time -> new WaitingRoom("room", time, 1, Duration.ofMinutes(1)),
                        room -> new TypedGuard(Pipeline.of("line", room).withFallback(fallback)))
                .onlyIn(Mode.SYNC, Mode.DECORATED)
                .inEveryMode(run -> {
                    try (var place = run.policy().acquirePermit()) {
                        Thread.currentThread().interrupt();
                        run.call(Script.succeeding("never"))
                                .failedWith(CallRejectedException.class)
                                .afterExecutions(0)
                                .leftInterrupt();
                    }
                });
    }

    @Test
    void seesTheFailureItselfNotItsWrapping() {
        List<Throwable> seen = new ArrayList<>();
        Fallback<String> fallback = Fallback.ofFunction(failure -> {
            seen.add(failure);
            return "instead";
        });
        scenario(fallback).inEveryMode(run -> {
            seen.clear();
            run.call(Script.failing(scripted)).returned("instead");
            assertThat(seen).containsExactly(scripted);
        });
        seen.clear();
        Pipeline none = Pipeline.of("none");
        CompletableFuture<String> wrapped = CompletableFuture.failedFuture(new CompletionException(scripted));
        assertThat(none.withFallback(fallback).callAsync(() -> wrapped)).isCompletedWithValue("instead");
        assertThat(seen).containsExactly(scripted);
    }

    @Test
    void theFirstCaseThatMatchesAnswers() {
        Fallback<String> fallback = Fallback.<String>builder()
                .on(FileNotFoundException.class, failure -> "not found")
                .on(IOException.class, failure -> "io")
                .on(CallTimeoutException.class, failure -> "after " + failure.timeout())
                .build();
        scenario(fallback).inEveryMode(run -> {
            run.call(Script.failing(new FileNotFoundException())).returned("not found");
            run.call(Script.failing(scripted)).returned("io");
            run.call(Script.hanging()).returned("after PT1S");
            run.failingWith(new IllegalStateException("nobody's"));
        });
    }

    @Test
    void theOtherwiseCaseAnswersTheRest() {
        Fallback<String> fallback = Fallback.<String>builder()
                .on(IOException.class, failure -> "io")
                .otherwise(failure -> "rest")
                .build();
        scenario(fallback)
                .inEveryMode(run ->
                        run.call(Script.failing(new IllegalStateException())).returned("rest"));
    }

    @Test
    void aSupplierIsAskedAtEachFailureOnly() {
        AtomicInteger asked = new AtomicInteger();
        scenario(Fallback.ofSupplier(() -> "answer " + asked.incrementAndGet())).inEveryMode(run -> {
            asked.set(0);
            run.succeeding(2);
            run.call(Script.failing(scripted)).returned("answer 1");
            run.call(Script.failing(scripted)).returned("answer 2");
        });
    }

    // ---- when it fails itself

    @Test
    void aFailureInTheFallbackCarriesTheFirstAsSuppressed() {
        Fallback<String> fallback = Fallback.ofFunction(failure -> {
            throw new IllegalStateException("fallback");
        });
        scenario(fallback).inEveryMode(run -> {
            CallReport<String> report = run.call(Script.failing(scripted));
            assertThat(report.failure(IllegalStateException.class)).hasMessage("fallback");
            assertThat(report.failure().getSuppressed()).containsExactly(scripted);
        });
    }

    @Test
    void anErrorInTheFallbackComesOutToo() {
        Fallback<String> fallback = Fallback.ofFunction(failure -> {
            throw new LinkageError("fallback");
        });
        scenario(fallback).inEveryMode(run -> run.call(Script.failing(scripted)).failedWith(LinkageError.class));
    }

    @Test
    void aFallbackThatThrowsTheFailureItselfSuppressesNothing() {
        RuntimeException same = new IllegalStateException("same");
        Fallback<String> fallback = Fallback.ofFunction(failure -> {
            throw (RuntimeException) failure;
        });
        scenario(fallback).inEveryMode(run -> {
            run.failingWith(same);
            assertThat(same.getSuppressed()).isEmpty();
        });
    }

    // ---- the last good result

    private static Scenario<Fixture> lastGood() {
        return Scenario.named("last good")
                .with(
                        Fixture.of(time -> Fallback.<String>builder()
                                .lastGood(ofSeconds(10))
                                .timeSource(time)
                                .build()),
                        Fixture::guard);
    }

    @Test
    void theLastGoodResultServesUntilItsAgeAndNotBeyond() {
        lastGood().inEveryMode(run -> {
            run.call(Script.succeeding("good")).returned("good");
            run.after(ofSeconds(10));
            run.call(Script.failing(scripted)).returned("good");
            run.after(Duration.ofNanos(1));
            run.failingWith(scripted);
            run.call(Script.succeeding("better")).returned("better");
            run.call(Script.failing(scripted)).returned("better");
        });
    }

    @Test
    void withoutAGoodResultTheFailureComesOut() {
        lastGood().inEveryMode(run -> {
            run.failingWith(scripted);
            run.call(Script.<String>succeeding(null)).returned(null);
            run.call(Script.<String>failing(scripted)).returned(null);
        });
    }

    @Test
    void anAnswerOfTheFallbackIsNotAGoodResult() {
        lastGood().inEveryMode(run -> {
            run.call(Script.succeeding("good")).returned("good");
            run.after(ofSeconds(6));
            run.call(Script.failing(scripted)).returned("good");
            run.after(ofSeconds(6));
            run.failingWith(scripted);
        });
    }

    @Test
    void theLastGoodResultComesAfterTheCases() {
        Scenario.named("cases first")
                .with(
                        Fixture.of(time -> Fallback.<String>builder()
                                .on(IOException.class, failure -> "io")
                                .lastGood(ofSeconds(10))
                                .timeSource(time)
                                .build()),
                        Fixture::guard)
                .inEveryMode(run -> {
                    run.call(Script.succeeding("good")).returned("good");
                    run.call(Script.failing(scripted)).returned("io");
                    run.call(Script.failing(new IllegalStateException())).returned("good");
                });
    }

    // ---- inside a pipeline

    @Test
    void insideThePipelineItHidesTheFailureFromThePolicies() {
        VirtualTime time = VirtualTime.create();
        WaitingRoom room = new WaitingRoom(time, 1);
        Fallback<String> fallback = Fallback.of("instead");
        CheckedSupplier<String, IOException> failing = () -> {
            throw scripted;
        };
        ContextBody<String, IOException> failingInContext = context -> {
            throw scripted;
        };
        assertThatThrownBy(() -> room.call(failing)).isSameAs(scripted);
        assertThat(room.newVerdicts()).containsExactly(Verdict.ERROR);
        assertThatCodeGives(() -> room.call(fallback.decorate(failing)));
        assertThatCodeGives(() -> room.callWithContext(fallback.decorate(failingInContext)));
        assertThat(room.callAsync(fallback.decorateAsync(() -> CompletableFuture.<String>failedFuture(scripted))))
                .isCompletedWithValue("instead");
        assertThat(room.callAsyncWithContext(fallback.decorateAsync(context -> {
                    throw scripted;
                })))
                .isCompletedWithValue("instead");
        assertThat(room.newVerdicts()).hasSize(4).containsOnly(Verdict.SUCCESS);
    }

    private static void assertThatCodeGives(Callable<String> code) {
        try {
            assertThat(code.call()).isEqualTo("instead");
        } catch (Exception failure) {
            throw new AssertionError(failure);
        }
    }

    @Test
    void aNullStageInsideIsTakenToo() {
        Fallback<String> fallback = Fallback.<String>builder()
                .on(NullPointerException.class, Throwable::getMessage)
                .build();
        CompletableFuture<String> call =
                Pipeline.of("none").withFallback(fallback).callAsync(() -> (CompletableFuture<String>) null);
        assertThat(call).isCompletedWithValue("inside 'none', the body returned null instead of a stage");
    }

    // ---- cancels

    @Test
    void aCancelReachesTheCallAndIsNotTaken() {
        scenario(Fallback.of("instead")).onlyIn(Mode.ASYNC).inEveryMode(run -> {
            CallInFlight<String> call = run.begin(Script.<String>hanging());
            call.cancel();
            assertThat(call.body().cancels()).isEqualTo(1);
            assertThat(run.policy().room().inside()).isZero();
            call.end().failedWith(CancellationException.class);
            assertThat(run.time().pendingEvents()).isZero();
        });
    }

    // ---- the typed pipeline's own forms

    @Test
    void allFormsOfATypedPipelineFallBack() throws Exception {
        TypedPipeline<String> typed = Pipeline.of("none").withFallback(Fallback.of("instead"));
        assertThat(typed.call((CheckedSupplier<String, IOException>) () -> {
                    throw scripted;
                }))
                .isEqualTo("instead");
        assertThat(typed.get(() -> {
                    throw new IllegalStateException();
                }))
                .isEqualTo("instead");
        Callable<String> callable = () -> {
            throw scripted;
        };
        assertThat(typed.call(callable)).isEqualTo("instead");
        assertThat(typed.decorateCallable(callable).call()).isEqualTo("instead");
        assertThat(typed.decorateSupplier(() -> {
                            throw new IllegalStateException();
                        })
                        .get())
                .isEqualTo("instead");
        assertThat(typed.<Integer>decorateFunction(argument -> {
                            throw new IllegalStateException();
                        })
                        .apply(1))
                .isEqualTo("instead");
        assertThat(typed.<IOException>decorateCheckedSupplier(() -> {
                            throw scripted;
                        })
                        .call())
                .isEqualTo("instead");
        assertThat(typed.<IOException>submit(Runnable::run, () -> {
                    throw scripted;
                }))
                .isCompletedWithValue("instead");
        assertThat(typed.decorateCompletionStage(() -> CompletableFuture.<String>failedFuture(scripted))
                        .get())
                .isCompletedWithValue("instead");
        assertThat(typed.decorateCompletionStage(() -> (CompletableFuture<String>) null)
                        .get())
                .isCompletedWithValue("instead");
    }

    @Test
    void theResultThatTheCallerOfRunDoesNotUseIsTheLastGoodOne() throws Exception {
        TypedPipeline<String> typed = Pipeline.of("none").withFallback(Fallback.lastGood(ofSeconds(10)));
        typed.run(() -> "good");
        typed.run((CheckedSupplier<String, IOException>) () -> {
            throw scripted;
        });
        assertThat(typed.call((CheckedSupplier<String, IOException>) () -> {
                    throw scripted;
                }))
                .isEqualTo("good");
    }

    @Test
    void aNullBodyIsRejectedBeforeTheFallback() {
        TypedPipeline<String> typed = Pipeline.of("none").withFallback(Fallback.of("instead"));
        assertThatThrownBy(() -> typed.call((CheckedSupplier<String, IOException>) null))
                .isInstanceOf(NullPointerException.class)
                .hasMessage("body must not be null");
        assertThatThrownBy(() -> typed.get(null)).hasMessage("body must not be null");
        assertThatThrownBy(() -> Pipeline.of("none").withFallback((Fallback<String>) null))
                .hasMessage("fallback must not be null");
    }

    @Test
    void optionsAreChecked() {
        assertThatThrownBy(() -> Fallback.<String>builder().build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("fallback is empty but must be at least one case or a last good value");
        assertThatThrownBy(() -> Fallback.lastGood(Duration.ZERO))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("maxAge is PT0S but must be a duration above zero");
        assertThatThrownBy(() -> Fallback.ofSupplier(null)).hasMessage("supplier must not be null");
        assertThatThrownBy(() -> Fallback.ofFunction(null)).hasMessage("function must not be null");
    }
}
