package dev.mainstay.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.ContextCarrier;
import dev.mainstay.Fallback;
import dev.mainstay.Pipeline;
import dev.mainstay.PolicyAccess;
import dev.mainstay.TimeLimiter;
import dev.mainstay.TypedPipeline;
import dev.mainstay.backoff.Backoff;
import dev.mainstay.breaker.CircuitBreaker;
import dev.mainstay.breaker.CircuitBreakerOpenException;
import dev.mainstay.bulkhead.Bulkhead;
import dev.mainstay.bulkhead.BulkheadFullException;
import dev.mainstay.call.CallContext;
import dev.mainstay.call.ContextKey;
import dev.mainstay.call.Idempotence;
import dev.mainstay.call.Priority;
import dev.mainstay.outcome.CallTimeoutException;
import dev.mainstay.outcome.Classifier;
import dev.mainstay.outcome.Outcome;
import dev.mainstay.outcome.Rejection;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.outcome.Verdict;
import dev.mainstay.ratelimit.RateLimit;
import dev.mainstay.ratelimit.RateLimiter;
import dev.mainstay.retry.Retry;
import dev.mainstay.time.Deadline;
import dev.mainstay.time.TimeSource;
import dev.mainstay.time.VirtualTime;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.text.ParseException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class ComposingPageTest {

    private final VirtualTime time = VirtualTime.create();
    private final InventoryClient client = new InventoryClient(time);
    private final TimeLimiter limiter =
            TimeLimiter.of("inventory", config -> config.timeSource(time).timeoutDuration(Duration.ofMillis(300)));
    private final Pipeline inventory = Pipeline.of("inventory", limiter);

    @Test
    void recommended() throws Exception {
        Fallback<Stock> fallback = Fallback.of(Stock.unknown("sku-7"));
        // begin: recommended
        TimeLimiter whole = TimeLimiter.of("inventory", config -> config.timeoutDuration(Duration.ofSeconds(2)));
        Retry retry = Retry.ofDefaults("inventory");
        CircuitBreaker breaker = CircuitBreaker.ofDefaults("inventory");
        RateLimiter rate = RateLimiter.of("inventory", RateLimit.smooth(200, Duration.ofSeconds(1)));
        Bulkhead bulkhead = Bulkhead.ofDefaults("inventory");
        TimeLimiter attempt =
                TimeLimiter.of("inventory-attempt", config -> config.timeoutDuration(Duration.ofMillis(500)));

        TypedPipeline<Stock> inventory = Pipeline.of("inventory", whole, retry, breaker, rate, bulkhead, attempt)
                .withFallback(fallback);
        // end: recommended
        assertThat(inventory.call(() -> client.stockOf("sku-7")).pieces()).isEqualTo(7);
    }

    @Test
    void rejection() throws Exception {
        List<String> log = new ArrayList<>();
        Pipeline inventory = Pipeline.of("inventory", fullBulkhead());
        // begin: rejection
        Outcome<Stock> outcome = inventory.tryCall(() -> client.stockOf("sku-7"));
        Rejection rejection = outcome.rejection();
        if (rejection != null) {
            String who = rejection.policyName();
            RejectionReason why = rejection.reason();
            Duration wait = rejection.retryAfter();
            log.add(who + ": " + why + (wait == null ? "" : ", again in " + wait));
        }
        // end: rejection
        assertThat(log).containsExactly("inventory: FULL");
        assertThat(outcome.isRejected()).isTrue();
        assertThatThrownBy(outcome::get).isInstanceOf(BulkheadFullException.class);
        assertThat(Pipeline.of("empty").tryCall(() -> "ok").rejection()).isNull();
    }

    @Test
    void anOutcomeIsLikeAnOptional() throws Exception {
        Pipeline inventory = Pipeline.of("inventory", fullBulkhead());
        // begin: outcome
        Outcome<Stock> outcome = inventory.tryCall(() -> client.stockOf("sku-7"));
        int pieces = outcome.map(Stock::pieces).orElse(0);
        Stock stock = outcome.orElseApply(rejection -> Stock.unknown(rejection.policyName()));
        // end: outcome
        assertThat(pieces).isZero();
        assertThat(stock).isEqualTo(Stock.unknown("inventory"));
    }

    @Test
    void twoCheckedTypesBecomeTheOneThatTheyHaveInCommon() throws Exception {
        Stock stock = inventory.call(() -> {
            if (client.calls() > 0) {
                throw new TimeoutException();
            }
            return client.stockOf("sku-7");
        });
        assertThat(stock.pieces()).isEqualTo(7);
    }

    @Test
    void aRecordPredicateThatThrowsLeavesAFailureAFailure() {
        Classifier classifier = Classifier.builder()
                .recordException(failure -> {
                    throw new IllegalStateException("a predicate that throws");
                })
                .recordResult(result -> {
                    throw new IllegalStateException("a predicate that throws");
                })
                .build();
        assertThat(classifier.ofFailure(CallContext.plain(), new IOException())).isEqualTo(Verdict.ERROR);
        assertThat(classifier.ofResult(CallContext.plain(), "any")).isEqualTo(Verdict.SUCCESS);
    }

    @Test
    void classifier() {
        // begin: classifier
        Classifier classifier = Classifier.builder()
                .overloadExceptions(ServiceBusy.class)
                .ignoreExceptions(FileNotFoundException.class)
                .recordResult(result -> result instanceof Stock stock && stock.pieces() < 0)
                .build();
        CircuitBreaker breaker = CircuitBreaker.of("inventory", config -> config.classifier(classifier));
        Retry retry = Retry.of("inventory", config -> config.classifier(classifier));
        // end: classifier
        CallContext plain = CallContext.plain();
        assertThat(breaker.config().classifier()).isSameAs(retry.config().classifier());
        assertThat(classifier.ofFailure(plain, new ServiceBusy())).isEqualTo(Verdict.OVERLOAD);
        assertThat(classifier.ofFailure(plain, new FileNotFoundException())).isEqualTo(Verdict.IGNORED);
        assertThat(classifier.ofFailure(plain, new IOException())).isEqualTo(Verdict.ERROR);
        assertThat(classifier.ofResult(plain, Stock.unknown("sku-7"))).isEqualTo(Verdict.ERROR);
    }

    /** What a client might throw for status 503. */
    private static final class ServiceBusy extends IOException {

        private static final long serialVersionUID = 1L;
    }

    private Retry retry() {
        return Retry.of("inventory", config -> config.timeSource(time).backoff(Backoff.none()));
    }

    private CircuitBreaker breaker() {
        return CircuitBreaker.of("inventory", config -> config.timeSource(time).slidingWindowSize(4));
    }

    private Bulkhead fullBulkhead() {
        Bulkhead bulkhead =
                Bulkhead.of("inventory", config -> config.timeSource(time).maxConcurrentCalls(1));
        bulkhead.acquirePermit();
        return bulkhead;
    }

    @Test
    void insideARetryABreakerCountsEachAttempt() {
        CircuitBreaker breaker = breaker();
        client.failsTimes(10);
        Pipeline pipeline = Pipeline.of("inventory", retry(), breaker);

        assertThatThrownBy(() -> pipeline.call(() -> client.stockOf("sku-7"))).isInstanceOf(IOException.class);
        assertThat(breaker.tally().failures()).isEqualTo(3);
        assertThatThrownBy(() -> pipeline.call(() -> client.stockOf("sku-7")))
                .isInstanceOf(CircuitBreakerOpenException.class);
        assertThat(client.calls()).isEqualTo(4);
    }

    @Test
    void aroundARetryABreakerCountsOneOutcome() {
        CircuitBreaker breaker = breaker();
        client.failsTimes(3);

        assertThatThrownBy(() -> Pipeline.of("inventory", breaker, retry()).call(() -> client.stockOf("sku-7")))
                .isInstanceOf(IOException.class);
        assertThat(breaker.tally().failures()).isEqualTo(1);
    }

    @Test
    void aFullBulkheadIsNoFailureAndIsNotRetried() {
        CircuitBreaker breaker = breaker();
        Pipeline pipeline = Pipeline.of("inventory", retry(), breaker, fullBulkhead());

        assertThatThrownBy(() -> pipeline.call(() -> client.stockOf("sku-7")))
                .isInstanceOf(BulkheadFullException.class);
        assertThat(breaker.tally().calls()).isZero();
        assertThat(client.calls()).isZero();
    }

    @Test
    void insideARetryATimeLimiterBoundsEachAttempt() {
        client.takes(Duration.ofSeconds(5));
        Retry retry = Retry.of("inventory", config -> config.timeSource(time).overloadBackoff(Backoff.none()));

        assertThatThrownBy(() -> Pipeline.of("inventory", retry, limiter).call(() -> client.stockOf("sku-7")))
                .isInstanceOf(CallTimeoutException.class);
        assertThat(client.calls()).isEqualTo(3);
        assertThat(time.elapsed()).isEqualTo(Duration.ofMillis(900));
    }

    @Test
    void aroundARetryATimeLimiterBoundsAllAttempts() {
        client.takes(Duration.ofMillis(200)).failsTimes(10);

        assertThatThrownBy(() -> Pipeline.of("inventory", limiter, retry()).call(() -> client.stockOf("sku-7")))
                .isInstanceOf(CallTimeoutException.class);
        assertThat(client.calls()).isEqualTo(2);
        assertThat(time.elapsed()).isEqualTo(Duration.ofMillis(300));
    }

    @Test
    void aCallThatTimesOutInLineLeavesIt() {
        Bulkhead bulkhead = Bulkhead.of(
                "inventory",
                config -> config.timeSource(time).maxConcurrentCalls(1).maxWaitDuration(Duration.ofSeconds(9)));
        bulkhead.acquirePermit();

        CompletableFuture<Stock> call =
                Pipeline.of("inventory", limiter, bulkhead).callAsync(() -> client.stockOfAsync("sku-7"));
        assertThat(bulkhead.queued()).isEqualTo(1);
        time.advance(Duration.ofMillis(300));
        assertThat(call).isCompletedExceptionally();
        assertThat(bulkhead.queued()).isZero();
    }

    @Test
    void eachAttemptTakesAPermitOfTheRateLimiterInside() {
        RateLimiter rate = RateLimiter.of(
                "inventory",
                config -> config.timeSource(time).limitForPeriod(10).limitRefreshPeriod(Duration.ofSeconds(1)));
        client.failsTimes(3);

        assertThatThrownBy(() -> Pipeline.of("inventory", retry(), rate).call(() -> client.stockOf("sku-7")))
                .isInstanceOf(IOException.class);
        assertThat(rate.remaining()).isEqualTo(7);
    }

    @Test
    void twoExceptions() throws IOException, InterruptedException, ParseException {
        // begin: twoExceptions
        // IOException and InterruptedException, as HttpClient.send throws them
        Stock sent = inventory.callInterruptibly(() -> client.send("sku-7"));
        // any two
        Stock parsed =
                inventory.throwing(IOException.class, ParseException.class).call(() -> client.parse("sku-7"));
        // end: twoExceptions
        assertThat(List.of(sent, parsed)).containsOnly(sent).hasSize(2);
    }

    @Test
    void forms() throws Exception {
        Executor executor = Runnable::run;
        // begin: forms
        Stock stock = inventory.call(() -> client.stockOf("sku-7"));
        Stock bounded = inventory.callWithContext(ctx -> client.stockOf("sku-7", ctx.remaining()));
        String text = inventory.get(() -> "nothing checked is thrown here");
        inventory.run(() -> client.stockOf("sku-7"));
        Outcome<Stock> outcome = inventory.tryCall(() -> client.stockOf("sku-7"));
        CompletableFuture<Stock> async = inventory.callAsync(() -> client.stockOfAsync("sku-7"));
        CompletableFuture<Stock> submitted = inventory.submit(executor, () -> client.stockOf("sku-7"));
        Supplier<CompletableFuture<Stock>> decorated =
                inventory.decorateCompletionStage(() -> client.stockOfAsync("sku-7"));
        // end: forms
        assertThat(List.of(
                        stock,
                        bounded,
                        outcome.get(),
                        async.join(),
                        submitted.join(),
                        decorated.get().join()))
                .containsOnly(new Stock("sku-7", 7));
        assertThat(text).isNotEmpty();
        assertThat(client.calls()).isEqualTo(7);
    }

    @Test
    void nested() throws IOException {
        TimeLimiter whole = TimeLimiter.of("whole", config -> config.timeSource(time));
        Pipeline attempt = Pipeline.of("attempt", limiter);
        // begin: nested
        Pipeline call = Pipeline.of("call", whole, attempt);
        // end: nested
        assertThat(call.call(() -> client.stockOf("sku-7")).pieces()).isEqualTo(7);
        assertThat(call.explain()).isEqualTo("'call': 'whole' gives a call 1s; 'inventory' gives a call 300ms");
    }

    @Test
    void builder() throws Exception {
        ContextCarrier carrier = ContextCarrier.none();
        Executor executor = Runnable::run;
        // begin: builder
        Pipeline pipeline = Pipeline.builder("inventory")
                .policies(limiter)
                .executor(executor)
                .contextCarrier(carrier)
                .timed(true)
                .build();
        // end: builder
        assertThat(pipeline.call(() -> client.stockOf("sku-7")).pieces()).isEqualTo(7);
        assertThat(PolicyPage.metersOf(pipeline)).containsKey("pipeline.calls");
    }

    @Test
    void mdc() throws Exception {
        // begin: carrier
        ThreadLocal<String> requestId = new ThreadLocal<>();
        ContextCarrier carrier = () -> {
            String id = requestId.get();
            return () -> {
                String before = requestId.get();
                requestId.set(id);
                return () -> requestId.set(before);
            };
        };
        // end: carrier
        requestId.set("r-1");
        ContextCarrier.Snapshot snapshot = carrier.capture();
        requestId.set("r-2");
        ContextCarrier.Restore restore = snapshot.open();
        assertThat(requestId.get()).isEqualTo("r-1");
        restore.close();
        assertThat(requestId.get()).isEqualTo("r-2");
    }

    @Test
    void cancel() {
        client.takes(Duration.ofMillis(100));
        // begin: cancel
        CompletableFuture<Stock> stock = inventory.callAsync(() -> client.stockOfAsync("sku-7"));
        stock.cancel(true);
        // end: cancel
        assertThatThrownBy(stock::join).isInstanceOf(CancellationException.class);
    }

    @Test
    void context() throws IOException {
        String tenant = "acme";
        // begin: context
        Stock stock = inventory
                .with(ctx -> ctx.key(tenant)
                        .priority(Priority.HIGH)
                        .idempotent(Idempotence.YES)
                        .deadline(Deadline.after(Duration.ofSeconds(2))))
                .call(() -> client.stockOf("sku-7"));
        // end: context
        assertThat(stock.pieces()).isEqualTo(7);
    }

    // begin: attribute
    static final ContextKey<String> TENANT = ContextKey.of("tenant", String.class);
    // end: attribute

    @Test
    void attributes() {
        List<String> seen = new ArrayList<>();
        // begin: attribute-use
        inventory
                .with(ctx -> ctx.with(TENANT, "acme"))
                .run(() -> seen.add(CallContext.current().get(TENANT)));
        // end: attribute-use
        assertThat(seen).containsExactly("acme");
    }

    @Test
    void deadlinesAreInherited() throws IOException {
        TimeLimiter outer = TimeLimiter.of("request", config -> config.timeSource(time));
        Pipeline prices = Pipeline.of("prices");
        // begin: inherited
        outer.call(() -> {
            Stock stock = inventory.call(() -> client.stockOf("sku-7"));
            return prices.callWithContext(ctx -> "at most " + ctx.remaining() + " left for the price of " + stock);
        });
        // end: inherited
        Duration left = outer.call(() -> inventory.call(() -> {
            client.takes(Duration.ofMillis(100)).stockOf("sku-7");
            return prices.callWithContext(CallContext::remaining);
        }));
        assertThat(left).isEqualTo(Duration.ofMillis(200));
    }

    @Test
    void aDeadlineThatTheCallerSetInterruptsNothing() throws IOException {
        client.takes(Duration.ofMillis(250));

        assertThat(inventory
                        .with(ctx -> ctx.deadline(Deadline.after(Duration.ofMillis(200), time)))
                        .call(() -> client.stockOf("sku-7"))
                        .pieces())
                .isEqualTo(7);
    }

    @Test
    void fallbackOutsideAndInside() throws IOException {
        Fallback<Stock> fallback = Fallback.of(Stock.unknown("sku-7"));
        // begin: fallbacks
        TypedPipeline<Stock> withFallback = inventory.withFallback(fallback);
        Stock outside = withFallback.call(() -> client.stockOf("sku-7"));

        Stock inside = inventory.call(fallback.decorate(() -> client.stockOf("sku-7")));
        // end: fallbacks
        assertThat(outside).isEqualTo(inside);
        client.takes(Duration.ofSeconds(1));
        assertThat(withFallback.call(() -> client.stockOf("sku-7"))).isEqualTo(Stock.unknown("sku-7"));
        assertThatThrownBy(() -> inventory.call(fallback.decorate(() -> client.stockOf("sku-7"))))
                .isInstanceOf(CallTimeoutException.class);
    }

    @Test
    void policiesWithDifferentClocksAreRejected() {
        TimeLimiter real = TimeLimiter.ofDefaults("real");

        assertThat(PolicyAccess.timeSource(real)).isSameAs(TimeSource.system());
        assertThatThrownBy(() -> Pipeline.of("mixed", real, limiter))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("timeSource");
    }
}
