package dev.mainstay.registry;

import dev.mainstay.Chain;
import dev.mainstay.Policy;
import dev.mainstay.PolicyAccess;
import dev.mainstay.Reconfigurable;
import dev.mainstay.call.AsyncCallBody;
import dev.mainstay.call.CallBody;
import dev.mainstay.call.CallContext;
import dev.mainstay.event.CallbackFailures;
import dev.mainstay.event.MainstayEvent;
import dev.mainstay.event.Subscription;
import dev.mainstay.future.Stages;
import dev.mainstay.meter.MeterSink;
import dev.mainstay.meter.MeterTotals;
import dev.mainstay.outcome.Outcome;
import dev.mainstay.safe.Require;
import dev.mainstay.time.TimeSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One instance of a policy, or pipeline, for each key: a breaker per host, a rate limiter per tenant. It is itself a
 * policy, which puts each call through the instance of its {@link CallContext#key()}:
 *
 * <pre>{@code
 * KeyedRegistry<CircuitBreaker> hosts = KeyedRegistry.of("hosts", name -> CircuitBreaker.ofDefaults(name));
 * Pipeline fetch = Pipeline.of("fetch", retry, hosts);
 * fetch.with(ctx -> ctx.key(uri.getHost())).call(() -> client.get(uri));
 * }</pre>
 *
 * <p>There are never more than so many instances. When there is no room for a new key, one that is {@linkplain
 * Policy#isIdle() idle} and was not used for some time goes; if there is none, the new key's calls go through one
 * instance that all such keys share.
 *
 * <p>Keys are compared by {@code equals} and must not change. Safe for use by many threads: finding an instance takes
 * one look into a hash table, no lock and no allocation. Factories, policies and watchers run with no lock held.
 *
 * @param <P> the kind of policy
 */
public final class KeyedRegistry<P extends Policy> extends Policy {

    private final String name;
    private final BiFunction<? super String, ? super @Nullable Object, ? extends P> factory;
    private final int maxInstances;
    private final boolean keyRequired;
    private final InstanceNames names;
    private final Overflow<P> overflow;
    private final Members<P> members;
    private final Changes<P> changes = new Changes<>();
    private final KeyedInstances<P> instances;
    private final KeyedMeters<P> meters;
    private final CallbackFailures keyFailures = new CallbackFailures();

    private KeyedRegistry(Builder<P> builder) {
        name = builder.name;
        factory = builder.factory;
        maxInstances = builder.maxInstances;
        keyRequired = builder.keyRequired;
        names = new InstanceNames(name);
        members = new Members<>(name);
        P shared = make(names.shared(), null);
        overflow = new Overflow<>(name, maxInstances, shared);
        instances = new KeyedInstances<>(
                name,
                maxInstances,
                this::placeMadeFor,
                overflow,
                members,
                changes,
                place -> names.release(place.reservedName, place.key));
        meters = new KeyedMeters<>(name, shared, builder.metersPerKey, instances, this::watch);
        members.add(shared);
    }

    /** A registry with the defaults, which makes instances by their name. */
    public static <P extends Policy> KeyedRegistry<P> of(String name, Function<? super String, ? extends P> factory) {
        return KeyedRegistry.<P>builder(name, factory).build();
    }

    /**
     * Begins a registry that makes all instances alike.
     *
     * @param factory makes an instance, given its name, {@code "hosts[example.com]"}; it may be called more than once
     *     for a key by threads that ask at the same time, and all but one of the results are dropped
     */
    public static <P extends Policy> Builder<P> builder(String name, Function<? super String, ? extends P> factory) {
        Require.present("factory", factory);
        return new Builder<>(name, (instanceName, key) -> factory.apply(instanceName));
    }

    /**
     * Begins a registry whose instances depend on their keys.
     *
     * @param factory makes an instance, given its name and key; the key is null for the instance that keys share for
     *     which there is no room
     */
    public static <P extends Policy> Builder<P> builder(
            String name, BiFunction<? super String, ? super @Nullable Object, ? extends P> factory) {
        return new Builder<>(name, Require.present("factory", factory));
    }

    // ---- finding

    /**
     * The instance of this key, made if there is none yet; the shared one if there is no room for it. As long as you
     * hold it, it is the one that everybody gets for this key, unless it is {@linkplain #remove removed}. But do not
     * keep it: what calls leave in it once it has been evicted is forgotten when you let go of it. Ask each time, or
     * call through this registry.
     */
    public P get(Object key) {
        Require.present("key", key);
        P policy;
        do {
            policy = instances.of(key).held();
        } while (policy == null);
        return policy;
    }

    /**
     * Sees to it that what was left in an instance that {@link #get} gave is not lost, in case it was evicted
     * meanwhile. For those who use an instance without a call through this registry; to be called right afterwards.
     * Never throws.
     */
    public void keep(Object key, P instance) {
        try {
            KeyedInstance<P> place = instances.find(key);
            if (place != null && !place.holds(instance) && place.reachable() == instance) {
                instances.keep(place, instance, true);
            }
        } catch (Throwable failure) {
            keyFailures.report(name, "equals or hashCode of a key", failure);
        }
    }

    /** The instance of this key, if there is one. */
    public Optional<P> find(Object key) {
        KeyedInstance<P> place = instances.find(Require.present("key", key));
        return place == null ? Optional.empty() : Optional.ofNullable(place.held());
    }

    /**
     * The instance that keys share for which there is no room, and, if allowed, calls without a key. It is never
     * evicted.
     */
    public P shared() {
        return overflow.shared();
    }

    /** For tests: how many keys it knows, those of evicted instances among them. */
    int entries() {
        return instances.entries();
    }

    /** For tests: how many stand in the evictor's queues. */
    int queued() {
        return instances.queued();
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
        return instances.remove(Require.present("key", key));
    }

    private KeyedInstance<P> placeMadeFor(Object key) {
        InstanceNames.InstanceName instanceName = names.of(key);
        KeyedInstance<P> place = null;
        try {
            P policy = make(instanceName.text(), key);
            KeyedInstance<P> made = new KeyedInstance<>(key, policy, instanceName.reserved());
            changes.catchUp(made, policy);
            overflow.handOver(key, policy);
            place = made;
            return made;
        } finally {
            if (place == null) {
                names.release(instanceName.reserved(), key);
            }
        }
    }

    private P make(String instanceName, @Nullable Object key) {
        return Require.present("what the factory made of '" + instanceName + "'", factory.apply(instanceName, key));
    }

    // ---- changing all

    /**
     * Changes every instance, those that are there and those made later: {@code hosts.apply(breaker ->
     * breaker.reconfigure(config))}. Of several changes, instances made later see the last one only, so it says all
     * the options and not what is different.
     *
     * <p>A change that throws for one of those that are there leaves what was in force before: instances made later do
     * not see it, and those that are there see the last change again that threw for none of them. If there is none,
     * those that are {@link Reconfigurable} get the options again that they had; others keep what the change has done
     * to them.
     *
     * @throws RuntimeException what the change throws for an instance, with what it throws for others suppressed
     */
    public void apply(Consumer<? super P> change) {
        changes.apply(Require.present("change", change), this::places);
    }

    private List<KeyedInstance<P>> places() {
        List<KeyedInstance<P>> all = new ArrayList<>();
        instances.all().forEach(all::add);
        all.add(overflow.place());
        return all;
    }

    // ---- calls

    /** The place whose policy a call goes through. */
    private KeyedInstance<P> placeFor(CallContext context) {
        Object key = context.key();
        KeyedInstance<P> place;
        if (key != null) {
            place = instances.of(key);
        } else if (keyRequired) {
            throw new IllegalStateException("the call has no key, by which '" + name
                    + "' would choose its instance: call through guard.with(ctx -> ctx.key(…))");
        } else {
            place = overflow.place();
        }
        if (place == overflow.place()) {
            meters.countSharedCall();
        }
        return place;
    }

    @Override
    protected <T extends @Nullable Object> T around(
            CallContext context, long now, Chain inner, CallBody<? extends T> body) throws Exception {
        KeyedInstance<P> place;
        P policy;
        do {
            place = placeFor(context);
            policy = place.held();
        } while (policy == null);
        try {
            return PolicyAccess.<T>around(policy, context, now, inner, body);
        } finally {
            if (place.value != policy) {
                try {
                    instances.keep(place, policy, true);
                } catch (Throwable noStack) {
                    // What the call left in an instance that was evicted under it is lost. The call's outcome is not.
                }
            }
        }
    }

    @Override
    protected <T extends @Nullable Object> Outcome<T> tryExecute(CallContext context, CallBody<? extends T> body)
            throws Exception {
        KeyedInstance<P> place;
        P policy;
        do {
            place = placeFor(context);
            policy = place.held();
        } while (policy == null);
        try {
            return PolicyAccess.<T>tryCall(policy, context, body);
        } finally {
            if (place.value != policy) {
                try {
                    instances.keep(place, policy, true);
                } catch (Throwable noStack) {
                    // What the call left in an instance that was evicted under it is lost. The call's outcome is not.
                }
            }
        }
    }

    @Override
    protected <T extends @Nullable Object> CompletableFuture<T> aroundAsync(
            CallContext context, long now, Chain inner, AsyncCallBody<? extends T> body) {
        KeyedInstance<P> place;
        P policy;
        CompletableFuture<T> call;
        try {
            do {
                place = placeFor(context);
                policy = place.held();
            } while (policy == null);
        } catch (Throwable failure) {
            return Stages.failed(failure);
        }
        try {
            call = PolicyAccess.aroundAsync(policy, context, now, inner, body);
        } catch (Throwable failure) {
            instances.keep(place, policy, true);
            return Stages.failed(failure);
        }
        instances.keep(place, policy, true);
        if (call != null && !call.isDone()) {
            settleAtTheEnd(place, policy, call);
        }
        return call;
    }

    /** Not every policy counts as busy while a call is in it, but what the call leaves there at its end must stay. */
    private void settleAtTheEnd(KeyedInstance<P> place, P policy, CompletableFuture<?> call) {
        try {
            Stages.follow(call, (result, failure) -> instances.keep(place, policy, false));
        } catch (Throwable failure) {
            // Out of stack, or a future whose whenComplete throws: the call goes on.
        }
    }

    // ---- self-description

    @Override
    public String name() {
        return name;
    }

    @Override
    protected @Nullable TimeSource timeSource() {
        return PolicyAccess.timeSource(shared());
    }

    /**
     * Its own meters, and those of its instances: {@linkplain MeterTotals put together} under the registry's name, or
     * each by itself if the registry was told so.
     */
    @Override
    protected void describe(MeterSink sink) {
        meters.describe(sink);
    }

    /**
     * Attaches something to every instance, those that are there and those made later: its meters to a metrics library,
     * a listener. The function is called once for each instance, and what it returns is closed when the instance is
     * evicted or removed, or when this subscription ends. A function that throws is logged.
     */
    public Subscription watch(Function<? super P, ? extends Subscription> attach) {
        return members.watch(Require.present("attach", attach));
    }

    /** Listens to every instance, those made later among them. */
    @Override
    public <E extends MainstayEvent> Subscription subscribe(Class<E> type, Consumer<? super E> listener) {
        Require.present("type", type);
        Require.present("listener", listener);
        return watch(policy -> policy.subscribe(type, listener));
    }

    @Override
    protected boolean isIdle() {
        return all().stream().allMatch(PolicyAccess::isIdle);
    }

    @Override
    public String explain() {
        return "'" + name + "' has " + instances.count() + " of at most " + maxInstances
                + " instances, and one to share";
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
         * Whether a call without a key fails with an {@code IllegalStateException}, which is the default, since a key
         * that is forgotten would make all calls share one bulkhead or breaker unnoticed. Otherwise such calls go
         * through the shared instance.
         */
        public Builder<P> keyRequired(boolean keyRequired) {
            this.keyRequired = keyRequired;
            return this;
        }

        /**
         * Whether each instance has meters of its own, named after its key, instead of all being put together; false by
         * default, since keys may be many.
         */
        public Builder<P> metersPerKey(boolean metersPerKey) {
            this.metersPerKey = metersPerKey;
            return this;
        }

        /**
         * The registry. The factory is asked for the shared instance at once, so that one that cannot make instances is
         * found now.
         *
         * @throws RuntimeException what the factory throws
         */
        public KeyedRegistry<P> build() {
            return new KeyedRegistry<>(this);
        }
    }
}
