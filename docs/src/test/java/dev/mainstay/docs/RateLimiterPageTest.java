package dev.mainstay.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.PolicyEvent;
import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.ratelimit.KeyedRateLimiter;
import dev.mainstay.ratelimit.RateLimit;
import dev.mainstay.ratelimit.RateLimitExceededException;
import dev.mainstay.ratelimit.RateLimiter;
import dev.mainstay.ratelimit.RateLimiterConfig;
import dev.mainstay.ratelimit.Reservation;
import dev.mainstay.registry.KeyedRegistry;
import dev.mainstay.time.Deadline;
import dev.mainstay.time.TimeSource;
import dev.mainstay.time.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class RateLimiterPageTest {

    private final VirtualTime time = VirtualTime.create();
    private final InventoryClient client = new InventoryClient(time);

    private RateLimiter inVirtualTime(RateLimiter limiter) {
        return RateLimiter.of(
                limiter.name(), limiter.config().toBuilder().timeSource(time).build());
    }

    private RateLimiter tenPerSecond() {
        return RateLimiter.of(
                "inventory",
                config -> config.timeSource(time).limitForPeriod(10).limitRefreshPeriod(Duration.ofSeconds(1)));
    }

    @Test
    void thePageHasTheDefaultsAndMetersOfTheClass() {
        PolicyPage page = new PolicyPage("rate-limiter");
        Map<String, String> actual = new TreeMap<>(PolicyPage.defaultsOf(tenPerSecond().config().toBuilder()
                .timeSource(TimeSource.system())
                .build()));
        // the builder's short form makes one limit of three options
        assertThat(actual.remove("limits")).isEqualTo("[10 per 1s, burst 10]");
        actual.put("limitForPeriod", "required");
        actual.put("limitRefreshPeriod", "required");
        actual.put("burst", "as limitForPeriod");
        actual.put("limits", "none");

        assertThat(page.defaults()).isEqualTo(actual);
        assertThat(page.meters()).isEqualTo(PolicyPage.metersOf(tenPerSecond()));
        assertThatThrownBy(() -> RateLimiterConfig.builder().build()).hasMessageContaining("limitForPeriod");
        assertThatThrownBy(() -> RateLimiterConfig.builder().limitForPeriod(1).build())
                .hasMessageContaining("limitRefreshPeriod");
    }

    @Test
    void usage() throws Exception {
        // begin: usage
        RateLimiter limiter = RateLimiter.of(
                "inventory", config -> config.limitForPeriod(100).limitRefreshPeriod(Duration.ofSeconds(1)));

        Stock stock = limiter.call(() -> client.stockOf("sku-7"));
        // end: usage
        assertThat(stock.pieces()).isEqualTo(7);
        RateLimiter virtual = inVirtualTime(limiter);
        assertThat(virtual.tryAcquire(100)).isTrue();
        assertThat(virtual.tryAcquire()).isFalse();
        time.advance(Duration.ofMillis(10));
        assertThat(virtual.tryAcquire()).isTrue();
    }

    @Test
    void rejected() throws Exception {
        RateLimiter limiter = tenPerSecond();
        assertThat(limiter.tryAcquire(10)).isTrue();
        List<Duration> waits = new ArrayList<>();
        // begin: rejected
        try {
            limiter.call(() -> client.stockOf("sku-7"));
        } catch (RateLimitExceededException e) {
            // "'inventory' rejected the call: the rate limit is used up
            //  (0 of 1 permit left, the limit is 10 per 1s); retry after 100ms"
            waits.add(e.retryAfter());
        }
        // end: rejected
        assertThat(waits).containsExactly(Duration.ofMillis(100));
        assertThatThrownBy(() -> limiter.call(() -> client.stockOf("sku-7")))
                .hasMessage("'inventory' rejected the call: the rate limit is used up (0 of 1 permit left, the limit is"
                        + " 10 per 1s); retry after 100ms");
    }

    @Test
    void waiting() throws Exception {
        // begin: wait
        RateLimiter limiter = RateLimiter.of(
                "inventory",
                config -> config.limitForPeriod(100)
                        .limitRefreshPeriod(Duration.ofSeconds(1))
                        .timeoutDuration(Duration.ofMillis(500)));
        // end: wait
        RateLimiter virtual = inVirtualTime(limiter);
        assertThat(virtual.tryAcquire(100)).isTrue();
        virtual.call(() -> client.stockOf("sku-7"));
        assertThat(time.elapsed()).isEqualTo(Duration.ofMillis(10));
    }

    @Test
    void aWaitThatCannotSucceedIsNotBegun() {
        RateLimiter limiter = inVirtualTime(RateLimiter.of(
                "inventory",
                config -> config.limitForPeriod(1)
                        .limitRefreshPeriod(Duration.ofSeconds(1))
                        .timeoutDuration(Duration.ofSeconds(5))));
        assertThat(limiter.tryAcquire()).isTrue();

        assertThatThrownBy(() -> limiter.with(ctx -> ctx.deadline(Deadline.after(Duration.ofMillis(300), time)))
                        .call(() -> client.stockOf("sku-7")))
                .isInstanceOfSatisfying(
                        CallRejectedException.class,
                        rejection -> assertThat(rejection.reason()).isEqualTo(RejectionReason.DEADLINE));
        assertThat(time.elapsed()).isZero();
    }

    @Test
    void kinds() {
        // begin: kinds
        RateLimit smooth = RateLimit.smooth(100, Duration.ofSeconds(1));
        RateLimit evenlySpaced = RateLimit.smooth(100, Duration.ofSeconds(1), 1);
        RateLimit exact = RateLimit.atMost(100, Duration.ofSeconds(1));
        // end: kinds
        assertThat(mostInOneSecond(smooth)).isEqualTo(199);
        assertThat(mostInOneSecond(evenlySpaced)).isEqualTo(100);
        assertThat(mostInOneSecond(exact)).isEqualTo(100);
    }

    /** Takes all that is there, each millisecond, for a second that begins with everything there. */
    private int mostInOneSecond(RateLimit limit) {
        RateLimiter limiter = inVirtualTime(RateLimiter.of("inventory", limit));
        int taken = 0;
        for (int i = 0; i < 1000; i++) {
            while (limiter.tryAcquire()) {
                taken++;
            }
            time.advance(Duration.ofMillis(1));
        }
        return taken;
    }

    @Test
    void severalLimits() {
        // begin: several
        RateLimiter limiter = RateLimiter.of(
                "inventory", RateLimit.smooth(20, Duration.ofSeconds(1)), RateLimit.atMost(500, Duration.ofMinutes(1)));
        // end: several
        RateLimiter virtual = inVirtualTime(limiter);
        int taken = 0;
        for (int second = 0; second < 60; second++) {
            while (virtual.tryAcquire()) {
                taken++;
            }
            time.advance(Duration.ofSeconds(1));
        }
        assertThat(taken).isEqualTo(500);
    }

    @Test
    void cost() throws Exception {
        RateLimiter limiter = tenPerSecond();
        // begin: cost
        Stock stock = limiter.with(ctx -> ctx.cost(5)).call(() -> client.stockOf("sku-7"));
        // end: cost
        assertThat(stock.pieces()).isEqualTo(7);
        assertThat(limiter.remaining()).isEqualTo(5);
    }

    @Test
    void permits() throws Exception {
        RateLimiter limiter = tenPerSecond();
        // begin: permits
        if (limiter.tryAcquire()) {
            client.stockOf("sku-7");
        }
        if (limiter.tryAcquire(2, Duration.ofMillis(200))) {
            client.stockOf("sku-8");
        }
        limiter.acquire(2);
        CompletableFuture<Void> later = limiter.acquireAsync();
        Reservation reservation = limiter.reserve(10);
        Duration wait = reservation.remainingWait();
        boolean givenBack = reservation.cancel();
        // end: permits
        assertThat(later).isCompleted();
        assertThat(wait).isEqualTo(Duration.ofMillis(600));
        assertThat(givenBack).isTrue();
    }

    @Test
    void keyed() throws Exception {
        String tenant = "acme";
        List<Stock> answers = new ArrayList<>();
        // begin: keyed
        KeyedRateLimiter tenants = KeyedRateLimiter.of(
                "tenants", config -> config.limitForPeriod(100).limitRefreshPeriod(Duration.ofSeconds(1)));

        answers.add(tenants.with(ctx -> ctx.key(tenant)).call(() -> client.stockOf("sku-7")));
        if (tenants.tryAcquire(tenant)) {
            answers.add(client.stockOf("sku-7"));
        }
        // end: keyed
        assertThat(answers).hasSize(2);
        assertThat(tenants.tryAcquire(tenant, 100)).isFalse();
        assertThat(tenants.tryAcquire("another", 100)).isTrue();
    }

    @Test
    void keyedOverARegistryOfYourOwn() {
        // begin: keyed-over
        KeyedRateLimiter tenants = KeyedRateLimiter.over(KeyedRegistry.<RateLimiter>builder(
                        "tenants",
                        (name, key) -> RateLimiter.of(
                                name,
                                config -> config.limitForPeriod("acme".equals(key) ? 500 : 50)
                                        .limitRefreshPeriod(Duration.ofSeconds(1))))
                .maxInstances(10_000)
                .build());
        RateLimiter limiterOfAcme = tenants.registry().get("acme");
        // end: keyed-over
        assertThat(limiterOfAcme.remaining()).isEqualTo(500);
        assertThat(tenants.remaining("another")).isEqualTo(50);
        tenants.reconfigure(
                limiterOfAcme.config().toBuilder().limitForPeriod(20).build());
        assertThat(limiterOfAcme.config().limits().get(0).limit()).isEqualTo(20);
        assertThat(tenants.registry().get("another").config().limits().get(0).limit())
                .isEqualTo(20);
        assertThat(tenants.remaining("new")).isEqualTo(20);
    }

    @Test
    void withoutAWaitAcquireIsRejectedAtOnceAndReserveIsNot() {
        RateLimiter limiter = tenPerSecond();
        assertThat(limiter.tryAcquire(10)).isTrue();
        assertThatThrownBy(limiter::acquire).isInstanceOf(RateLimitExceededException.class);
        assertThat(limiter.acquireAsync()).isCompletedExceptionally();
        assertThat(limiter.reserve(10).remainingWait()).isEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void aPeriodHasAMaximum() {
        assertThat(RateLimit.smooth(1, Duration.ofDays(26_687)).period()).isEqualTo(Duration.ofDays(26_687));
        assertThatThrownBy(() -> RateLimit.smooth(1, Duration.ofDays(26_688)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("at most 26687 days");
    }

    @Test
    void draining() {
        RateLimiter limiter = tenPerSecond();
        // begin: drain
        int drained = limiter.drainPermits();
        // end: drain
        assertThat(drained).isEqualTo(10);
        assertThat(limiter.remaining()).isZero();
    }

    @Test
    void left() {
        RateLimiter limiter = tenPerSecond();
        assertThat(limiter.tryAcquire(10)).isTrue();
        // begin: left
        int remaining = limiter.remaining();
        Duration next = limiter.retryAfter();
        Duration all = limiter.resetAfter();
        // end: left
        assertThat(remaining).isZero();
        assertThat(next).isEqualTo(Duration.ofMillis(100));
        assertThat(all).isEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void reconfiguring() {
        RateLimiter limiter = tenPerSecond();
        assertThat(limiter.tryAcquire(10)).isTrue();
        // begin: reconfigure
        limiter.reconfigure(config -> config.toBuilder().limitForPeriod(20).build());
        // end: reconfigure
        assertThat(limiter.remaining()).isEqualTo(10);
        assertThat(limiter.retryAfter()).isZero();
    }

    @Test
    void moreThanABurstIsNeverThere() {
        assertThatThrownBy(() -> tenPerSecond().reserve(11))
                .isInstanceOfSatisfying(
                        RateLimitExceededException.class,
                        rejection -> assertThat(rejection.retryAfter()).isNull());
    }

    @Test
    void events() {
        List<String> log = new ArrayList<>();
        RateLimiter limiter = tenPerSecond();
        // begin: events
        limiter.subscribe(PolicyEvent.CallRejected.class, event -> log.add("retry after " + event.retryAfter()));
        // end: events
        assertThat(limiter.tryAcquire(10)).isTrue();
        assertThat(limiter.tryAcquire()).isFalse();
        assertThat(log).containsExactly("retry after PT0.1S");
    }
}
