package dev.mainstay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.outcome.CallTimeoutException;
import dev.mainstay.time.TimedTask;
import dev.mainstay.time.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What happens in which order when an asynchronous call's time is up, whatever its stage and its listeners do. */
class WhenTheTimeIsUpTest {

    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration HOUR = Duration.ofHours(1);

    private final VirtualTime time = VirtualTime.create();
    private final List<@Nullable Object> discarded = new ArrayList<>();
    private final TimeLimiter limiter = TimeLimiter.of(
            "limit", c -> c.timeoutDuration(SECOND).onDiscard(discarded::add).timeSource(time));
    private final OnePlace gate = new OnePlace(time);
    private final List<String> steps = new ArrayList<>();

    /** A stage whose cancel does something first. */
    private static final class Hooked extends CompletableFuture<String> {

        private final Runnable atCancel;

        Hooked(Runnable atCancel) {
            this.atCancel = atCancel;
        }

        @Override
        public boolean cancel(boolean mayInterruptIfRunning) {
            atCancel.run();
            return super.cancel(mayInterruptIfRunning);
        }
    }

    private void in(Duration delay, Runnable action) {
        time.arm(
                new TimedTask() {
                    @Override
                    protected void fire() {
                        action.run();
                    }
                },
                delay.toNanos());
    }

    @Test
    void theStageIsCancelledAndInnerPermitsAreBackBeforeDependentsRunAndListenersHear() {
        CompletableFuture<String> stage = new CompletableFuture<>();
        stage.whenComplete((result, failure) -> steps.add("stage ends, taken " + gate.taken));
        limiter.subscribe(PolicyEvent.TimedOut.class, event -> steps.add("listener"));
        CompletableFuture<String> call = Pipeline.of("p", limiter, gate).callAsync(() -> stage);
        CompletableFuture<Void> dependent = call.handle(
                        (result, failure) -> steps.add("dependent, taken " + gate.taken))
                .thenAccept(ok -> {});
        time.advance(SECOND);
        assertThat(dependent).isCompleted();
        assertThat(steps).last().isEqualTo("listener");
        assertThat(steps).contains("dependent, taken false").doesNotContain("dependent, taken true");
        assertThat(steps.indexOf("dependent, taken false")).isGreaterThan(0);
        assertThat(stage).isCancelled();
        assertThat(time.pendingEvents()).isZero();
    }

    @Test
    void aListenerThatTakesItsTimeDelaysNobody() {
        limiter.subscribe(PolicyEvent.TimedOut.class, event -> sleep(HOUR));
        List<Duration> ended = new ArrayList<>();
        limiter.callAsync(CompletableFuture::new).handle((result, failure) -> ended.add(time.elapsed()));
        time.advance(SECOND);
        assertThat(ended).containsExactly(SECOND);
    }

    @Test
    void aListenerDoesNotKeepACallerWhoseBodyTookTooLongToGiveItsStage() {
        limiter.subscribe(PolicyEvent.TimedOut.class, event -> steps.add("listener"));
        CompletableFuture<String> call = limiter.callAsync(() -> {
            time.advance(SECOND);
            return CompletableFuture.completedFuture("late");
        });
        assertThat(call).isCompletedExceptionally();
        assertThat(steps).isEmpty();
        time.runDue();
        assertThat(steps).containsExactly("listener");
    }

    @Test
    void aCancelThatBlocksDelaysTheTimeoutByAMomentOnly() {
        List<Duration> ended = new ArrayList<>();
        limiter.callAsync(() -> new Hooked(() -> sleep(HOUR))).handle((result, failure) -> ended.add(time.elapsed()));
        time.advance(SECOND.multipliedBy(2));
        assertThat(ended).hasSize(1);
        assertThat(ended.get(0)).isBetween(SECOND, SECOND.plusMillis(10));
    }

    @Test
    void aCancelThatThrowsChangesNothing() {
        CompletableFuture<String> call = limiter.callAsync(() -> new Hooked(() -> {
            throw new AssertionError("a cancel that throws");
        }));
        time.advance(SECOND);
        assertThatThrownBy(call::join).hasCauseInstanceOf(CallTimeoutException.class);
    }

    @Test
    void aCancelByWhichTheStageGetsAValueDiscardsThatOnce() {
        List<CompletableFuture<String>> made = new ArrayList<>();
        CompletableFuture<String> call = limiter.callAsync(() -> {
            made.add(new Hooked(() -> made.get(0).complete("late")));
            return made.get(0);
        });
        time.advance(SECOND);
        assertThatThrownBy(call::join).hasCauseInstanceOf(CallTimeoutException.class);
        assertThat(discarded).containsExactly("late");
    }

    @Test
    void aResultOfTheSameInstantIsGivenOrDiscardedAndNeverBoth() {
        for (boolean stageFirst : new boolean[] {true, false}) {
            discarded.clear();
            CompletableFuture<String> stage = new CompletableFuture<>();
            if (stageFirst) {
                in(SECOND, () -> stage.complete("result"));
            }
            CompletableFuture<String> call = limiter.callAsync(() -> stage);
            if (!stageFirst) {
                in(SECOND, () -> stage.complete("result"));
            }
            time.advance(SECOND);
            if (call.isCompletedExceptionally()) {
                assertThat(discarded).containsExactly("result");
            } else {
                assertThat(call).isCompletedWithValue("result");
                assertThat(discarded).isEmpty();
            }
        }
    }

    @Test
    void hooksDoNotWaitForDependentsNorDependentsForHooks() {
        CompletableFuture<String> call = limiter.callAsyncWithContext(context -> {
            context.onCancel(() -> {
                steps.add("hook");
                sleep(HOUR);
            });
            return new CompletableFuture<>();
        });
        List<Duration> ended = new ArrayList<>();
        call.handle((result, failure) -> {
            ended.add(time.elapsed());
            sleep(HOUR);
            return null;
        });
        time.advance(SECOND.multipliedBy(2));
        assertThat(ended).hasSize(1);
        assertThat(ended.get(0)).isBetween(SECOND, SECOND.plusMillis(10));
        assertThat(steps).containsExactly("hook");
    }

    private void sleep(Duration duration) {
        try {
            time.sleep(duration.toNanos());
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
