package dev.mainstay.ratelimit;

import dev.mainstay.Chain;
import dev.mainstay.Policy;
import dev.mainstay.PolicyAccess;
import dev.mainstay.call.AsyncCallBody;
import dev.mainstay.call.CallBody;
import dev.mainstay.call.CallContext;
import dev.mainstay.event.MainstayEvent;
import dev.mainstay.event.Subscription;
import dev.mainstay.meter.MeterSink;
import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.outcome.Outcome;
import dev.mainstay.registry.KeyedRegistry;
import dev.mainstay.safe.Require;
import dev.mainstay.time.TimeSource;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A {@link RateLimiter} for each key: each tenant, host or user has a rate of its own. Calls go to the limiter of their
 * {@link CallContext#key()}; permits without a call are asked for with a key:
 *
 * <pre>{@code
 * KeyedRateLimiter tenants = KeyedRateLimiter.of(
 *         "tenants", c -> c.limitForPeriod(100).limitRefreshPeriod(ofSeconds(1)));
 * tenants.with(ctx -> ctx.key(tenant)).call(() -> client.get(id));
 * if (tenants.tryAcquire(tenant)) { … }
 * }</pre>
 *
 * <p>This is a {@link KeyedRegistry} with a few words more: there are limiters for so many keys at most, and only one
 * that has nothing owed makes room for another, so that nobody gets a fresh burst early. If all have something owed,
 * further keys share one limiter. A key that gets a limiter of its own after that takes over what is owed in the shared
 * one, as if all of it was its own, and so gets no second burst.
 *
 * <p>Safe for use by many threads.
 */
public final class KeyedRateLimiter extends Policy {

    private final KeyedRegistry<RateLimiter> registry;

    private KeyedRateLimiter(KeyedRegistry<RateLimiter> registry) {
        this.registry = registry;
    }

    /** The same options for each key, and 1000 keys at most. */
    public static KeyedRateLimiter of(String name, RateLimiterConfig config) {
        Require.present("config", config);
        return over(KeyedRegistry.of(name, instance -> RateLimiter.of(instance, config)));
    }

    /** The same options for each key, and 1000 keys at most. */
    public static KeyedRateLimiter of(String name, UnaryOperator<RateLimiterConfig.Builder> options) {
        return of(
                name,
                Require.configured(
                        RateLimiterConfig.KIND,
                        name,
                        () -> options.apply(RateLimiterConfig.builder()).build()));
    }

    /** Over a registry of your own: for another number of keys, or for limits that depend on the key. */
    public static KeyedRateLimiter over(KeyedRegistry<RateLimiter> registry) {
        return new KeyedRateLimiter(Require.present("registry", registry));
    }

    /** The limiters by key. */
    public KeyedRegistry<RateLimiter> registry() {
        return registry;
    }

    /** As {@link RateLimiter#tryAcquire()}. */
    public boolean tryAcquire(Object key) {
        return tryAcquire(key, 1);
    }

    /** As {@link RateLimiter#tryAcquire(int)}. */
    public boolean tryAcquire(Object key, int permits) {
        RateLimiter limiter = registry.get(key);
        boolean taken = limiter.tryAcquire(permits);
        registry.keep(key, limiter);
        return taken;
    }

    /** As {@link RateLimiter#tryAcquire(int, Duration)}. */
    public boolean tryAcquire(Object key, int permits, Duration maxWait) {
        RateLimiter limiter = registry.get(key);
        try {
            return limiter.tryAcquire(permits, maxWait);
        } finally {
            registry.keep(key, limiter);
        }
    }

    /** As {@link RateLimiter#drainPermits()}. */
    public int drainPermits(Object key) {
        RateLimiter limiter = registry.get(key);
        int drained = limiter.drainPermits();
        registry.keep(key, limiter);
        return drained;
    }

    /** As {@link RateLimiter#acquire()}. */
    public void acquire(Object key) {
        acquire(key, 1);
    }

    /**
     * As {@link RateLimiter#acquire(int)}.
     *
     * @throws CallRejectedException if the permits are not there in time, or if the thread is interrupted while it
     *     waits
     */
    public void acquire(Object key, int permits) {
        RateLimiter limiter = registry.get(key);
        try {
            limiter.acquire(permits);
        } finally {
            registry.keep(key, limiter);
        }
    }

    /** As {@link RateLimiter#acquireAsync()}. */
    public CompletableFuture<@Nullable Void> acquireAsync(Object key) {
        return acquireAsync(key, 1);
    }

    /** As {@link RateLimiter#acquireAsync(int)}. */
    public CompletableFuture<@Nullable Void> acquireAsync(Object key, int permits) {
        RateLimiter limiter = registry.get(key);
        CompletableFuture<@Nullable Void> permit = limiter.acquireAsync(permits);
        registry.keep(key, limiter);
        return permit;
    }

    /**
     * As {@link RateLimiter#reserve(int, Duration)}.
     *
     * @throws RateLimitExceededException if it would take longer, or if so many are never there at once
     */
    public Reservation reserve(Object key, int permits, Duration maxWait) {
        RateLimiter limiter = registry.get(key);
        Reservation reservation = limiter.reserve(permits, maxWait);
        registry.keep(key, limiter);
        return reservation;
    }

    /** As {@link RateLimiter#remaining()}. */
    public int remaining(Object key) {
        return registry.get(key).remaining();
    }

    /** As {@link RateLimiter#retryAfter()}. */
    public Duration retryAfter(Object key) {
        return registry.get(key).retryAfter();
    }

    /** As {@link RateLimiter#resetAfter()}. */
    public Duration resetAfter(Object key) {
        return registry.get(key).resetAfter();
    }

    /**
     * Puts other options in force for all keys, those there are and those to come; each keeps what is owed as {@link
     * RateLimiter#reconfigure} says.
     *
     * @throws IllegalArgumentException if a limiter rejects the options; then those stay in force that were before
     */
    public void reconfigure(RateLimiterConfig config) {
        Require.present("config", config);
        registry.apply(limiter -> limiter.reconfigure(config));
    }

    // ---- a policy, as the registry is

    @Override
    public String name() {
        return registry.name();
    }

    @Override
    protected @Nullable TimeSource timeSource() {
        return PolicyAccess.timeSource(registry);
    }

    @Override
    protected <T extends @Nullable Object> T around(
            CallContext context, long now, Chain inner, CallBody<? extends T> body) throws Exception {
        return PolicyAccess.<T>around(registry, context, now, inner, body);
    }

    @Override
    protected <T extends @Nullable Object> CompletableFuture<T> aroundAsync(
            CallContext context, long now, Chain inner, AsyncCallBody<? extends T> body) {
        return PolicyAccess.aroundAsync(registry, context, now, inner, body);
    }

    @Override
    protected <T extends @Nullable Object> Outcome<T> tryExecute(CallContext context, CallBody<? extends T> body)
            throws Exception {
        return PolicyAccess.<T>tryCall(registry, context, body);
    }

    @Override
    protected void describe(MeterSink sink) {
        PolicyAccess.describe(registry, sink);
    }

    @Override
    public String explain() {
        return registry.explain();
    }

    @Override
    protected boolean isIdle() {
        return PolicyAccess.isIdle(registry);
    }

    @Override
    public <E extends MainstayEvent> Subscription subscribe(Class<E> type, Consumer<? super E> listener) {
        return registry.subscribe(type, listener);
    }

    @Override
    public String toString() {
        return "KeyedRateLimiter[" + explain() + "]";
    }
}
