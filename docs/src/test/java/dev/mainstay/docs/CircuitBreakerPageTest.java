package dev.mainstay.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.Pipeline;
import dev.mainstay.PolicyAccess;
import dev.mainstay.TimeLimiter;
import dev.mainstay.backoff.Backoff;
import dev.mainstay.breaker.CircuitBreaker;
import dev.mainstay.breaker.CircuitBreakerConfig;
import dev.mainstay.breaker.CircuitBreakerOpenException;
import dev.mainstay.breaker.SlidingWindow;
import dev.mainstay.breaker.StateChanged;
import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.outcome.Outcome;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.time.VirtualTime;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

class CircuitBreakerPageTest {

    private final VirtualTime time = VirtualTime.create();
    private final InventoryClient client = new InventoryClient(time);

    private CircuitBreaker inVirtualTime(UnaryOperator<CircuitBreakerConfig.Builder> options) {
        return CircuitBreaker.of("inventory", config -> options.apply(config.timeSource(time)));
    }

    private CircuitBreaker inVirtualTime(CircuitBreaker breaker) {
        return CircuitBreaker.of(
                breaker.name(), breaker.config().toBuilder().timeSource(time).build());
    }

    private void fail(CircuitBreaker breaker, int times) {
        client.failsTimes(times);
        for (int i = 0; i < times; i++) {
            assertThatThrownBy(() -> breaker.call(() -> client.stockOf("sku-7")))
                    .isInstanceOf(IOException.class);
        }
    }

    @Test
    void thePageHasTheDefaultsAndMetersOfTheClass() {
        PolicyPage page = new PolicyPage("circuit-breaker");
        Map<String, String> defaults = new TreeMap<>(PolicyPage.defaultsOf(CircuitBreakerConfig.defaults()));
        assertThat(defaults.put("consecutiveFailures", "off")).isEqualTo("0");
        assertThat(defaults.put("failureThreshold", "off")).isEqualTo("0");
        assertThat(defaults.put("requiredSuccessesInHalfOpenState", "off")).isEqualTo("0");
        assertThat(defaults.put("slowCallDurationThreshold", "off")).isEqualTo("none");
        assertThat(defaults.put("random", "system")).isNotNull();

        assertThat(page.defaults()).isEqualTo(defaults);
        assertThat(page.meters()).isEqualTo(PolicyPage.metersOf(CircuitBreaker.ofDefaults("inventory")));
    }

    @Test
    void usage() throws Exception {
        // begin: usage
        CircuitBreaker breaker = CircuitBreaker.ofDefaults("inventory");

        Stock stock = breaker.call(() -> client.stockOf("sku-7"));
        // end: usage
        assertThat(stock.pieces()).isEqualTo(7);
        CircuitBreaker virtual = inVirtualTime(breaker);
        fail(virtual, 20);
        assertThat(virtual.state()).isEqualTo(CircuitBreaker.State.OPEN);
        time.advance(Duration.ofSeconds(3));
        assertThat(virtual.state()).isEqualTo(CircuitBreaker.State.HALF_OPEN);
        for (int probe = 0; probe < 3; probe++) {
            virtual.call(() -> client.stockOf("sku-7"));
        }
        assertThat(virtual.state()).isEqualTo(CircuitBreaker.State.CLOSED);
    }

    @Test
    void open() throws Exception {
        CircuitBreaker breaker = inVirtualTime(config -> config.waitDurationInOpenState(Duration.ofSeconds(5)));
        fail(breaker, 20);
        time.advance(Duration.ofSeconds(1));
        List<Duration> waits = new ArrayList<>();
        // begin: open
        try {
            breaker.call(() -> client.stockOf("sku-7"));
        } catch (CircuitBreakerOpenException e) {
            // "'inventory' rejected the call: the circuit is open
            //  (for 1s, after 20 of 20 calls failed); retry after 4s"
            waits.add(e.retryAfter());
        }
        // end: open
        assertThat(waits).containsExactly(Duration.ofSeconds(4));
        assertThatThrownBy(() -> breaker.call(() -> client.stockOf("sku-7")))
                .hasMessage("'inventory' rejected the call: the circuit is open (for 1s, after 20 of 20 calls failed);"
                        + " retry after 4s");
    }

    @Test
    void reconfiguring() {
        CircuitBreaker breaker = inVirtualTime(config -> config);
        // begin: reconfigure
        breaker.reconfigure(
                config -> config.toBuilder().failureRateThreshold(40).build());
        // end: reconfigure
        assertThat(breaker.config().failureRateThreshold()).isEqualTo(40);
    }

    @Test
    void wouldReject() {
        CircuitBreaker breaker = inVirtualTime(config -> config);
        breaker.transitionToForcedOpenState();
        // begin: would-reject
        boolean usable = breaker.wouldReject().isEmpty();
        // end: would-reject
        assertThat(usable).isFalse();
    }

    @Test
    void rejectionAsAValue() throws Exception {
        CircuitBreaker breaker = inVirtualTime(config -> config);
        breaker.transitionToForcedOpenState();
        // begin: try
        Outcome<Stock> outcome = breaker.tryCall(() -> client.stockOf("sku-7"));
        Stock stock = outcome.orElse(Stock.unknown("sku-7"));
        // end: try
        assertThat(stock).isEqualTo(Stock.unknown("sku-7"));
    }

    @Test
    void async() throws Exception {
        CircuitBreaker breaker = inVirtualTime(config -> config);
        // begin: async
        CompletableFuture<Stock> stock = breaker.callAsync(() -> client.stockOfAsync("sku-7"));
        // end: async
        assertThat(time.await(stock).pieces()).isEqualTo(7);
    }

    @Test
    void what() {
        // begin: what
        CircuitBreaker breaker = CircuitBreaker.of(
                "inventory",
                config -> config.recordExceptions(IOException.class)
                        .ignoreExceptions(FileNotFoundException.class)
                        .recordResult(result -> result instanceof Stock stock && stock.pieces() < 0));
        // end: what
        CircuitBreaker virtual = inVirtualTime(breaker);
        client.failsWith(new IOException("reset"), new FileNotFoundException("no such item"));
        assertThatThrownBy(() -> virtual.call(() -> client.stockOf("sku-7"))).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> virtual.call(() -> client.stockOf("sku-7"))).isInstanceOf(IOException.class);
        virtual.get(() -> Stock.unknown("sku-7"));
        // no rule names it, so it counts as a success
        assertThatThrownBy(() -> virtual.get(() -> {
                    throw new IllegalArgumentException();
                }))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(virtual.tally().failures()).isEqualTo(2);
        assertThat(virtual.tally().calls()).isEqualTo(3);
    }

    @Test
    void windows() {
        // begin: windows
        CircuitBreaker byCount = CircuitBreaker.of(
                "inventory",
                config -> config.slidingWindow(SlidingWindow.ofCalls(50)).minimumNumberOfCalls(10));
        CircuitBreaker byTime = CircuitBreaker.of(
                "prices",
                config -> config.slidingWindow(SlidingWindow.ofTime(Duration.ofSeconds(30)))
                        .minimumNumberOfCalls(10));
        CircuitBreaker inARow = CircuitBreaker.of("reports", config -> config.consecutiveFailures(5));
        // end: windows
        CircuitBreaker count = inVirtualTime(byCount);
        CircuitBreaker window = inVirtualTime(byTime);
        CircuitBreaker row = inVirtualTime(inARow);
        fail(count, 10);
        fail(window, 9);
        time.advance(Duration.ofSeconds(31));
        fail(window, 1);
        fail(row, 5);
        assertThat(count.state()).isNotEqualTo(CircuitBreaker.State.CLOSED);
        assertThat(window.state()).isEqualTo(CircuitBreaker.State.CLOSED);
        assertThat(row.state()).isEqualTo(CircuitBreaker.State.OPEN);
    }

    @Test
    void numberOfFailures() throws Exception {
        // begin: number
        CircuitBreaker ofCalls = CircuitBreaker.of("inventory", config -> config.failureThreshold(5, 10));
        CircuitBreaker ofTime =
                CircuitBreaker.of("prices", config -> config.failureThreshold(5, Duration.ofSeconds(30)));
        // end: number
        CircuitBreaker calls = inVirtualTime(ofCalls);
        CircuitBreaker period = inVirtualTime(ofTime);
        for (CircuitBreaker breaker : List.of(calls, period)) {
            fail(breaker, 4);
            assertThat(breaker.state()).isEqualTo(CircuitBreaker.State.CLOSED);
            fail(breaker, 1);
            assertThat(breaker.state()).isEqualTo(CircuitBreaker.State.OPEN);
        }
    }

    @Test
    void probes() throws Exception {
        // begin: probes
        CircuitBreaker breaker = CircuitBreaker.of(
                "inventory",
                config -> config.permittedNumberOfCallsInHalfOpenState(5).requiredSuccessesInHalfOpenState(3));
        // end: probes
        CircuitBreaker virtual = inVirtualTime(breaker);
        virtual.transitionToHalfOpenState();
        fail(virtual, 2);
        for (int probe = 0; probe < 3; probe++) {
            virtual.call(() -> client.stockOf("sku-7"));
        }
        assertThat(virtual.state()).isEqualTo(CircuitBreaker.State.CLOSED);
    }

    @Test
    void slow() throws Exception {
        // begin: slow
        CircuitBreaker breaker = CircuitBreaker.of(
                "inventory",
                config ->
                        config.slowCallDurationThreshold(Duration.ofMillis(500)).slowCallRateThreshold(60));
        // end: slow
        CircuitBreaker virtual = inVirtualTime(breaker);
        client.takes(Duration.ofMillis(600));
        for (int i = 0; i < 20; i++) {
            virtual.call(() -> client.stockOf("sku-7"));
        }
        assertThat(virtual.state()).isEqualTo(CircuitBreaker.State.OPEN);
        assertThat(virtual.slowCallRate()).isEqualTo(100);
    }

    @Test
    void waits() {
        // begin: wait
        CircuitBreaker growing = CircuitBreaker.of(
                "inventory",
                config -> config.waitDurationInOpenState(Backoff.exponential(Duration.ofSeconds(1))
                        .upTo(Duration.ofMinutes(1))
                        .jitter(0.3)));
        CircuitBreaker fixed =
                CircuitBreaker.of("prices", config -> config.waitDurationInOpenState(Duration.ofSeconds(5)));
        // end: wait
        CircuitBreaker first = inVirtualTime(growing);
        CircuitBreaker second = inVirtualTime(fixed);
        first.transitionToOpenState();
        second.transitionToOpenState();
        assertThat(first.retryAfter()).isBetween(Duration.ofMillis(700), Duration.ofMillis(1300));
        assertThat(second.retryAfter()).isEqualTo(Duration.ofSeconds(5));
    }

    @Test
    void byHand() {
        CircuitBreaker breaker = inVirtualTime(config -> config);
        // begin: by-hand
        breaker.transitionToForcedOpenState(); // rejects every call, until told otherwise
        breaker.transitionToMetricsOnlyState(); // lets every call in and counts, but never opens
        breaker.transitionToDisabledState(); // lets every call in and counts nothing
        breaker.transitionToOpenState(); // for one wait, then half-open as usual
        breaker.transitionToOpenStateFor(Duration.ofMinutes(10)); // for this time, then half-open
        breaker.transitionToHalfOpenState(); // the next calls are probes, and decide
        breaker.transitionToClosedState(); // with an empty window
        breaker.reset(); // the same, and the next wait is the first again
        // end: by-hand
        assertThat(breaker.state()).isEqualTo(CircuitBreaker.State.CLOSED);
        assertThat(PolicyAccess.isIdle(breaker)).isTrue();
    }

    @Test
    void numbers() {
        CircuitBreaker breaker = inVirtualTime(config -> config);
        fail(breaker, 3);
        // begin: numbers
        CircuitBreaker.State state = breaker.state();
        double failureRate = breaker.failureRate();
        long slowButFine = breaker.tally().slowSuccesses(); // and slowFailures(), which are slow and failed
        String why = breaker.explain();
        // "'inventory' is CLOSED: 3 of 3 calls failed; opens at 50.0 % failures of at least 20 calls, last 100 calls"
        // end: numbers
        assertThat(state).isEqualTo(CircuitBreaker.State.CLOSED);
        assertThat(failureRate).isEqualTo(100);
        assertThat(slowButFine).isZero();
        assertThat(why)
                .isEqualTo("'inventory' is CLOSED: 3 of 3 calls failed; opens at 50.0 % failures of at least 20 calls,"
                        + " last 100 calls");
    }

    @Test
    void timeoutsCountInBothOrders() {
        TimeLimiter limiter = TimeLimiter.of("inventory", config -> config.timeSource(time));
        CircuitBreaker inside = inVirtualTime(config -> config);
        CircuitBreaker outside = inVirtualTime(config -> config);
        for (Pipeline pipeline :
                List.of(Pipeline.of("inside", limiter, inside), Pipeline.of("outside", outside, limiter))) {
            assertThatThrownBy(() -> pipeline.call(() -> {
                        time.sleep(Duration.ofSeconds(5).toNanos());
                        return "late";
                    }))
                    .hasMessageContaining("gave up");
        }
        assertThat(inside.tally().failures()).isEqualTo(1);
        assertThat(outside.tally().failures()).isEqualTo(1);
    }

    @Test
    void halfOpenLetsSoManyProbesInAndNoMore() {
        CircuitBreaker breaker = inVirtualTime(config -> config);
        breaker.transitionToOpenState();
        time.advance(Duration.ofSeconds(3));
        List<CompletableFuture<String>> probes = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            CompletableFuture<String> probe = new CompletableFuture<>();
            probes.add(probe);
            breaker.callAsync(() -> probe);
        }
        assertThatThrownBy(() -> breaker.get(() -> "one too many"))
                .isInstanceOfSatisfying(
                        CallRejectedException.class,
                        rejection -> assertThat(rejection.reason()).isEqualTo(RejectionReason.HALF_OPEN));
        time.advance(Duration.ofSeconds(10));
        assertThat(breaker.state()).isEqualTo(CircuitBreaker.State.OPEN);
        probes.forEach(probe -> probe.complete("late"));
        assertThat(breaker.state()).isEqualTo(CircuitBreaker.State.OPEN);
    }

    @Test
    void events() {
        List<String> log = new ArrayList<>();
        CircuitBreaker breaker = inVirtualTime(config -> config);
        // begin: events
        breaker.subscribe(StateChanged.class, event -> log.add(event.from() + " to " + event.to()));
        // end: events
        fail(breaker, 20);
        assertThat(log).containsExactly("CLOSED to OPEN");
    }
}
