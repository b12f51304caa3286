package dev.mainstay.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.Permit;
import dev.mainstay.Pipeline;
import dev.mainstay.PolicyEvent;
import dev.mainstay.TimeLimiter;
import dev.mainstay.bulkhead.Bulkhead;
import dev.mainstay.bulkhead.BulkheadConfig;
import dev.mainstay.bulkhead.BulkheadEvent;
import dev.mainstay.bulkhead.BulkheadFullException;
import dev.mainstay.bulkhead.ThreadPoolBulkhead;
import dev.mainstay.bulkhead.ThreadPoolBulkheadConfig;
import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.time.Deadline;
import dev.mainstay.time.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

class BulkheadPageTest {

    private final VirtualTime time = VirtualTime.create();
    private final InventoryClient client = new InventoryClient(time);

    private Bulkhead inVirtualTime(UnaryOperator<BulkheadConfig.Builder> options) {
        return Bulkhead.of("inventory", config -> options.apply(config.timeSource(time)));
    }

    private static RejectionReason reasonOf(Throwable failure) {
        assertThat(failure).isInstanceOf(CallRejectedException.class);
        return ((CallRejectedException) failure).reason();
    }

    @Test
    void thePageHasTheDefaultsAndMetersOfTheClasses() {
        PolicyPage page = new PolicyPage("bulkhead");
        Map<String, String> semaphore = new TreeMap<>(PolicyPage.defaultsOf(BulkheadConfig.defaults()));
        assertThat(semaphore.put("maxQueuedCalls", "as maxConcurrentCalls")).isEqualTo("25");
        Map<String, String> pool = new TreeMap<>(PolicyPage.defaultsOf(ThreadPoolBulkheadConfig.defaults()));
        assertThat(pool.put("maxThreads", "the processors"))
                .isEqualTo(Integer.toString(Runtime.getRuntime().availableProcessors()));

        assertThat(page.defaults("Bulkhead")).isEqualTo(semaphore);
        assertThat(page.defaults("ThreadPoolBulkhead")).isEqualTo(pool);
        Map<String, String> meters = PolicyPage.metersOf(Bulkhead.ofDefaults("inventory"));
        assertThat(page.meters()).isEqualTo(meters);
        assertThat(PolicyPage.metersOf(ThreadPoolBulkhead.ofDefaults("reports")).keySet())
                .isEqualTo(meters.keySet());
    }

    @Test
    void usage() throws Exception {
        // begin: usage
        Bulkhead bulkhead = Bulkhead.of("inventory", config -> config.maxConcurrentCalls(10));

        Stock stock = bulkhead.call(() -> client.stockOf("sku-7"));
        // end: usage
        assertThat(stock.pieces()).isEqualTo(7);
        assertThat(bulkhead.limit()).isEqualTo(10);
    }

    @Test
    void full() throws IOException {
        Bulkhead bulkhead = inVirtualTime(config -> config.maxConcurrentCalls(1));
        List<Stock> answers = new ArrayList<>();
        bulkhead.acquirePermit();
        // begin: full
        try {
            answers.add(bulkhead.call(() -> client.stockOf("sku-7")));
        } catch (BulkheadFullException e) {
            // "'inventory' rejected the call: all slots are taken (1 of 1 in use, 0 queued)"
            answers.add(Stock.unknown("sku-7"));
        }
        // end: full
        assertThat(answers).containsExactly(Stock.unknown("sku-7"));
        assertThatThrownBy(() -> bulkhead.call(() -> client.stockOf("sku-7")))
                .hasMessage("'inventory' rejected the call: all slots are taken (1 of 1 in use, 0 queued)");
    }

    @Test
    void waiting() throws Exception {
        // begin: wait
        Bulkhead bulkhead = Bulkhead.of(
                "inventory",
                config -> config.maxConcurrentCalls(10)
                        .maxWaitDuration(Duration.ofMillis(200))
                        .maxQueuedCalls(20));
        // end: wait
        Bulkhead small = Bulkhead.of(
                "inventory",
                bulkhead.config().toBuilder()
                        .timeSource(time)
                        .maxConcurrentCalls(1)
                        .build());
        client.takes(Duration.ofMillis(150));
        CompletableFuture<Stock> first = small.callAsync(() -> client.stockOfAsync("sku-7"));
        CompletableFuture<Stock> second = small.callAsync(() -> client.stockOfAsync("sku-8"));
        CompletableFuture<Stock> third = small.callAsync(() -> client.stockOfAsync("sku-9"));
        assertThat(small.queued()).isEqualTo(2);
        assertThat(time.await(first).item()).isEqualTo("sku-7");
        assertThat(time.await(second).item()).isEqualTo("sku-8");
        assertThatThrownBy(() -> time.await(third))
                .satisfies(failure -> assertThat(reasonOf(failure)).isEqualTo(RejectionReason.WAIT_EXPIRED));
        assertThat(client.calls()).isEqualTo(2);
    }

    @Test
    void theReasonsOfTheTable() throws Exception {
        Bulkhead waiting =
                inVirtualTime(config -> config.maxConcurrentCalls(1).maxWaitDuration(Duration.ofMillis(200)));
        waiting.acquirePermit();
        CompletableFuture<Stock> inLine = waiting.callAsync(() -> client.stockOfAsync("sku-7"));

        assertThatThrownBy(() -> waiting.call(() -> client.stockOf("sku-7")))
                .satisfies(failure -> assertThat(reasonOf(failure)).isEqualTo(RejectionReason.QUEUE_FULL));
        inLine.cancel(true);
        assertThat(waiting.queued()).isZero();
        assertThatThrownBy(() -> waiting.with(ctx -> ctx.deadline(Deadline.after(Duration.ofMillis(50), time)))
                        .call(() -> client.stockOf("sku-7")))
                .satisfies(failure -> assertThat(reasonOf(failure)).isEqualTo(RejectionReason.DEADLINE));
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> waiting.call(() -> client.stockOf("sku-7")))
                .satisfies(failure -> assertThat(reasonOf(failure)).isEqualTo(RejectionReason.INTERRUPTED));
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void aWaitOfItsOwn() throws Exception {
        Bulkhead bulkhead = inVirtualTime(config -> config);
        // begin: own-wait
        Stock stock = bulkhead.with(ctx -> ctx.maxWait(Duration.ofMillis(50))).call(() -> client.stockOf("sku-7"));
        // end: own-wait
        assertThat(stock.pieces()).isEqualTo(7);
    }

    @Test
    void wouldReject() {
        List<Bulkhead> replicas = List.of(
                inVirtualTime(config -> config.maxConcurrentCalls(1)),
                inVirtualTime(config -> config.maxConcurrentCalls(1)));
        Permit busy = replicas.get(0).acquirePermit();
        // begin: would-reject
        Optional<Bulkhead> free = replicas.stream()
                .filter(replica -> replica.wouldReject().isEmpty())
                .findFirst();
        // end: would-reject
        assertThat(free).contains(replicas.get(1));
        busy.release();
    }

    @Test
    void resize() {
        Bulkhead bulkhead = inVirtualTime(config -> config);
        // begin: resize
        bulkhead.reconfigure(config -> config.toBuilder().maxConcurrentCalls(50).build());
        // end: resize
        assertThat(bulkhead.limit()).isEqualTo(50);
    }

    @Test
    void aTimedOutCallKeepsItsSlotUntilItReallyEnds() {
        Bulkhead bulkhead = inVirtualTime(config -> config.maxConcurrentCalls(1));
        TimeLimiter limiter = TimeLimiter.of("inventory", config -> config.timeSource(time));
        CompletableFuture<String> stubborn = new CompletableFuture<>() {
            @Override
            public boolean cancel(boolean mayInterruptIfRunning) {
                return false;
            }
        };
        CompletableFuture<String> call =
                Pipeline.of("inventory", limiter, bulkhead).callAsync(() -> stubborn);
        time.advance(Duration.ofSeconds(2));

        assertThat(call).isCompletedExceptionally();
        assertThat(bulkhead.inUse()).isEqualTo(1);
        stubborn.complete("at last");
        assertThat(bulkhead.inUse()).isZero();
    }

    @Test
    void threads() throws Exception {
        // begin: threads
        ThreadPoolBulkhead reports =
                ThreadPoolBulkhead.of("reports", config -> config.maxThreads(4).queueCapacity(20));

        Stock stock = reports.call(() -> client.stockOf("sku-7"));
        CompletableFuture<Stock> later = reports.submit(() -> client.stockOf("sku-7"));
        // end: threads
        assertThat(later.get(10, TimeUnit.SECONDS)).isEqualTo(stock);
        reports.close();
    }

    @Test
    void aFullQueueRejects() throws Exception {
        ThreadPoolBulkhead reports = ThreadPoolBulkhead.of(
                "reports",
                config -> config.timeSource(time)
                        .executor(time.executor())
                        .maxThreads(1)
                        .queueCapacity(1));
        CompletableFuture<Stock> running = reports.submit(() -> client.stockOf("sku-7"));
        CompletableFuture<Stock> queued = reports.submit(() -> client.stockOf("sku-8"));

        assertThatThrownBy(() -> time.await(reports.submit(() -> client.stockOf("sku-9"))))
                .isInstanceOf(BulkheadFullException.class)
                .satisfies(failure -> assertThat(reasonOf(failure)).isEqualTo(RejectionReason.QUEUE_FULL));
        queued.cancel(true);
        assertThat(time.await(running).item()).isEqualTo("sku-7");
        assertThat(client.calls()).isEqualTo(1);
    }

    @Test
    void yourExecutor() throws Exception {
        Executor executor = time.executor();
        // begin: executor
        ThreadPoolBulkhead reports =
                ThreadPoolBulkhead.of("reports", config -> config.maxThreads(4).executor(executor));
        // end: executor
        CompletableFuture<Stock> stock = reports.submit(() -> client.stockOf("sku-7"));
        assertThat(time.await(stock).pieces()).isEqualTo(7);
    }

    @Test
    void events() {
        List<String> log = new ArrayList<>();
        Bulkhead bulkhead = inVirtualTime(config -> config.maxConcurrentCalls(1));
        // begin: events
        bulkhead.subscribe(PolicyEvent.CallRejected.class, event -> log.add("rejected: " + event.reason()));
        bulkhead.subscribe(BulkheadEvent.LimitChanged.class, event -> log.add("limit: " + event.to()));
        // end: events
        bulkhead.acquirePermit();
        assertThat(bulkhead.tryCall(() -> "full").isRejected()).isTrue();
        bulkhead.reconfigure(bulkhead.config().toBuilder().maxConcurrentCalls(2).build());
        assertThat(log).containsExactly("rejected: FULL", "limit: 2");
    }
}
