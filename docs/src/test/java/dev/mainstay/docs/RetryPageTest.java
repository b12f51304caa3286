package dev.mainstay.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.Pipeline;
import dev.mainstay.TimeLimiter;
import dev.mainstay.backoff.Backoff;
import dev.mainstay.backoff.RandomSource;
import dev.mainstay.call.CallContext;
import dev.mainstay.call.Idempotence;
import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.outcome.CallTimeoutException;
import dev.mainstay.outcome.Classifier;
import dev.mainstay.outcome.Rejection;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.outcome.Verdict;
import dev.mainstay.retry.Attempts;
import dev.mainstay.retry.RetriesExhaustedException;
import dev.mainstay.retry.Retry;
import dev.mainstay.retry.RetryBudget;
import dev.mainstay.retry.RetryConfig;
import dev.mainstay.retry.RetryEvent;
import dev.mainstay.time.VirtualTime;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

class RetryPageTest {

    private final VirtualTime time = VirtualTime.create();
    private final InventoryClient client = new InventoryClient(time);

    private Retry inVirtualTime(UnaryOperator<RetryConfig.Builder> options) {
        return Retry.of("inventory", config -> options.apply(config.timeSource(time)));
    }

    private Retry inVirtualTime(Retry retry) {
        return Retry.of(
                retry.name(), retry.config().toBuilder().timeSource(time).build());
    }

    @Test
    void thePageHasTheDefaultsAndMetersOfTheClass() {
        PolicyPage page = new PolicyPage("retry");
        Map<String, String> defaults = new TreeMap<>(PolicyPage.defaultsOf(RetryConfig.defaults()));
        // null stands for something that the page names
        assertThat(defaults.put("budget", "standard, its own")).isEqualTo("none");
        assertThat(defaults.put("random", "system")).isNotNull();

        assertThat(page.defaults()).isEqualTo(defaults);
        assertThat(page.meters()).isEqualTo(PolicyPage.metersOf(Retry.ofDefaults("inventory")));
    }

    @Test
    void usage() throws Exception {
        // begin: usage
        Retry retry = Retry.ofDefaults("inventory");

        Stock stock = retry.call(() -> client.stockOf("sku-7"));
        // end: usage
        assertThat(stock.pieces()).isEqualTo(7);
        client.failsTimes(2);
        assertThat(inVirtualTime(retry).call(() -> client.stockOf("sku-7"))).isEqualTo(stock);
        assertThat(client.calls()).isEqualTo(4);
    }

    @Test
    void async() throws Exception {
        client.failsTimes(2);
        Retry retry = inVirtualTime(config -> config);
        // begin: async
        CompletableFuture<Stock> stock = retry.callAsync(() -> client.stockOfAsync("sku-7"));
        // end: async
        assertThat(time.await(stock).pieces()).isEqualTo(7);
        assertThat(client.calls()).isEqualTo(3);
    }

    @Test
    void what() throws Exception {
        // begin: what
        Retry retry = Retry.of(
                "inventory",
                config -> config.retryExceptions(IOException.class).ignoreExceptions(FileNotFoundException.class));
        // end: what
        client.failsWith(new IOException("reset"), new FileNotFoundException("no such item"));
        assertThatThrownBy(() -> inVirtualTime(retry).call(() -> client.stockOf("sku-7")))
                .isInstanceOf(FileNotFoundException.class);
        assertThat(client.calls()).isEqualTo(2);
        assertThatThrownBy(() -> inVirtualTime(retry).get(() -> {
                    throw new IllegalStateException("a bug");
                }))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void result() {
        // begin: result
        Retry retry = Retry.of(
                "inventory",
                config -> config.retryOnResult(result -> result instanceof Stock stock && stock.pieces() < 0));
        // end: result
        assertThatThrownBy(() -> inVirtualTime(retry).get(() -> Stock.unknown("sku-7")))
                .isInstanceOfSatisfying(RetriesExhaustedException.class, exhausted -> {
                    assertThat(exhausted.attempts()).isEqualTo(3);
                    assertThat(exhausted.result()).isEqualTo(Stock.unknown("sku-7"));
                });
        Retry returning =
                inVirtualTime(config -> config.retryOnResult(result -> true).failAfterMaxAttempts(false));
        assertThat(returning.get(() -> "as it is")).isEqualTo("as it is");
    }

    @Test
    void backoffs() throws Exception {
        // begin: backoff
        Retry retry = Retry.of(
                "inventory",
                config -> config.maxAttempts(4)
                        .backoff(Backoff.exponential(Duration.ofMillis(100))
                                .upTo(Duration.ofSeconds(1))
                                .fullJitter())
                        .overloadBackoff(Backoff.exponential(Duration.ofSeconds(2))
                                .upTo(Duration.ofSeconds(10))
                                .equalJitter()));
        // end: backoff
        client.failsTimes(3);
        inVirtualTime(retry).call(() -> client.stockOf("sku-7"));
        assertThat(time.elapsed()).isBetween(Duration.ZERO, Duration.ofMillis(700));
    }

    @Test
    void theBackoffsOfTheTable() {
        RandomSource half = () -> 0.5;
        Backoff growing = Backoff.exponential(Duration.ofMillis(100));

        assertThat(delays(Backoff.none(), half)).containsExactly(0L, 0L, 0L);
        assertThat(delays(Backoff.fixed(Duration.ofMillis(100)), half)).containsExactly(100L, 100L, 100L);
        assertThat(delays(Backoff.linear(Duration.ofMillis(100), Duration.ofMillis(50)), half))
                .containsExactly(100L, 150L, 200L);
        assertThat(delays(growing, half)).containsExactly(100L, 200L, 400L);
        assertThat(delays(Backoff.exponential(Duration.ofMillis(100), 3), half)).containsExactly(100L, 300L, 900L);
        assertThat(delays(growing.upTo(Duration.ofMillis(300)), half)).containsExactly(100L, 200L, 300L);
        assertThat(delays(growing.fullJitter(), half)).containsExactly(50L, 100L, 200L);
        assertThat(delays(growing.equalJitter(), half)).containsExactly(75L, 150L, 300L);
        assertThat(delays(growing.jitter(0.2), half)).containsExactly(100L, 200L, 400L);
        assertThat(delays(Backoff.of(n -> Duration.ofMillis(n)), half)).containsExactly(1L, 2L, 3L);
    }

    private static List<Long> delays(Backoff backoff, RandomSource random) {
        List<Long> delays = new ArrayList<>();
        long previous = 0;
        for (int repetition = 1; repetition <= 3; repetition++) {
            previous = backoff.delayNanos(repetition, previous, random);
            delays.add(previous / 1_000_000);
        }
        return delays;
    }

    @Test
    void delayFunction() throws Exception {
        // begin: delay-function
        Retry retry = Retry.of(
                "inventory",
                config -> config.delayFunction((attempt, result, failure) -> {
                    if (failure instanceof TooManyRequests) {
                        return attempt == 1 ? Duration.ofSeconds(1) : Duration.ofSeconds(-1); // one more, then the end
                    }
                    return null; // as the backoff says
                }));
        // end: delay-function
        TooManyRequests busy = new TooManyRequests(Duration.ZERO);
        client.failsWith(busy, busy);
        assertThatThrownBy(() -> inVirtualTime(retry).call(() -> client.stockOf("sku-7")))
                .isSameAs(busy);
        assertThat(client.calls()).isEqualTo(2);
        assertThat(time.elapsed()).isEqualTo(Duration.ofSeconds(1));
        client.failsTimes(2);
        assertThat(inVirtualTime(retry).call(() -> client.stockOf("sku-7")).pieces())
                .isEqualTo(7);
    }

    // begin: own-budget
    /** Allows one retry for every five calls in progress, and three in any case. */
    static final class ShareOfCallsInProgress implements RetryBudget {

        private final AtomicInteger calls = new AtomicInteger();
        private final AtomicInteger retries = new AtomicInteger();

        @Override
        public boolean watchesCalls() {
            return true;
        }

        @Override
        public void callBegan() {
            calls.incrementAndGet();
        }

        @Override
        public void callEnded() {
            calls.decrementAndGet();
        }

        @Override
        public boolean tryReserve(CallContext call, Verdict failed) {
            if (retries.incrementAndGet() <= allowed()) {
                return true;
            }
            retries.decrementAndGet();
            return false;
        }

        private int allowed() {
            return Math.max(3, calls.get() / 5);
        }

        @Override
        public void giveBack() {
            retries.decrementAndGet();
        }

        @Override
        public void retrySucceeded() {
            retries.decrementAndGet();
        }

        @Override
        public void retryFailed(Verdict verdict) {
            retries.decrementAndGet();
        }

        @Override
        public void callSucceeded() {}

        @Override
        public double tokens() {
            return Math.max(0, allowed() - retries.get());
        }

        @Override
        public boolean isFull() {
            return retries.get() == 0;
        }
    }
    // end: own-budget

    @Test
    void aBudgetOfYourOwn() throws Exception {
        ShareOfCallsInProgress budget = new ShareOfCallsInProgress();
        Retry retry = inVirtualTime(config -> config.budget(budget));
        client.failsTimes(2);
        retry.call(() -> client.stockOf("sku-7"));
        assertThat(client.calls()).isEqualTo(3);
        assertThat(budget.calls.get()).isZero();
        assertThat(budget.isFull()).isTrue();
        for (int i = 0; i < 3; i++) {
            assertThat(budget.tryReserve(CallContext.plain(), Verdict.ERROR)).isTrue();
        }
        assertThat(budget.tokens()).isZero();
        client.failsTimes(1);
        assertThatThrownBy(() -> retry.call(() -> client.stockOf("sku-7"))).isInstanceOf(IOException.class);
    }

    @Test
    void budget() {
        // begin: budget
        RetryBudget budget = RetryBudget.of(20, 0.1);
        Retry reads = Retry.of("inventory-reads", config -> config.budget(budget));
        Retry writes =
                Retry.of("inventory-writes", config -> config.budget(budget).maxAttempts(2));
        // end: budget
        assertThat(reads.budget()).isSameAs(writes.budget());
        assertThat(budget.tokens()).isEqualTo(20);
    }

    @Test
    void anOutageIsNotMetWithThreeTimesTheLoad() {
        Retry retry = inVirtualTime(config -> config);
        int calls = 1000;
        client.failsTimes(3 * calls);
        for (int i = 0; i < calls; i++) {
            assertThatThrownBy(() -> retry.call(() -> client.stockOf("sku-7"))).isInstanceOf(IOException.class);
        }
        assertThat(client.calls()).isEqualTo(calls + 10);
        assertThat(retry.budget().tokens()).isZero();
    }

    @Test
    void theArithmeticOfTheBudget() throws Exception {
        Retry retry = inVirtualTime(config -> config);
        client.failsTimes(3);
        assertThatThrownBy(() -> retry.call(() -> client.stockOf("sku-7"))).isInstanceOf(IOException.class);
        assertThat(retry.budget().tokens()).isEqualTo(8);
        retry.call(() -> client.stockOf("sku-7"));
        assertThat(retry.budget().tokens()).isEqualTo(8.1);
        client.failsTimes(1);
        retry.call(() -> client.stockOf("sku-7"));
        assertThat(retry.budget().tokens()).isEqualTo(8.2);
    }

    @Test
    void notIdempotent() {
        Retry retry = inVirtualTime(config -> config);
        client.failsTimes(1);
        assertThatThrownBy(() -> {
                    // begin: idempotent
                    retry.with(ctx -> ctx.idempotent(Idempotence.NO)).call(() -> client.stockOf("sku-7"));
                    // end: idempotent
                })
                .isInstanceOf(IOException.class);
        assertThat(client.calls()).isEqualTo(1);
    }

    @Test
    void attemptNumber() throws Exception {
        Retry retry = inVirtualTime(config -> config);
        client.failsTimes(2);
        List<Integer> attempts = new ArrayList<>();
        // begin: attempt
        Stock stock = retry.callWithContext(ctx -> {
            attempts.add(ctx.attempt());
            return client.stockOf("sku-7");
        });
        // end: attempt
        assertThat(stock.pieces()).isEqualTo(7);
        assertThat(attempts).containsExactly(1, 2, 3);
        assertThat(CallContext.current().attempt()).isEqualTo(1);
    }

    @Test
    void retryAfter() throws Exception {
        // begin: retry-after
        Retry retry = Retry.of(
                "inventory",
                config -> config.retryAfter((result, failure) ->
                        failure instanceof TooManyRequests rejected ? rejected.comeBackAfter() : null));
        // end: retry-after
        client.failsWith(new TooManyRequests(Duration.ofSeconds(20)));
        inVirtualTime(retry).call(() -> client.stockOf("sku-7"));
        assertThat(time.elapsed()).isBetween(Duration.ofSeconds(20), Duration.ofSeconds(22));
    }

    /** What an HTTP client might throw for status 429. */
    private static final class TooManyRequests extends IOException {

        private static final long serialVersionUID = 1L;

        private final Duration comeBackAfter;

        TooManyRequests(Duration comeBackAfter) {
            this.comeBackAfter = comeBackAfter;
        }

        Duration comeBackAfter() {
            return comeBackAfter;
        }
    }

    @Test
    void noWaitIsBegunThatWouldEndTooLate() {
        TimeLimiter whole = TimeLimiter.of("whole", config -> config.timeSource(time));
        Retry retry = inVirtualTime(config -> config.backoff(Backoff.fixed(Duration.ofSeconds(2))));
        client.failsTimes(3);

        assertThatThrownBy(() -> Pipeline.of("both", whole, retry).call(() -> client.stockOf("sku-7")))
                .isInstanceOf(IOException.class);
        assertThat(time.elapsed()).isZero();
    }

    @Test
    void earlierFailuresAreSuppressedInTheLast() {
        client.failsTimes(3);
        assertThatThrownBy(() -> inVirtualTime(config -> config).call(() -> client.stockOf("sku-7")))
                .hasMessage("connection refused, 3")
                .satisfies(last -> assertThat(last.getSuppressed())
                        .extracting(Throwable::getMessage)
                        .containsExactly("connection refused, 1", "connection refused, 2"));
    }

    @Test
    void ourOwnRejectionsAreRetriedIfAskedFor() throws Exception {
        CallRejectedException full = new CallRejectedException(new Rejection("pool", RejectionReason.FULL, -1));
        client.failsWith(full, full);
        assertThatThrownBy(() -> inVirtualTime(config -> config).call(() -> client.stockOf("sku-7")))
                .isSameAs(full);

        // begin: rejections
        Retry retry = Retry.of("inventory", config -> config.retryExceptions(CallRejectedException.class));
        // end: rejections
        assertThat(inVirtualTime(retry).call(() -> client.stockOf("sku-7")).pieces())
                .isEqualTo(7);
        assertThat(client.calls()).isEqualTo(3);
    }

    @Test
    void classifier() {
        // begin: classifier
        Classifier classifier = Classifier.builder()
                .overloadExceptions(TooManyRequests.class)
                .ignoreExceptions(FileNotFoundException.class)
                .build();
        Retry retry = Retry.of("inventory", config -> config.classifier(classifier));
        // end: classifier
        client.failsWith(new TooManyRequests(Duration.ZERO), new FileNotFoundException());
        assertThatThrownBy(() -> inVirtualTime(retry).call(() -> client.stockOf("sku-7")))
                .isInstanceOf(FileNotFoundException.class);
        assertThat(client.calls()).isEqualTo(2);
    }

    @Test
    void events() throws Exception {
        List<String> log = new ArrayList<>();
        Retry retry = inVirtualTime(config -> config.backoff(Backoff.fixed(Duration.ofMillis(100))));
        // begin: events
        retry.subscribe(
                RetryEvent.RetryScheduled.class,
                event -> log.add(
                        "attempt " + event.attempt() + " in " + event.delay() + " because of " + event.failure()));
        // end: events
        client.failsTimes(1);
        retry.call(() -> client.stockOf("sku-7"));
        assertThat(log).containsExactly("attempt 2 in PT0.1S because of java.io.IOException: connection refused, 1");
    }

    @Test
    void byHand() throws Throwable {
        client.failsTimes(1);
        Retry retry = inVirtualTime(config -> config);
        assertThat(attemptsByHand(retry)).isEqualTo(new Stock("sku-7", 7));
        client.failsTimes(10);
        assertThatThrownBy(() -> attemptsByHand(retry)).isInstanceOf(IOException.class);
        retry.subscribe(
                RetryEvent.RetryScheduled.class, event -> Thread.currentThread().interrupt());
        assertThatThrownBy(() -> attemptsByHand(retry)).isInstanceOf(IOException.class);
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void byHandNoFailureIsLostAndNoTokenEither() {
        Retry retry = inVirtualTime(config -> config.retryExceptions(IOException.class));
        IllegalStateException bug = new IllegalStateException("a bug");
        IOException reset = new IOException("reset");
        client.failsWith(reset, bug);
        assertThatThrownBy(() -> attemptsByHand(retry)).isSameAs(bug).hasSuppressedException(reset);
        assertThat(retry.budget().tokens()).isEqualTo(9);

        client.failsWith(reset);
        retry.subscribe(
                RetryEvent.RetryScheduled.class, event -> Thread.currentThread().interrupt());
        assertThatThrownBy(() -> attemptsByHand(retry)).isSameAs(reset);
        assertThat(Thread.interrupted()).isTrue();
        assertThat(retry.budget().tokens()).isEqualTo(9);
    }

    private Stock attemptsByHand(Retry retry) throws Throwable {
        // begin: by-hand
        Attempts attempts = retry.start(CallContext.plain());
        long delay;
        do {
            Stock stock = null;
            Throwable failure = null;
            try {
                stock = client.stockOf("sku-7");
            } catch (Throwable thrown) {
                failure = thrown;
            }
            delay = failure == null ? attempts.onResult(stock) : attempts.onFailure(failure);
            if (delay > 0) {
                try {
                    time.sleep(delay);
                } catch (InterruptedException interrupted) {
                    Thread.currentThread().interrupt();
                    attempts.stop();
                }
            }
        } while (delay != Attempts.END && attempts.begin());
        if (attempts.failure() != null) {
            throw attempts.failure();
        }
        return (Stock) attempts.result();
        // end: by-hand
    }

    @Test
    void namingATypeLeavesOthersButTimeOutsAlone() {
        Retry retry = inVirtualTime(config -> config.retryExceptions(IOException.class));
        for (Exception failure : List.of(
                new IllegalStateException(), new CallTimeoutException("inside", 1, null, false), new IOException())) {
            List<Integer> attempts = new ArrayList<>();
            assertThatThrownBy(() -> retry.callWithContext(ctx -> {
                        attempts.add(ctx.attempt());
                        throw failure;
                    }))
                    .isSameAs(failure);
            assertThat(attempts).hasSize(failure instanceof IllegalStateException ? 1 : 3);
        }
    }
}
