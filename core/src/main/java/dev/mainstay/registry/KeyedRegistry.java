package dev.mainstay.registry;

import dev.mainstay.AsyncBody;
import dev.mainstay.Body;
import dev.mainstay.CallContext;
import dev.mainstay.Chain;
import dev.mainstay.Outcome;
import dev.mainstay.Policy;
import dev.mainstay.Require;
import dev.mainstay.Stages;
import dev.mainstay.event.Event;
import dev.mainstay.event.Subscription;
import dev.mainstay.meter.Counter;
import dev.mainstay.meter.MeterId;
import dev.mainstay.meter.MeterSink;
import dev.mainstay.meter.MeterTotals;
import dev.mainstay.safe.SafeLog;
import dev.mainstay.time.TimeSource;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One instance of a policy, or pipeline, for each key: a breaker per host, a rate limiter per tenant. It is itself a policy, which puts each call through the instance of
 * its {@link CallContext#key()}:
 *
 * <pre>{@code
 * KeyedRegistry<CircuitBreaker> hosts = KeyedRegistry.of("hosts", name -> CircuitBreaker.ofDefaults(name));
 * Pipeline fetch = Pipeline.of("fetch", retry, hosts);
 * fetch.with(ctx -> ctx.key(uri.getHost())).call(() -> client.get(uri));
 * }</pre>
 *
 * <p>There are never more than so many instances. When there is no room for a new key, one that is {@linkplain Policy#isIdle() idle} and was not used for
 * some time goes; if there is none, the new key's calls go through one instance that all such keys share.
 *
 * <p>Keys are compared by {@code equals} and must not change. Safe for use by many threads: finding an instance takes one look into a hash table, no lock and no
 * allocation. Factories, policies and watchers run with no lock held.
 *
 * @param <P> the kind of policy
 */
public final class KeyedRegistry<P extends Policy> implements Policy {

    /*
     * Eviction
     * ========
     * An instance that is evicted while a call has just looked it up must not lose what that call leaves in it (a permit, a failure, a debt), and the
     * key must not get a second instance meanwhile. Pinning it would cost two writes to shared memory per call. Instead:
     *
     *  - The place of the key stays and holds the evicted policy weakly (KeyedInstance). As long as the call, or anybody, has the policy, it is found there again.
     *  - The evictor evicts first, and then asks once more whether the policy is idle; if not, it takes the eviction back.
     *  - The call looks, when it has gone through the policy, whether the policy was evicted; if so, and if it is not idle, the call takes the eviction back.
     *    An asynchronous one looks when it was begun and when its future is complete.
     *
     * Evictor: write the place, read the policy. Call: write the policy, read the place. Both are volatile, so that at least one of the two sees the
     * other; and nobody can have made a second policy, since the call has held the first one all the time.
     *
     * An eviction that is taken back may exceed the limit for a moment, by one for each call that was that slow.
     *
     * Which one goes is decided as by the second hand of a clock: instances stand in a queue; one that comes to the head and was used since it was last
     * there goes back to the end, as does one that is not idle. Each new key moves the hand by a few places only, so that a flood of keys while
     * all are busy costs little each.
     */
    private static final int HAND_MOVES_AT_MOST = 16;

    private static final SafeLog LOG = SafeLog.of(KeyedRegistry.class);

    private final String name;
    private final BiFunction<? super String, ? super @Nullable Object, ? extends P> factory;
    private final int maxInstances;
    private final boolean keyRequired;
    private final boolean metersPerKey;
    private final P shared;

    /** Stands in no table and no queue. */
    private final KeyedInstance<P> sharedPlace;

    private final ConcurrentHashMap<Object, KeyedInstance<P>> instances = new ConcurrentHashMap<>();
    private final Queue<KeyedInstance<P>> hand = new ConcurrentLinkedQueue<>();
    private final AtomicInteger places = new AtomicInteger();
    private final ReferenceQueue<Object> collected = new ReferenceQueue<>();
    private final Members<P> members;

    private final Counter evictions = new Counter();
    private final Counter sharedCalls = new Counter();
    private final AtomicBoolean warned = new AtomicBoolean();
    private final AtomicReference<@Nullable MeterTotals> totals = new AtomicReference<>();
    private volatile @Nullable Consumer<? super P> change;

    private KeyedRegistry(Builder<P> builder) {
        name = builder.name;
        factory = builder.factory;
        maxInstances = builder.maxInstances;
        keyRequired = builder.keyRequired;
        metersPerKey = builder.metersPerKey;
        members = new Members<>(name);
        shared = make(null);
        sharedPlace = new KeyedInstance<>(name, shared);
        members.add(shared);
    }

    /** A registry with the defaults, which makes instances by their name. */
    public static <P extends Policy> KeyedRegistry<P> of(String name, Function<? super String, ? extends P> factory) {
        return KeyedRegistry.<P>builder(name, factory).build();
    }

    /**
     * Begins a registry that makes all instances alike.
     *
     * @param factory makes an instance, given its name, {@code "hosts[example.com]"}; it may be called more than once for a key by threads that ask at the
     *     same time, and all but one of the results are dropped
     */
    public static <P extends Policy> Builder<P> builder(String name, Function<? super String, ? extends P> factory) {
        Require.present("factory", factory);
        return new Builder<>(name, (instanceName, key) -> factory.apply(instanceName));
    }

    /**
     * Begins a registry whose instances depend on their keys.
     *
     * @param factory makes an instance, given its name and key; the key is null for the instance that keys share for which there is no room
     */
    public static <P extends Policy> Builder<P> builder(
            String name, BiFunction<? super String, ? super @Nullable Object, ? extends P> factory) {
        return new Builder<>(name, Require.present("factory", factory));
    }

    // ---- finding

    /**
     * The instance of this key, made if there is none yet; the shared one if there is no room for it. As long as you hold it, it is the one that everybody gets for this
     * key, unless it is {@linkplain #remove removed}. But do not keep it: what calls leave in it once it has been evicted is forgotten when you let go of
     * it. Ask each time, or call through this registry.
     */
    public P get(Object key) {
        Require.present("key", key);
        P policy;
        do {
            policy = placeOf(key).held();
        } while (policy == null);
        return policy;
    }

    /** The instance of this key, if there is one. */
    public Optional<P> find(Object key) {
        KeyedInstance<P> place = instances.get(Require.present("key", key));
        return place == null ? Optional.empty() : Optional.ofNullable(place.held());
    }

    /** The instance that keys share for which there is no room, and, if allowed, calls without a key. It is never evicted. */
    public P shared() {
        return shared;
    }

    /** All instances there are now, the shared one among them, in no particular order. */
    public List<P> all() {
        return members.all();
    }

    /**
     * Forgets the instance of a key, idle or not. Calls that are in it end in it; the next one gets a new one.
     *
     * @return the instance, if there was one
     */
    public Optional<P> remove(Object key) {
        KeyedInstance<P> place = instances.remove(Require.present("key", key));
        P policy = place == null ? null : place.end();
        if (place == null || policy == null) {
            return Optional.empty();
        }
        hand.remove(place);
        places.decrementAndGet();
        members.remove(policy);
        return Optional.of(policy);
    }

    /** The key's place, which held a policy a moment ago. */
    private KeyedInstance<P> placeOf(Object key) {
        KeyedInstance<P> place = instances.get(key);
        if (place != null && place.held() != null) {
            place.markUsed();
            return place;
        }
        return found(key);
    }

    /** The place of a key that had none, or one whose policy was evicted. */
    private KeyedInstance<P> found(Object key) {
        forgetCollected();
        while (true) {
            KeyedInstance<P> place = instances.get(key);
            if (place == null) {
                place = made(key);
                if (place != null) {
                    return place;
                }
                continue;
            }
            P policy = place.reachable();
            if (policy == null) {
                if (place.endIfCollected()) {
                    instances.remove(key, place);
                }
            } else if (place.holds(policy)) {
                place.markUsed();
                return place;
            } else if (!takePlace()) {
                if (policy.isIdle()) {
                    return sharedPlace;
                }
                revive(place, policy);
            } else if (place.revive(policy)) {
                enter(place, policy);
                return place;
            } else {
                places.decrementAndGet();
            }
        }
    }

    /** The place of a new policy, the shared one, or null if somebody else was faster. */
    private @Nullable KeyedInstance<P> made(Object key) {
        if (!takePlace()) {
            if (warned.compareAndSet(false, true)) {
                LOG.warn(
                        "No room for another key, and no instance that is idle: such keys share one instance",
                        "registry",
                        name,
                        "maxInstances",
                        maxInstances);
            }
            return sharedPlace;
        }
        KeyedInstance<P> entered = null;
        try {
            Consumer<? super P> applied = change;
            P policy = make(key);
            if (applied != null) {
                applied.accept(policy);
            }
            KeyedInstance<P> place = new KeyedInstance<>(key, policy);
            place.change = applied;
            if (instances.putIfAbsent(key, place) == null) {
                entered = place;
                enter(place, policy);
            }
        } finally {
            if (entered == null) {
                places.decrementAndGet();
            }
        }
        return entered;
    }

    private P make(@Nullable Object key) {
        String instanceName = name + "[" + (key == null ? "shared" : key) + "]";
        return Require.present("what the factory made of '" + instanceName + "'", factory.apply(instanceName, key));
    }

    /** Its policy has become one of those that are held. */
    private void enter(KeyedInstance<P> place, P policy) {
        place.markUsed();
        members.add(policy);
        hand.add(place);
        if (place.isGone()) {
            // Somebody has removed it before it was a member.
            members.remove(policy);
            hand.remove(place);
        }
        if (place.change != change) {
            catchUp(place, policy);
        }
    }

    // ---- changing all

    /**
     * Changes every instance, those that are there and those made later: {@code hosts.apply(breaker -> breaker.reconfigure(config))}. Of several changes, instances made
     * later see the last one only.
     *
     * @throws RuntimeException what the change throws for an instance, after all others have seen it
     */
    public void apply(Consumer<? super P> change) {
        this.change = Require.present("change", change);
        RuntimeException failure = null;
        for (KeyedInstance<P> place : instances.values()) {
            failure = changed(place, failure);
        }
        failure = changed(sharedPlace, failure);
        if (failure != null) {
            throw failure;
        }
    }

    private @Nullable RuntimeException changed(KeyedInstance<P> place, @Nullable RuntimeException before) {
        P policy = place.held();
        if (policy == null) {
            // It sees the change if it comes back.
            return before;
        }
        try {
            catchUp(place, policy);
            return before;
        } catch (RuntimeException failure) {
            if (before == null) {
                return failure;
            }
            before.addSuppressed(failure);
            return before;
        }
    }

    /** Whoever makes a change looks again afterwards, so that of several who do so at the same time the last one makes the one that is in force. */
    private void catchUp(KeyedInstance<P> place, P policy) {
        Consumer<? super P> current;
        do {
            current = change;
            if (current != null) {
                current.accept(policy);
            }
        } while (change != current);
        place.change = current;
    }

    // ---- making room

    private boolean takePlace() {
        while (true) {
            int taken = places.get();
            if (taken < maxInstances) {
                if (places.compareAndSet(taken, taken + 1)) {
                    return true;
                }
            } else if (evictOne()) {
                places.decrementAndGet();
            } else {
                return false;
            }
        }
    }

    private boolean evictOne() {
        for (int i = 0; i < HAND_MOVES_AT_MOST; i++) {
            KeyedInstance<P> place = hand.poll();
            if (place == null) {
                return false;
            }
            P policy = place.held();
            if (policy == null) {
                // Removed: its place was given back.
                continue;
            }
            if (place.wasUsed() || !policy.isIdle() || !place.evict(policy, collected)) {
                hand.add(place);
            } else if (policy.isIdle() || !place.revive(policy)) {
                evictions.increment();
                members.remove(policy);
                if (place.holds(policy)) {
                    // A call has taken the eviction back before it was told.
                    members.add(policy);
                }
                return true;
            } else {
                hand.add(place);
            }
        }
        return false;
    }

    /** For a call that has gone through a policy: what it left there must not be lost if the policy was evicted under it. */
    private void settle(KeyedInstance<P> place, P policy) {
        if (!place.holds(policy) && !policy.isIdle()) {
            revive(place, policy);
        }
    }

    /** Takes an eviction back even if there is no room. */
    private void revive(KeyedInstance<P> place, P policy) {
        places.incrementAndGet();
        if (place.revive(policy)) {
            enter(place, policy);
        } else {
            places.decrementAndGet();
        }
    }

    private void forgetCollected() {
        for (Reference<?> next = collected.poll(); next != null; next = collected.poll()) {
            if (next instanceof KeyedInstance.Evicted evicted && evicted.instance != null) {
                KeyedInstance<?> instance = evicted.instance;
                if (instance.endIfCollected()) {
                    instances.remove(instance.key, instance);
                }
            }
        }
    }

    // ---- calls

    /** The place whose policy a call goes through. */
    private KeyedInstance<P> placeFor(CallContext context) {
        Object key = context.key();
        KeyedInstance<P> place;
        if (key != null) {
            place = placeOf(key);
        } else if (keyRequired) {
            throw new IllegalStateException("the call has no key, by which '" + name
                    + "' would choose its instance: call through guard.with(ctx -> ctx.key(…))");
        } else {
            place = sharedPlace;
        }
        if (place == sharedPlace) {
            sharedCalls.increment();
        }
        return place;
    }

    @Override
    public <T extends @Nullable Object> T around(CallContext context, long now, Chain inner, Body<? extends T> body)
            throws Exception {
        KeyedInstance<P> place = placeFor(context);
        P policy = place.held();
        if (policy == null) {
            return this.<T>around(context, now, inner, body);
        }
        try {
            return policy.<T>around(context, now, inner, body);
        } finally {
            settle(place, policy);
        }
    }

    @Override
    public <T extends @Nullable Object> Outcome<T> tryExecute(CallContext context, Body<? extends T> body)
            throws Exception {
        KeyedInstance<P> place = placeFor(context);
        P policy = place.held();
        if (policy == null) {
            return this.<T>tryExecute(context, body);
        }
        try {
            return policy.<T>tryExecute(context, body);
        } finally {
            settle(place, policy);
        }
    }

    @Override
    public <T extends @Nullable Object> CompletableFuture<T> aroundAsync(
            CallContext context, long now, Chain inner, AsyncBody<? extends T> body) {
        KeyedInstance<P> place;
        try {
            place = placeFor(context);
        } catch (Throwable failure) {
            return Stages.failed(failure);
        }
        P policy = place.held();
        if (policy == null) {
            return aroundAsync(context, now, inner, body);
        }
        CompletableFuture<T> call = policy.aroundAsync(context, now, inner, body);
        settle(place, policy);
        if (call != null && !call.isDone()) {
            // Not every policy counts as busy while a call is in it, but what the call leaves there at its end must
            // stay.
            call.whenComplete((result, failure) -> settle(place, policy));
        }
        return call;
    }

    // ---- self-description

    @Override
    public String name() {
        return name;
    }

    @Override
    public @Nullable TimeSource timeSource() {
        return shared.timeSource();
    }

    /**
     * Its own meters, and those of its instances: {@linkplain MeterTotals put together} under the registry's name, or each by itself if the registry
     * was told so.
     */
    @Override
    public void describe(MeterSink sink) {
        sink.gauge(MeterId.of("registry.instances", name, "Instances there are for keys", "instances"), places::get);
        sink.counter(
                MeterId.of("registry.evictions", name, "Instances that made room for another key", "instances"),
                evictions);
        sink.counter(
                MeterId.of("registry.shared.calls", name, "Calls through the instance that keys share", "calls"),
                sharedCalls);
        if (metersPerKey) {
            sink.members(this::watch);
        } else {
            totals().describe(sink);
        }
    }

    private MeterTotals totals() {
        MeterTotals existing = totals.get();
        if (existing != null) {
            return existing;
        }
        MeterTotals made = new MeterTotals(name, shared.name(), shared::describe);
        if (totals.compareAndSet(null, made)) {
            watch(policy -> made.add(policy.name(), policy::describe));
            return made;
        }
        return totals();
    }

    /**
     * Attaches something to every instance, those that are there and those made later: its meters to a metrics library, a listener. The function is called once for each
     * instance, and what it returns is closed when the instance is evicted or removed, or when this subscription ends. A function that throws is logged.
     */
    public Subscription watch(Function<? super P, ? extends Subscription> attach) {
        return members.watch(Require.present("attach", attach));
    }

    /** Listens to every instance, those made later among them. */
    @Override
    public <E extends Event> Subscription subscribe(Class<E> type, Consumer<? super E> listener) {
        Require.present("type", type);
        Require.present("listener", listener);
        return watch(policy -> policy.subscribe(type, listener));
    }

    @Override
    public boolean isIdle() {
        return all().stream().allMatch(Policy::isIdle);
    }

    @Override
    public String explain() {
        return "'" + name + "' has " + places.get() + " of at most " + maxInstances + " instances, and one to share";
    }

    @Override
    public String toString() {
        return "KeyedRegistry[" + explain() + "]";
    }

    /**
     * Collects the options of a keyed registry. Not safe for use by many threads.
     *
     * @param <P> the kind of policy
     */
    public static final class Builder<P extends Policy> {

        private final String name;
        private final BiFunction<? super String, ? super @Nullable Object, ? extends P> factory;
        private int maxInstances = 1_000;
        private boolean keyRequired = true;
        private boolean metersPerKey;

        private Builder(String name, BiFunction<? super String, ? super @Nullable Object, ? extends P> factory) {
            this.name = Require.name(name);
            this.factory = factory;
        }

        /** How many keys may have an instance of their own; 1000 by default. */
        public Builder<P> maxInstances(int maxInstances) {
            this.maxInstances = Require.atLeast("maxInstances", maxInstances, 1);
            return this;
        }

        /**
         * Whether a call without a key fails with an {@code IllegalStateException}, which is the default, since a key that is forgotten would make all calls share one
         * bulkhead or breaker unnoticed. Otherwise such calls go through the shared instance.
         */
        public Builder<P> keyRequired(boolean keyRequired) {
            this.keyRequired = keyRequired;
            return this;
        }

        /** Whether each instance has meters of its own, named after its key, instead of all being put together; false by default, since keys may be many. */
        public Builder<P> metersPerKey(boolean metersPerKey) {
            this.metersPerKey = metersPerKey;
            return this;
        }

        /**
         * The registry. The factory is asked for the shared instance at once, so that one that cannot make instances is found now.
         *
         * @throws RuntimeException what the factory throws
         */
        public KeyedRegistry<P> build() {
            return new KeyedRegistry<>(this);
        }
    }
}
