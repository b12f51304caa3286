package dev.mainstay.scenarios;

import static dev.mainstay.testkit.MainstayAssertions.assertThat;
import static dev.mainstay.testkit.MainstayAssertions.assertThatThrownBy;
import static java.time.Duration.ofHours;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;

import dev.mainstay.Fallback;
import dev.mainstay.Pipeline;
import dev.mainstay.TimeLimiter;
import dev.mainstay.TypedPipeline;
import dev.mainstay.call.CallContext;
import dev.mainstay.call.CheckedSupplier;
import dev.mainstay.outcome.CallTimeoutException;
import dev.mainstay.testkit.CallInFlight;
import dev.mainstay.testkit.CallReport;
import dev.mainstay.testkit.Mode;
import dev.mainstay.testkit.Scenario;
import dev.mainstay.testkit.Script;
import dev.mainstay.testkit.ScriptedCall;
import dev.mainstay.time.Deadline;
import dev.mainstay.time.TimedTask;
import dev.mainstay.time.VirtualTime;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

/** A fallback whose answer comes later, in a stage. */
class FallbackStageTest {

    private final IOException scripted = new IOException("scripted");

    /** A fallback that answers as its script says, around a pipeline whose calls may have a deadline. */
    private record Fixture(VirtualTime time, ScriptedCall<String> answer, Duration deadline) {

        static Scenario<Fixture> scenario(Script<String> answer) {
            return scenario(answer, ofHours(1));
        }

        static Scenario<Fixture> scenario(Script<String> answer, Duration deadline) {
            return Scenario.named("fallback with a stage")
                    .with(time -> new Fixture(time, answer.on(time), deadline), Fixture::guard);
        }

        Fallback<String> fallback() {
            return Fallback.<String>builder()
                    .timeSource(time)
                    .onAsync(Exception.class, failure -> stage())
                    .build();
        }

        private CompletionStage<String> stage() {
            try {
                return answer.async().in(CallContext.current());
            } catch (Exception impossible) {
                throw new AssertionError(impossible);
            }
        }

        TypedGuard guard() {
            return new TypedGuard(Pipeline.of("none")
                    .with(ctx -> ctx.deadline(Deadline.after(deadline, time)))
                    .withFallback(fallback()));
        }

        void interruptAfter(Duration duration) {
            Thread thread = Thread.currentThread();
            time.arm(
                    new TimedTask() {
                        @Override
                        protected void fire() {
                            thread.interrupt();
                        }
                    },
                    duration.toNanos());
        }
    }

    private static Script<String> later() {
        return Script.<String>of().hang(ofSeconds(1)).succeed("later");
    }

    @Test
    void theCallEndsAsTheStageDoes() {
        Fixture.scenario(later()).inEveryMode(run -> {
            run.succeeding(1);
            run.call(Script.failing(scripted)).returned("later").afterTime(ofSeconds(1));
            assertThat(run.policy().answer().executions()).isEqualTo(1);
            assertThat(run.time().pendingEvents()).isZero();
        });
    }

    @Test
    void aStageMayBeCompleteAlready() {
        Fallback<String> fallback = Fallback.ofStage(failure -> CompletableFuture.completedFuture("at once"));
        Scenario.named("complete stage")
                .with(time -> Pipeline.of("none"), none -> new TypedGuard(none.withFallback(fallback)))
                .inEveryMode(run -> run.call(Script.failing(scripted)).returned("at once"));
    }

    @Test
    void seesTheContext() {
        Fallback<String> fallback = Fallback.ofStageWithContext(
                (failure, context) -> CompletableFuture.completedFuture("for " + context.key()));
        Scenario.named("context")
                .with(
                        time -> Pipeline.of("none"),
                        none -> new TypedGuard(
                                none.with(ctx -> ctx.key("sku-7")).withFallback(fallback)))
                .inEveryMode(run -> run.call(Script.failing(scripted)).returned("for sku-7"));
    }

    @Test
    void theFirstCaseThatMatchesAnswersBeItAtOnceOrLater() {
        Fallback<String> fallback = Fallback.<String>builder()
                .on(FileNotFoundException.class, failure -> "not found")
                .onAsyncWithContext(IOException.class, (failure, context) -> CompletableFuture.completedFuture("stage"))
                .otherwise(failure -> "rest")
                .build();
        Scenario.named("cases")
                .with(time -> Pipeline.of("none"), none -> new TypedGuard(none.withFallback(fallback)))
                .inEveryMode(run -> {
                    run.call(Script.failing(new FileNotFoundException())).returned("not found");
                    run.call(Script.failing(scripted)).returned("stage");
                    run.call(Script.failing(new IllegalStateException())).returned("rest");
                });
    }

    // ---- when it fails itself

    @Test
    void aFailureOfTheStageComesOutWithTheFirstSuppressed() {
        Fixture.scenario(Script.<String>of().hang(ofSeconds(1)).fail(() -> new IllegalStateException("stage")))
                .inEveryMode(run -> {
                    CallReport<String> report = run.call(Script.failing(scripted));
                    assertThat(report.failure(IllegalStateException.class)).hasMessage("stage");
                    assertThat(report.failure().getSuppressed()).containsExactly(scripted);
                    report.afterTime(ofSeconds(1));
                });
    }

    @Test
    void aFailureThatIsWrappedComesOutItself() {
        Fallback<String> fallback = Fallback.ofStage(
                failure -> CompletableFuture.failedFuture(new CompletionException(new FileNotFoundException("stage"))));
        Scenario.named("wrapped")
                .with(time -> Pipeline.of("none"), none -> new TypedGuard(none.withFallback(fallback)))
                .inEveryMode(run -> {
                    CallReport<String> report = run.call(Script.failing(scripted));
                    assertThat(report.failure(FileNotFoundException.class)).hasMessage("stage");
                    assertThat(report.failure().getSuppressed()).containsExactly(scripted);
                });
    }

    @Test
    void aFunctionThatThrowsOrGivesNoStageFails() {
        Fallback<String> fallback = Fallback.<String>builder()
                .onAsync(IOException.class, failure -> {
                    throw new LinkageError("function");
                })
                .onAsync(Exception.class, failure -> null)
                .build();
        Scenario.named("no stage")
                .with(time -> Pipeline.of("none"), none -> new TypedGuard(none.withFallback(fallback)))
                .inEveryMode(run -> {
                    CallReport<String> thrown = run.call(Script.failing(scripted));
                    assertThat(thrown.failure(LinkageError.class)).hasMessage("function");
                    assertThat(thrown.failure().getSuppressed()).containsExactly(scripted);
                    assertThat(run.call(Script.<String>failing(new IllegalStateException()))
                                    .failure(NullPointerException.class))
                            .hasMessage("the stage that a fallback gives must not be null");
                });
    }

    @Test
    void neverForErrorsInterruptsAndCancellations() {
        Fixture.scenario(Script.succeeding("never")).inEveryMode(run -> {
            run.failingWith(new NoClassDefFoundError("scripted"));
            run.failingWith(new InterruptedException("scripted"));
            run.failingWith(new CancellationException("scripted"));
            assertThat(run.policy().answer().executions()).isZero();
        });
    }

    // ---- asynchronous calls

    @Test
    void aCancelReachesTheStage() {
        Fixture.scenario(Script.hanging()).onlyIn(Mode.ASYNC).inEveryMode(run -> {
            CallInFlight<String> call =
                    run.begin(Script.<String>of().hang(ofSeconds(1)).fail(scripted));
            run.after(ofSeconds(2));
            assertThat(run.policy().answer().running()).isEqualTo(1);
            call.cancel();
            assertThat(run.policy().answer().cancels()).isEqualTo(1);
            call.end().failedWith(CancellationException.class);
            assertThat(run.time().pendingEvents()).isZero();
        });
    }

    @Test
    void aCancelBeforeTheFailureBeginsNoStage() {
        Fixture.scenario(Script.succeeding("never")).onlyIn(Mode.ASYNC).inEveryMode(run -> {
            CallInFlight<String> call = run.begin(Script.<String>hanging());
            call.cancel();
            call.end().failedWith(CancellationException.class);
            assertThat(run.policy().answer().executions()).isZero();
        });
    }

    @Test
    void aCancelWhileTheFunctionRunsReachesTheStageThatItGives() {
        CompletableFuture<String> body = new CompletableFuture<>();
        CompletableFuture<String> stage = new CompletableFuture<>();
        CompletableFuture<CompletableFuture<String>> call = new CompletableFuture<>();
        TypedPipeline<String> typed = Pipeline.of("none").withFallback(Fallback.<String>ofStage(failure -> {
            assertThat(call.join().cancel(true)).isTrue();
            return stage;
        }));
        call.complete(typed.callAsync(() -> body));

        body.completeExceptionally(scripted);

        assertThat(stage).isCancelled();
        assertThat(call.join()).isCancelled();
    }

    @Test
    void aDecoratedAsynchronousBodyFollowsTheStage() {
        CompletableFuture<String> stage = new CompletableFuture<>();
        Fallback<String> fallback = Fallback.ofStage(failure -> stage);
        CompletableFuture<String> call = Pipeline.of("none")
                .callAsync(fallback.decorateAsync(() -> CompletableFuture.<String>failedFuture(scripted)));
        assertThat(call).isNotDone();
        stage.complete("later");
        assertThat(call).isCompletedWithValue("later");
    }

    @Test
    void aSubmittedCallBlocksNoThreadForTheStage() {
        CompletableFuture<String> stage = new CompletableFuture<>();
        CompletableFuture<String> call = Pipeline.of("none")
                .withFallback(Fallback.<String>ofStage(failure -> stage))
                .submit(Runnable::run, () -> {
                    throw scripted;
                });
        assertThat(call).isNotDone();
        stage.complete("later");
        assertThat(call).isCompletedWithValue("later");
    }

    // ---- synchronous calls

    @Test
    void theDeadlineEndsTheWaitWithTheFirstFailure() {
        Fixture.scenario(Script.hanging(), ofMillis(500))
                .onlyIn(Mode.SYNC, Mode.DECORATED)
                .inEveryMode(run -> {
                    run.call(Script.failing(scripted)).failedWith(scripted).afterTime(ofMillis(500));
                    assertThat(run.policy().answer().cancels()).isEqualTo(1);
                    assertThat(scripted.getSuppressed()).isEmpty();
                    assertThat(run.time().pendingEvents()).isZero();
                });
    }

    @Test
    void aDeadlineThatHasPassedLeavesNoTimeToWait() {
        Fixture.scenario(later(), ofMillis(500))
                .onlyIn(Mode.SYNC, Mode.DECORATED)
                .inEveryMode(
                        run -> run.call(Script.<String>of().hang(ofSeconds(1)).fail(scripted))
                                .failedWith(scripted)
                                .afterTime(ofSeconds(1)));
    }

    @Test
    void anInterruptEndsTheWaitWithTheFirstFailure() {
        Fixture.scenario(Script.hanging()).onlyIn(Mode.SYNC, Mode.DECORATED).inEveryMode(run -> {
            run.policy().interruptAfter(ofMillis(300));
            CallReport<String> report = run.call(Script.failing(scripted));
            report.afterTime(ofMillis(300)).leftInterrupt();
            assertThat(report.failure()).isSameAs(scripted);
            assertThat(run.policy().answer().cancels()).isEqualTo(1);
        });
    }

    @Test
    void anInterruptThatIsThereAlreadyEndsTheWaitAtOnce() {
        Fixture.scenario(Script.hanging()).onlyIn(Mode.SYNC, Mode.DECORATED).inEveryMode(run -> {
            CallReport<String> report = run.call(Script.<String>of()
                    .doing(() -> Thread.currentThread().interrupt())
                    .fail(scripted));
            report.afterTime(Duration.ZERO).leftInterrupt();
            assertThat(report.failure()).isSameAs(scripted);
        });
    }

    @Test
    void aTimeLimitAroundItEndsTheWaitOnTime() {
        VirtualTime time = VirtualTime.create();
        Fixture fixture = new Fixture(time, Script.<String>hanging().on(time), ofHours(1));
        TimeLimiter limiter = TimeLimiter.of("limit", config -> config.timeSource(time));
        CheckedSupplier<String, IOException> body = () -> {
            throw scripted;
        };

        assertThatThrownBy(() -> limiter.call(fixture.fallback().decorate(body)))
                .isInstanceOf(CallTimeoutException.class)
                .hasCause(scripted);

        assertThat(time.elapsed()).isEqualTo(ofSeconds(1));
        assertThat(fixture.answer().cancels()).isEqualTo(1);
        assertThat(Thread.interrupted()).isFalse();
    }

    /** On real threads: another one completes the stage. */
    @Test
    void aThreadThatWaitsIsWoken() {
        CompletableFuture<String> stage = new CompletableFuture<>();
        Thread caller = Thread.currentThread();
        Thread completer = new Thread(() -> {
            while (caller.getState() != Thread.State.WAITING) {
                Thread.onSpinWait();
            }
            stage.complete("later");
        });
        TypedPipeline<String> typed = Pipeline.of("none").withFallback(Fallback.<String>ofStage(failure -> {
            completer.start();
            return stage;
        }));

        assertThat(typed.get(() -> {
                    throw new IllegalStateException();
                }))
                .isEqualTo("later");
    }

    @Test
    void optionsAreChecked() {
        Fallback.Builder<String> builder = Fallback.builder();
        assertThatThrownBy(() -> builder.onAsync(null, failure -> null)).hasMessage("type must not be null");
        assertThatThrownBy(() -> builder.onAsync(Exception.class, null)).hasMessage("function must not be null");
        assertThatThrownBy(() -> builder.onAsyncWithContext(null, (failure, context) -> null))
                .hasMessage("type must not be null");
        assertThatThrownBy(() -> builder.onAsyncWithContext(Exception.class, null))
                .hasMessage("function must not be null");
        assertThatThrownBy(() -> builder.onWithContext(null, (failure, context) -> null))
                .hasMessage("type must not be null");
        assertThatThrownBy(() -> builder.onWithContext(Exception.class, null)).hasMessage("function must not be null");
        assertThatThrownBy(() -> Fallback.ofStage(null)).hasMessage("function must not be null");
    }
}
