package dev.mainstay.examples.demo;

import dev.mainstay.Pipeline;
import dev.mainstay.Policy;
import dev.mainstay.TimeLimiter;
import dev.mainstay.backoff.Backoff;
import dev.mainstay.backoff.RandomSource;
import dev.mainstay.breaker.CircuitBreaker;
import dev.mainstay.bulkhead.Bulkhead;
import dev.mainstay.outcome.Classifier;
import dev.mainstay.outcome.Verdict;
import dev.mainstay.retry.Retry;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The same attempts and timeout inside a Mainstay pipeline. From the outside in: retry with its budget, circuit
 * breaker, bulkhead, time limiter. So a retry must get past the breaker and find a free slot like everybody else, and
 * the breaker sees each timeout.
 */
final class MainstayArm implements Arm {
    /** The policies see responses, not exceptions: this one says what a 503 means. Anything else is as they know it. */
    private static final Classifier HTTP =
            Classifier.builder().classify(MainstayArm::verdictOf).build();

    /** Instead of the default of 30 s: whoever wants to be back within 10 s cannot wait that long. */
    static final Duration LONGEST_OPEN_WAIT = Duration.ofSeconds(4);

    private static final Backoff OPEN_WAIT =
            Backoff.exponential(Duration.ofSeconds(2)).upTo(LONGEST_OPEN_WAIT).jitter(0.5);

    private final InventoryClient client;
    private final Retry retry;
    private final CircuitBreaker breaker;
    private final Pipeline pipeline;

    /** The seed is for jitter. */
    MainstayArm(InventoryClient client, Attempts attempts, int maxConcurrentCalls, long seed) {
        this.client = client;
        this.retry = Retry.of(
                "inventory", c -> c.maxAttempts(attempts.max()).classifier(HTTP).random(RandomSource.seeded(seed)));
        this.breaker = CircuitBreaker.of(
                "inventory",
                c -> c.waitDurationInOpenState(OPEN_WAIT).classifier(HTTP).random(RandomSource.seeded(seed)));
        var bulkhead = Bulkhead.of("inventory", c -> c.maxConcurrentCalls(maxConcurrentCalls));
        var timeLimiter = TimeLimiter.of("inventory", c -> c.timeoutDuration(attempts.timeout()));
        this.pipeline = Pipeline.of("inventory", retry, breaker, bulkhead, timeLimiter);
    }

    @Override
    public CompletableFuture<HttpResponse<String>> fetch(String item) {
        return pipeline.callAsync(() -> client.fetch(item));
    }

    private static @Nullable Verdict verdictOf(@Nullable Object result, @Nullable Throwable failure) {
        return result instanceof HttpResponse<?> response && response.statusCode() == 503 ? Verdict.OVERLOAD : null;
    }

    @Override
    public Optional<BreakerState> breakerState() {
        return Optional.of(
                switch (breaker.state()) {
                    case CLOSED, DISABLED, METRICS_ONLY -> BreakerState.CLOSED;
                    case HALF_OPEN -> BreakerState.HALF_OPEN;
                    case OPEN, FORCED_OPEN -> BreakerState.OPEN;
                });
    }

    @Override
    public OptionalDouble retryBudget() {
        return OptionalDouble.of(retry.budget().tokens());
    }

    @Override
    public List<String> explain() {
        return pipeline.policies().stream().map(Policy::explain).toList();
    }
}
