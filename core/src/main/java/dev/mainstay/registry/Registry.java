package dev.mainstay.registry;

import dev.mainstay.Policy;
import dev.mainstay.Reconfigurable;
import dev.mainstay.Require;
import dev.mainstay.event.Subscription;
import dev.mainstay.meter.Measured;
import dev.mainstay.meter.MeterSink;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * Instances of one kind of policy by name, each made when it is first asked for, over configs that they share.
 *
 * <pre>{@code
 * Registry<CircuitBreaker, CircuitBreakerConfig> breakers = Registry.builder(CircuitBreaker::of, CircuitBreakerConfig.defaults())
 *         .config("patient", CircuitBreakerConfig.builder().minimumNumberOfCalls(50).build())
 *         .build();
 * breakers.get("inventory").call(…);
 * breakers.get("reports", "patient").call(…);
 * }</pre>
 *
 * <p>Names are those that a developer thinks of. For instances by host or tenant, whose number data decides, use a {@link KeyedRegistry}. Safe for use by many
 * threads; finding an instance that is there takes one look into a hash table. Factories and watchers run with no lock held.
 *
 * @param <P> the kind of policy
 * @param <C> its config
 */
public final class Registry<P extends Policy & Reconfigurable<C>, C> implements Measured {

    /** The name of the config that instances have for which no other was named. */
    public static final String DEFAULT_CONFIG = "default";

    private final BiFunction<? super String, ? super C, ? extends P> factory;
    private final Map<String, SharedConfig<C>> configs;
    private final int maxInstances;
    private final ConcurrentHashMap<String, Entry<P, C>> entries = new ConcurrentHashMap<>();
    private final AtomicInteger places = new AtomicInteger();
    private final Members<P> members = new Members<>("registry");

    private Registry(Builder<P, C> builder) {
        factory = builder.factory;
        maxInstances = builder.maxInstances;
        Map<String, SharedConfig<C>> shared = new LinkedHashMap<>();
        builder.configs.forEach((name, config) -> shared.put(name, new SharedConfig<>(name, config)));
        configs = Map.copyOf(shared);
    }

    /**
     * Begins a registry.
     *
     * @param factory makes an instance, given its name and config; it may be called more than once for a name by threads that ask at the same time, and all but one
     *     of the results are dropped
     * @param defaultConfig what instances have for which no other config is named
     */
    public static <P extends Policy & Reconfigurable<C>, C> Builder<P, C> builder(
            BiFunction<? super String, ? super C, ? extends P> factory, C defaultConfig) {
        return new Builder<P, C>(Require.present("factory", factory)).config(DEFAULT_CONFIG, defaultConfig);
    }

    /**
     * The instance with this name, whatever config it has; made with the default config if there is none yet.
     *
     * @throws IllegalStateException if there are as many instances as allowed
     */
    public P get(String name) {
        Entry<P, C> entry = entries.get(name);
        return entry != null ? entry.policy : made(name, config(DEFAULT_CONFIG)).policy;
    }

    /**
     * The instance with this name and config; made if there is none yet.
     *
     * @throws IllegalArgumentException if no config has that name
     * @throws IllegalStateException if the instance is there with another config, or if there are as many instances as allowed
     */
    public P get(String name, String configName) {
        SharedConfig<C> config = config(configName);
        Entry<P, C> entry = entries.get(name);
        if (entry == null) {
            entry = made(name, config);
        }
        if (entry.config != config) {
            throw new IllegalStateException("'" + name + "' has the config '" + entry.config.name
                    + "' already, and cannot have '" + configName + "', too");
        }
        return entry.policy;
    }

    private Entry<P, C> made(String name, SharedConfig<C> config) {
        Require.name(name);
        if (places.incrementAndGet() > maxInstances) {
            places.decrementAndGet();
            throw new IllegalStateException("the registry holds " + maxInstances
                    + " instances, which is its maxInstances, so '" + name
                    + "' cannot be made; for names that come out of data, use a KeyedRegistry");
        }
        Entry<P, C> made = null;
        try {
            C current = config.get();
            P policy = Require.present("what the factory made of '" + name + "'", factory.apply(name, current));
            Entry<P, C> entry = new Entry<>(policy, config);
            Entry<P, C> before = entries.putIfAbsent(name, entry);
            if (before != null) {
                return before;
            }
            made = entry;
            if (config.get() != current) {
                entry.catchUp();
            }
            members.add(policy);
            if (entries.get(name) != entry) {
                // Somebody has removed it before it was a member.
                members.remove(policy);
            }
            return entry;
        } finally {
            if (made == null) {
                places.decrementAndGet();
            }
        }
    }

    /** The instance with this name, if it was made. */
    public Optional<P> find(String name) {
        Entry<P, C> entry = entries.get(name);
        return entry == null ? Optional.empty() : Optional.of(entry.policy);
    }

    /** All instances there are now, in no particular order. */
    public List<P> all() {
        return entries.values().stream().map(entry -> entry.policy).toList();
    }

    /**
     * Forgets an instance. Whoever holds it may go on using it; the next one who asks for the name gets a new one.
     *
     * @return the instance, if it was there
     */
    public Optional<P> remove(String name) {
        Entry<P, C> entry = entries.remove(name);
        if (entry == null) {
            return Optional.empty();
        }
        places.decrementAndGet();
        members.remove(entry.policy);
        return Optional.of(entry.policy);
    }

    /** The config of this name, as it is now. */
    public Optional<C> findConfig(String configName) {
        SharedConfig<C> config = configs.get(configName);
        return config == null ? Optional.empty() : Optional.of(config.get());
    }

    /**
     * Changes a shared config: all instances that have it are reconfigured, and those made later get it.
     *
     * @throws IllegalArgumentException if no config has that name, or if an instance refuses the new one; then all have the old one again
     */
    public void reconfigure(String configName, C newConfig) {
        SharedConfig<C> config = config(configName);
        C before = config.getAndSet(Require.present("config", newConfig));
        try {
            catchUp(config);
        } catch (RuntimeException refused) {
            if (config.compareAndSet(newConfig, before)) {
                try {
                    catchUp(config);
                } catch (RuntimeException refusedAgain) {
                    refused.addSuppressed(refusedAgain);
                }
            }
            throw refused;
        }
    }

    private void catchUp(SharedConfig<C> config) {
        for (Entry<P, C> entry : entries.values()) {
            if (entry.config == config) {
                entry.catchUp();
            }
        }
    }

    private SharedConfig<C> config(String configName) {
        SharedConfig<C> config = configs.get(Require.present("configName", configName));
        if (config == null) {
            throw new IllegalArgumentException(
                    "configName is '" + configName + "' but must be one of " + new TreeSet<>(configs.keySet()));
        }
        return config;
    }

    /**
     * Attaches something to every instance, those that are there and those made later: its meters to a metrics library, a listener. The function is called once for each
     * instance, and what it returns is closed when the instance is removed or this subscription ends. A function that throws is logged.
     */
    public Subscription watch(Function<? super P, ? extends Subscription> attach) {
        return members.watch(Require.present("attach", attach));
    }

    /** The meters of its instances, which come and go. */
    @Override
    public void describe(MeterSink sink) {
        sink.members(this::watch);
    }

    @Override
    public String toString() {
        return "Registry[" + entries.size() + " instances, configs " + new TreeSet<>(configs.keySet()) + "]";
    }

    /** A config in force, compared by identity. */
    private static final class SharedConfig<C> extends AtomicReference<C> {

        private static final long serialVersionUID = 1L;

        private final String name;

        SharedConfig(String name, C config) {
            super(config);
            this.name = name;
        }
    }

    private static final class Entry<P extends Policy & Reconfigurable<C>, C> {

        private final P policy;
        private final SharedConfig<C> config;

        Entry(P policy, SharedConfig<C> config) {
            this.policy = policy;
            this.config = config;
        }

        /** Whoever reconfigures looks again afterwards, so that of several who do so at the same time the last one leaves the config that is in force. */
        void catchUp() {
            C current;
            do {
                current = config.get();
                policy.reconfigure(current);
            } while (config.get() != current);
        }
    }

    /**
     * Collects the configs of a registry. Not safe for use by many threads.
     *
     * @param <P> the kind of policy
     * @param <C> its config
     */
    public static final class Builder<P extends Policy & Reconfigurable<C>, C> {

        private final BiFunction<? super String, ? super C, ? extends P> factory;
        private final Map<String, C> configs = new LinkedHashMap<>();
        private int maxInstances = 1_000;

        private Builder(BiFunction<? super String, ? super C, ? extends P> factory) {
            this.factory = factory;
        }

        /** One more config, to be asked for by its name. */
        public Builder<P, C> config(String configName, C config) {
            configs.put(Require.name(configName), Require.present("config '" + configName + "'", config));
            return this;
        }

        /** How many instances there may be, so that names made from data by mistake do not fill the memory; 1000 by default. */
        public Builder<P, C> maxInstances(int maxInstances) {
            this.maxInstances = Require.atLeast("maxInstances", maxInstances, 1);
            return this;
        }

        /** The registry. */
        public Registry<P, C> build() {
            return new Registry<>(this);
        }
    }
}
