package dev.mainstay.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.Pipeline;
import dev.mainstay.PolicyEvent;
import dev.mainstay.TimeLimiter;
import dev.mainstay.TimeLimiterConfig;
import dev.mainstay.event.Subscription;
import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.outcome.CallTimeoutException;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.time.TimeSource;
import dev.mainstay.time.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class TimeLimiterPageTest {

    private final VirtualTime time = VirtualTime.create();
    private final InventoryClient client = new InventoryClient(time);
    private final TimeLimiter limited =
            TimeLimiter.of("inventory", config -> config.timeSource(time).timeoutDuration(Duration.ofMillis(300)));

    @Test
    void thePageHasTheDefaultsAndMetersOfTheClass() {
        PolicyPage page = new PolicyPage("time-limiter");

        assertThat(page.defaults())
                .isEqualTo(PolicyPage.defaultsOf(TimeLimiterConfig.defaults(), Map.of("executor", "onExecutor")));
        assertThat(page.meters()).isEqualTo(PolicyPage.metersOf(limited));
    }

    @Test
    void usage() throws Exception {
        // begin: usage
        TimeLimiter limiter = TimeLimiter.of("inventory", config -> config.timeoutDuration(Duration.ofMillis(300)));

        Stock stock = limiter.call(() -> client.stockOf("sku-7"));
        // end: usage
        assertThat(stock.pieces()).isEqualTo(7);
        assertThat(limiter.config().timeSource()).isSameAs(TimeSource.system());
    }

    @Test
    void timeout() throws IOException {
        client.takes(Duration.ofSeconds(5));
        TimeLimiter limiter = limited;
        Stock stock;
        // begin: timeout
        try {
            stock = limiter.call(() -> client.stockOf("sku-7"));
        } catch (CallTimeoutException e) {
            // e.getMessage() is "'inventory' gave up on the call after 300ms"
            // e.getCause() is what the client threw when it was interrupted
            stock = Stock.unknown("sku-7");
        }
        // end: timeout
        assertThat(stock).isEqualTo(Stock.unknown("sku-7"));
        assertThat(time.elapsed()).isEqualTo(Duration.ofMillis(300));
        assertThatThrownBy(() -> limiter.call(() -> client.stockOf("sku-7")))
                .isInstanceOf(CallTimeoutException.class)
                .hasMessage("'inventory' gave up on the call after 300ms")
                .hasRootCauseInstanceOf(IOException.class);
    }

    @Test
    void async() {
        client.takes(Duration.ofSeconds(5));
        TimeLimiter limiter = limited;
        // begin: async
        CompletableFuture<Stock> stock = limiter.callAsync(() -> client.stockOfAsync("sku-7"));
        // end: async
        assertThatThrownBy(() -> time.await(stock)).isInstanceOf(CallTimeoutException.class);
    }

    @Test
    void deadline() throws IOException {
        client.takes(Duration.ofMillis(100));
        TimeLimiter limiter = limited;
        // begin: deadline
        Stock stock = limiter.callWithContext(ctx -> client.stockOf("sku-7", ctx.remaining()));
        // end: deadline
        assertThat(stock.pieces()).isEqualTo(7);
        client.takes(Duration.ofMillis(400));
        assertThatThrownBy(() -> limiter.callWithContext(ctx -> client.stockOf("sku-7", ctx.remaining())))
                .isInstanceOf(IOException.class)
                .hasMessage("no answer within PT0.3S");
    }

    @Test
    void executor() throws Exception {
        ExecutorService threads = Executors.newCachedThreadPool();
        try {
            // begin: executor
            TimeLimiter limiter = TimeLimiter.of(
                    "inventory",
                    config -> config.timeoutDuration(Duration.ofSeconds(2)).onExecutor(threads));
            // end: executor
            Thread caller = Thread.currentThread();
            assertThat(limiter.call(Thread::currentThread)).isNotSameAs(caller);
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void goingOn() {
        // begin: going-on
        TimeLimiter limiter = TimeLimiter.of(
                "inventory",
                config -> config.timeoutDuration(Duration.ofMillis(300)).cancelOnTimeout(false));
        // end: going-on
        TimeLimiter virtual = TimeLimiter.of(
                "inventory", limiter.config().toBuilder().timeSource(time).build());
        CompletableFuture<Stock> stage = new CompletableFuture<>();
        CompletableFuture<Stock> call = virtual.callAsync(() -> stage);
        assertThatThrownBy(() -> time.await(call)).isInstanceOf(CallTimeoutException.class);
        assertThat(stage).isNotDone();
    }

    @Test
    void onCancel() {
        List<String> killed = new ArrayList<>();
        Query query = new Query(killed);
        TimeLimiter limiter = limited;
        assertThatThrownBy(() -> {
                    // begin: on-cancel
                    limiter.callWithContext(ctx -> {
                        Subscription hook = ctx.onCancel(query::kill);
                        try {
                            return query.run();
                        } finally {
                            hook.close();
                        }
                    });
                    // end: on-cancel
                })
                .isInstanceOf(CallTimeoutException.class);
        time.runDue();
        assertThat(killed).containsExactly("killed");
    }

    /** Work that an interrupt does not stop. */
    private final class Query {

        private final List<String> log;

        Query(List<String> log) {
            this.log = log;
        }

        List<Stock> run() {
            long end = time.nanoTime() + Duration.ofSeconds(5).toNanos();
            while (log.isEmpty() && time.nanoTime() < end) {
                time.advance(Duration.ofMillis(100));
            }
            return List.of();
        }

        void kill() {
            log.add("killed");
        }
    }

    @Test
    void discard() {
        List<Object> returned = new ArrayList<>();
        Consumer<Object> pool = returned::add;
        // begin: discard
        TimeLimiter limiter = TimeLimiter.of(
                "pool", config -> config.timeoutDuration(Duration.ofMillis(300)).onDiscard(pool));
        // end: discard
        TimeLimiter inVirtualTime = TimeLimiter.of(
                "pool", limiter.config().toBuilder().timeSource(time).build());
        assertThatThrownBy(() -> inVirtualTime.call(() -> {
                    time.advance(Duration.ofSeconds(1));
                    Thread.interrupted();
                    return "connection";
                }))
                .isInstanceOf(CallTimeoutException.class);
        assertThat(returned).containsExactly("connection");
    }

    @Test
    void events() {
        List<PolicyEvent.TimedOut> seen = new ArrayList<>();
        client.takes(Duration.ofSeconds(5));
        TimeLimiter limiter = limited;
        // begin: events
        limiter.subscribe(PolicyEvent.TimedOut.class, event -> seen.add(event));
        // end: events
        assertThatThrownBy(() -> limiter.call(() -> client.stockOf("sku-7"))).isNotNull();
        assertThat(seen).hasSize(1);
    }

    @Test
    void aSwallowedInterruptDoesNotHideTheTimeout() {
        List<String> answers = new ArrayList<>();
        try {
            answers.add(limited.call(() -> {
                try {
                    time.sleep(Duration.ofSeconds(5).toNanos());
                    return "done";
                } catch (InterruptedException e) {
                    return "a default";
                }
            }));
        } catch (CallTimeoutException e) {
            answers.add("no answer");
        }
        assertThat(answers).containsExactly("no answer");
    }

    @Test
    void anExecutorThatTakesNoMoreIsARejection() {
        TimeLimiter full = TimeLimiter.of(
                "inventory",
                config -> config.timeSource(time).onExecutor(task -> {
                    throw new RejectedExecutionException("full");
                }));

        assertThatThrownBy(() -> full.call(() -> client.stockOf("sku-7")))
                .isInstanceOfSatisfying(
                        CallRejectedException.class,
                        rejection -> assertThat(rejection.reason()).isEqualTo(RejectionReason.EXECUTOR));
    }

    @Test
    void theTighterOfTwoLimitsWins() {
        client.takes(Duration.ofSeconds(5));
        TimeLimiter wide = TimeLimiter.of("wide", config -> config.timeSource(time));

        assertThatThrownBy(() -> Pipeline.of("both", wide, limited).call(() -> client.stockOf("sku-7")))
                .hasMessageStartingWith("'inventory' gave up");
        assertThatThrownBy(() -> Pipeline.of("both", limited, wide).call(() -> client.stockOf("sku-7")))
                .hasMessageStartingWith("'inventory' gave up");
    }

    @Test
    void noTimeAtAllIsRejected() {
        assertThatThrownBy(() -> TimeLimiter.of("inventory", config -> config.timeoutDuration(Duration.ZERO)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void reconfigure() {
        TimeLimiter limiter = limited;
        // begin: reconfigure
        limiter.reconfigure(config ->
                config.toBuilder().timeoutDuration(Duration.ofMillis(500)).build());
        // end: reconfigure
        assertThat(limiter.explain()).isEqualTo("'inventory' gives a call 500ms");
    }

    @Test
    void aCancelledCallIsNoTimeout() {
        client.takes(Duration.ofSeconds(5));
        CompletableFuture<Stock> stock = limited.callAsync(() -> client.stockOfAsync("sku-7"));
        stock.cancel(true);
        assertThatThrownBy(stock::join).isInstanceOf(CancellationException.class);
    }
}
