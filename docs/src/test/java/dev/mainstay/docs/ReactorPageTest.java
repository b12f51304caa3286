package dev.mainstay.docs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.Pipeline;
import dev.mainstay.TimeLimiter;
import dev.mainstay.backoff.Backoff;
import dev.mainstay.breaker.CircuitBreaker;
import dev.mainstay.outcome.CallTimeoutException;
import dev.mainstay.reactor.Guarded;
import dev.mainstay.reactor.ReactorContext;
import dev.mainstay.reactor.ReactorTime;
import dev.mainstay.retry.Retry;
import dev.mainstay.time.Deadline;
import dev.mainstay.time.TimeSource;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;

class ReactorPageTest {

    private final List<Duration> asked = new ArrayList<>();
    private int failures;

    /** A client as WebClient's would be. */
    private Mono<Stock> stockOf(String sku) {
        return Mono.defer(
                () -> failures-- > 0 ? Mono.error(new IOException("no answer")) : Mono.just(new Stock(sku, 7)));
    }

    private Mono<Stock> stockOf(String sku, Duration timeout) {
        asked.add(timeout);
        return stockOf(sku);
    }

    private Flux<Stock> allStock() {
        return stockOf("sku-7").flux();
    }

    @Test
    void usage() {
        failures = 1;
        // begin: usage
        Pipeline inventory = Pipeline.of(
                "inventory",
                TimeLimiter.of("inventory", c -> c.timeoutDuration(Duration.ofSeconds(2))),
                Retry.of("inventory", c -> c.backoff(Backoff.fixed(Duration.ofMillis(1)))),
                CircuitBreaker.ofDefaults("inventory"));

        Mono<Stock> stock = stockOf("sku-7").transform(Guarded.by(inventory));
        // end: usage
        StepVerifier.create(stock)
                .expectNext(new Stock("sku-7", 7))
                .expectComplete()
                .verify(Duration.ofSeconds(60));
    }

    @Test
    void fallback() {
        failures = 1;
        CircuitBreaker inventory = CircuitBreaker.ofDefaults("inventory");
        // begin: fallback
        Mono<Stock> stock = stockOf("sku-7").transform(Guarded.by(inventory.withFallback(Stock.unknown("sku-7"))));
        // end: fallback
        StepVerifier.create(stock).expectNext(Stock.unknown("sku-7")).verifyComplete();
    }

    @Test
    void flux() {
        Retry retry = Retry.ofDefaults("inventory");
        // begin: flux
        Flux<Stock> untilItsFirstItem = allStock().transform(Guarded.by(retry));
        Flux<Stock> atAnyTime = allStock().transform(Guarded.repeatingItemsBy(retry));
        // end: flux
        StepVerifier.create(untilItsFirstItem.concatWith(atAnyTime))
                .expectNextCount(2)
                .verifyComplete();
    }

    @Test
    void context() {
        CircuitBreaker inventory = CircuitBreaker.ofDefaults("inventory");
        // begin: context
        Mono<Stock> stock = Mono.deferContextual(view ->
                        stockOf("sku-7", ReactorContext.callContext(view).remaining()))
                .transform(Guarded.by(inventory))
                .contextWrite(ReactorContext.with(ctx -> ctx.deadline(Deadline.after(Duration.ofSeconds(2)))));
        // end: context
        StepVerifier.create(stock).expectNextCount(1).verifyComplete();
        assertThat(asked).singleElement().matches(left -> left.compareTo(Duration.ofSeconds(2)) <= 0);
    }

    @Test
    void key() {
        CircuitBreaker inventory = CircuitBreaker.ofDefaults("inventory");
        String tenant = "acme";
        // begin: key
        Mono<Stock> stock = stockOf("sku-7").transform(Guarded.by(inventory.with(ctx -> ctx.key(tenant))));
        // end: key
        StepVerifier.create(stock).expectNextCount(1).verifyComplete();
    }

    @Test
    void scheduler() {
        failures = 1;
        // begin: scheduler
        TimeSource time = ReactorTime.on(Schedulers.parallel());
        Retry retry = Retry.of("inventory", c -> c.timeSource(time));
        // end: scheduler
        StepVerifier.create(stockOf("sku-7")
                        .transform(Guarded.by(retry))
                        .map(stock -> Thread.currentThread().getName()))
                .expectNextMatches(thread -> thread.startsWith("parallel-"))
                .expectComplete()
                .verify(Duration.ofSeconds(60));
    }

    @Test
    void virtual() {
        // begin: virtual
        VirtualTimeScheduler scheduler = VirtualTimeScheduler.create();
        TimeLimiter limiter = TimeLimiter.of(
                "inventory", c -> c.timeoutDuration(Duration.ofHours(1)).timeSource(ReactorTime.virtual(scheduler)));

        StepVerifier.withVirtualTime(() -> Mono.never().transform(Guarded.by(limiter)), () -> scheduler, Long.MAX_VALUE)
                .thenAwait(Duration.ofHours(1))
                .verifyError(CallTimeoutException.class);
        // end: virtual
    }
}
