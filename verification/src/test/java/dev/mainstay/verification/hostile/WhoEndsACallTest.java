package dev.mainstay.verification.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.Guard;
import dev.mainstay.Pipeline;
import dev.mainstay.Policy;
import dev.mainstay.PolicyEvent;
import dev.mainstay.TimeLimiter;
import dev.mainstay.backoff.Backoff;
import dev.mainstay.breaker.CircuitBreaker;
import dev.mainstay.bulkhead.Bulkhead;
import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.ratelimit.RateLimit;
import dev.mainstay.ratelimit.RateLimiter;
import dev.mainstay.retry.Retry;
import dev.mainstay.time.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Of the end of the body, the end of the time and the caller's word, one decides how an asynchronous call ends. What
 * the call had taken is back before its dependents run, but not before the body has ended.
 */
@Timeout(60)
class WhoEndsACallTest {

    private static final Duration LIMIT = Duration.ofMillis(100);

    private final VirtualTime time = VirtualTime.create();
    private final Bulkhead bulkhead = Bulkhead.of(
            "bulkhead",
            c -> c.maxConcurrentCalls(1).maxWaitDuration(Duration.ofSeconds(5)).timeSource(time));
    private final RateLimiter limiter = RateLimiter.of(
            "rate",
            c -> c.limit(RateLimit.smooth(1, Duration.ofSeconds(1)))
                    .timeoutDuration(Duration.ofSeconds(5))
                    .timeSource(time));
    private final CircuitBreaker breaker = CircuitBreaker.of(
            "breaker",
            c -> c.permittedNumberOfCallsInHalfOpenState(1)
                    .waitDurationInOpenState(Duration.ofSeconds(1))
                    .timeSource(time));
    private final Retry retry = Retry.of(
            "retry",
            c -> c.maxAttempts(3).backoff(Backoff.fixed(Duration.ofSeconds(1))).timeSource(time));
    private final List<Object> discarded = new ArrayList<>();
    private final TimeLimiter timeLimiter = TimeLimiter.of(
            "time", c -> c.timeoutDuration(LIMIT).onDiscard(discarded::add).timeSource(time));

    /** A stage that goes on when it is cancelled. */
    private static final class Deaf extends CompletableFuture<String> {

        @Override
        public boolean cancel(boolean mayInterruptIfRunning) {
            return false;
        }
    }

    enum Word {
        CANCEL,
        COMPLETE,
        COMPLETE_EXCEPTIONALLY;

        void say(CompletableFuture<String> call) {
            boolean said = switch (this) {
                case CANCEL -> call.cancel(true);
                case COMPLETE -> call.complete("outside");
                case COMPLETE_EXCEPTIONALLY -> call.completeExceptionally(new IOException());
            };
            assertThat(said).isTrue();
        }
    }

    /** Calls in every phase, the caller of which ends them; and whether what they had taken is back. */
    private void endsInEveryPhase(Word word, Guard guard, BooleanSupplier free, CompletableFuture<String> stage) {
        AtomicInteger bodies = new AtomicInteger();
        CompletableFuture<String> call = guard.callAsync(() -> {
            bodies.incrementAndGet();
            return stage;
        });
        int begun = bodies.get();
        assertThat(free.getAsBoolean()).as("nothing was taken").isFalse();
        List<Boolean> freed = new ArrayList<>();
        call.whenComplete((result, failure) -> freed.add(free.getAsBoolean()));
        word.say(call);
        assertThat(freed).as("free when dependents run").containsExactly(true);
        time.advance(Duration.ofSeconds(20));
        assertThat(bodies.get()).as("nothing begins afterwards").isEqualTo(begun);
    }

    @ParameterizedTest
    @EnumSource
    void inProgress(Word word) {
        CompletableFuture<String> stage = new CompletableFuture<>();
        endsInEveryPhase(
                word,
                Pipeline.of("p", retry, breaker, limiter, bulkhead, timeLimiter),
                () -> bulkhead.inUse() == 0 && stage.isCancelled(),
                stage);
    }

    @ParameterizedTest
    @EnumSource
    void inLine(Word word) {
        bulkhead.callAsync(CompletableFuture::new);
        endsInEveryPhase(
                word,
                Pipeline.of("p", timeLimiter, retry, breaker, bulkhead),
                () -> bulkhead.queued() == 0,
                new CompletableFuture<>());
    }

    @ParameterizedTest
    @EnumSource
    void waitingForAPermit(Word word) {
        limiter.run(() -> {});
        endsInEveryPhase(
                word,
                Pipeline.of("p", bulkhead, limiter),
                () -> bulkhead.inUse() == 0 && limiter.retryAfter().compareTo(Duration.ofSeconds(1)) <= 0,
                new CompletableFuture<>());
    }

    @ParameterizedTest
    @EnumSource
    void betweenAttempts(Word word) {
        endsInEveryPhase(
                word,
                Pipeline.of("p", bulkhead, retry),
                () -> bulkhead.inUse() == 0,
                CompletableFuture.failedFuture(new IOException()));
    }

    @ParameterizedTest
    @EnumSource
    void asAProbe(Word word) {
        breaker.transitionToOpenState();
        time.advance(Duration.ofSeconds(1));
        endsInEveryPhase(
                word,
                Pipeline.of("p", breaker, retry),
                () -> !breaker.callAsync(CompletableFuture::new).isDone(),
                new CompletableFuture<>());
    }

    private static Stream<List<String>> insides() {
        return Stream.of(
                List.of(),
                List.of("bulkhead"),
                List.of("retry"),
                List.of("breaker"),
                List.of("rate"),
                List.of("pipeline"),
                List.of("retry", "breaker", "rate", "bulkhead"));
    }

    private Policy[] policies(Policy outermost, Policy next, List<String> inside) {
        List<Policy> policies = new ArrayList<>(List.of(outermost, next));
        for (String name : inside) {
            policies.add(
                    switch (name) {
                        case "bulkhead" ->
                            Bulkhead.of("inside", c -> c.maxConcurrentCalls(1).timeSource(time));
                        case "retry" -> retry;
                        case "breaker" -> breaker;
                        case "rate" -> limiter;
                        default ->
                            Pipeline.of(
                                    "nested",
                                    Bulkhead.of("nested", c -> c.timeSource(time)),
                                    Retry.of("nested", c -> c.timeSource(time)));
                    });
        }
        return policies.toArray(Policy[]::new);
    }

    /** Whatever is inside of a limiter, a late result is discarded once, and the slot around it is held so long. */
    @ParameterizedTest
    @MethodSource("insides")
    void aBodyThatGoesOnAfterItsTimeKeepsItsSlotAndHasItsResultDiscarded(List<String> inside) {
        Deaf stage = new Deaf();
        CompletableFuture<String> call =
                Pipeline.of("p", policies(bulkhead, timeLimiter, inside)).callAsync(() -> stage);
        time.advance(LIMIT);
        assertThat(call).isCompletedExceptionally();
        assertThat(bulkhead.inUse()).isOne();
        stage.complete("late");
        assertThat(bulkhead.inUse()).isZero();
        assertThat(discarded).containsExactly("late");
    }

    @ParameterizedTest
    @MethodSource("insides")
    void aBodyThatGoesOnAfterACancelKeepsItsSlotAndHasItsResultDiscarded(List<String> inside) {
        Deaf stage = new Deaf();
        CompletableFuture<String> call =
                Pipeline.of("p", policies(bulkhead, timeLimiter, inside)).callAsync(() -> stage);
        assertThat(call.cancel(true)).isTrue();
        time.advance(LIMIT);
        assertThat(bulkhead.inUse()).isOne();
        stage.complete("late");
        assertThat(bulkhead.inUse()).isZero();
        assertThat(discarded).containsExactly("late");
    }

    @Test
    void whatTheLimiterHasDecidedTheCallerCannotChange() {
        List<PolicyEvent.TimedOut> told = new ArrayList<>();
        timeLimiter.subscribe(PolicyEvent.TimedOut.class, told::add);
        CompletableFuture<String> stage = new CompletableFuture<>();
        CompletableFuture<String> call = timeLimiter.callAsync(() -> stage);
        List<Boolean> said = new ArrayList<>();
        stage.whenComplete((result, failure) -> {
            said.add(call.complete("mine"));
            said.add(call.cancel(true));
        });
        time.advance(LIMIT);
        assertThat(said).containsExactly(false, false);
        assertThat(call).isCompletedExceptionally();
        assertThat(call.isCancelled()).isFalse();
        assertThat(told).hasSize(1);
    }

    @ParameterizedTest
    @EnumSource
    void whatTheCallerHasDecidedTheLimiterCannotChange(Word word) {
        List<PolicyEvent.TimedOut> told = new ArrayList<>();
        timeLimiter.subscribe(PolicyEvent.TimedOut.class, told::add);
        CompletableFuture<String> stage = new CompletableFuture<>();
        CompletableFuture<String> call = timeLimiter.callAsync(() -> stage);
        stage.whenComplete((result, failure) -> time.advance(LIMIT));
        call.whenComplete((result, failure) -> time.advance(LIMIT));
        word.say(call);
        assertThat(told).isEmpty();
    }

    @Test
    void aDependentThatJoinsTheNextInLineIsNotKeptWaiting() {
        CompletableFuture<String> first = bulkhead.callAsync(CompletableFuture::new);
        CompletableFuture<String> next = bulkhead.callAsync(() -> CompletableFuture.completedFuture("next"));
        CompletableFuture<String> after = first.handle((result, failure) -> {
            time.advance(Duration.ofMillis(1));
            return next.getNow("still in line");
        });
        first.cancel(true);
        assertThat(after).isCompletedWithValue("next");
        assertThat(bulkhead.inUse()).isZero();
    }

    @Test
    void aRejectionIsNoReasonToHoldAnything() {
        bulkhead.callAsync(CompletableFuture::new);
        CompletableFuture<String> call = Pipeline.of("p", timeLimiter, bulkhead).callAsync(CompletableFuture::new);
        time.advance(Duration.ofSeconds(10));
        assertThat(call).isCompletedExceptionally();
        assertThat(bulkhead.queued()).isZero();
        assertThat(call.handle((result, failure) -> failure).join()).isNotInstanceOf(CallRejectedException.class);
    }
}
