package dev.mainstay.registry;

import dev.mainstay.Policy;
import dev.mainstay.PolicyAccess;
import dev.mainstay.Reconfigurable;
import dev.mainstay.event.Subscription;
import dev.mainstay.meter.MeterSink;
import dev.mainstay.meter.MeterSource;
import dev.mainstay.safe.Failures;
import dev.mainstay.safe.LeafSection;
import dev.mainstay.safe.Require;
import dev.mainstay.safe.StackReserve;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * Instances of one kind of policy by name, each made when it is first asked for, over configs that they share.
 *
 * <pre>{@code
 * Registry<CircuitBreaker, CircuitBreakerConfig> breakers = Registry
 *         .builder(CircuitBreaker::of, CircuitBreakerConfig.defaults())
 *         .config("patient", CircuitBreakerConfig.builder().minimumNumberOfCalls(50).build())
 *         .build();
 * breakers.get("inventory").call(…);
 * breakers.get("reports", "patient").call(…);
 * }</pre>
 *
 * <p>Names are those that a developer thinks of. For instances by host or tenant, whose number data decides, use a
 * {@link KeyedRegistry}. Safe for use by many threads; finding an instance that is there takes one look into a hash
 * table. Factories and watchers run with no lock held.
 *
 * @param <P> the kind of policy
 * @param <C> its config
 */
public final class Registry<P extends Policy & Reconfigurable<C>, C> implements MeterSource {

    /** The name of the config that instances have for which no other was named. */
    public static final String DEFAULT_CONFIG = "default";

    private final BiFunction<? super String, ? super C, ? extends P> factory;
    private final Map<String, SharedConfig<C>> configs;
    private final int maxInstances;
    private final ConcurrentHashMap<String, NamedInstance<P, C>> entries = new ConcurrentHashMap<>();
    private final Members<P> members = new Members<>("registry");

    /** Instances that there are, and names for which one is being made. Guarded by this. */
    private int places;

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
     * @param factory makes an instance, given its name and config; it may be called more than once for a name by
     *     threads that ask at the same time, and all but one of the results are dropped
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
        NamedInstance<P, C> instance = entries.get(Require.present("name", name));
        P policy = instance == null ? null : instance.policy();
        return policy != null ? policy : made(name, config(DEFAULT_CONFIG)).present();
    }

    /**
     * The instance with this name and config; made if there is none yet.
     *
     * @throws IllegalArgumentException if no config has that name
     * @throws IllegalStateException if the instance is there with another config, or if there are as many instances as
     *     allowed
     */
    public P get(String name, String configName) {
        SharedConfig<C> config = config(configName);
        NamedInstance<P, C> instance = entries.get(Require.present("name", name));
        if (instance == null || instance.policy() == null) {
            instance = made(name, config);
        }
        if (instance.config != config) {
            throw new IllegalStateException("'" + name + "' has the config '" + instance.config.name
                    + "' already, and cannot have '" + configName + "', too");
        }
        return instance.present();
    }

    /**
     * Makes an instance. The entry comes first and takes a place; then each thread that asks for the name asks the
     * factory, and the first one's policy stays. If none of them gets a policy, the last one that leaves takes the
     * entry out, and gives its place back.
     */
    private NamedInstance<P, C> made(String name, SharedConfig<C> config) {
        Require.name(name);
        StackReserve.check();
        while (true) {
            NamedInstance<P, C> fresh = new NamedInstance<>(config);
            NamedInstance<P, C> before = entries.putIfAbsent(name, fresh);
            NamedInstance<P, C> instance = before == null ? fresh : before;
            if (instance.policy() != null) {
                return instance;
            }
            if (!instance.join()) {
                entries.remove(name, instance);
                continue;
            }
            try {
                if (!takePlace(instance)) {
                    throw new IllegalStateException("the registry holds " + maxInstances
                            + " instances, which is its maxInstances, so '" + name
                            + "' cannot be made; for names that come out of data, use a KeyedRegistry");
                }
                make(name, instance);
                return instance;
            } finally {
                if (instance.leave()) {
                    entries.remove(name, instance);
                    givePlaceBack(instance);
                }
            }
        }
    }

    private void make(String name, NamedInstance<P, C> instance) {
        C current = instance.config.inForce();
        P policy = Require.present("what the factory made of '" + name + "'", factory.apply(name, current));
        if (!instance.publish(policy)) {
            return;
        }
        members.add(policy);
        if (entries.get(name) != instance) {
            // Somebody has removed it before it was a member.
            members.remove(policy);
        }
        if (instance.config.inForce() != current) {
            instance.catchUp();
        }
    }

    /** One that was made meanwhile needs no place: it has one, or was removed already. */
    @LeafSection
    private synchronized boolean takePlace(NamedInstance<P, C> instance) {
        if (instance.hasPlace || instance.policy != null) {
            return true;
        }
        if (places >= maxInstances) {
            return false;
        }
        places++;
        instance.hasPlace = true;
        return true;
    }

    @LeafSection
    private synchronized void givePlaceBack(NamedInstance<P, C> instance) {
        if (instance.hasPlace) {
            instance.hasPlace = false;
            places--;
        }
    }

    /** The instance with this name, if it was made. */
    public Optional<P> find(String name) {
        NamedInstance<P, C> instance = entries.get(Require.present("name", name));
        return instance == null ? Optional.empty() : Optional.ofNullable(instance.policy());
    }

    /** All instances there are now, in no particular order. */
    public List<P> all() {
        List<P> all = new ArrayList<>();
        for (NamedInstance<P, C> instance : entries.values()) {
            P policy = instance.policy();
            if (policy != null) {
                all.add(policy);
            }
        }
        return List.copyOf(all);
    }

    /**
     * Forgets an instance. Whoever holds it may go on using it; the next one who asks for the name gets a new one.
     *
     * @return the instance, if it was there
     */
    public Optional<P> remove(String name) {
        StackReserve.check();
        NamedInstance<P, C> instance = entries.get(Require.present("name", name));
        P policy = instance == null ? null : instance.policy();
        if (instance == null || policy == null || !entries.remove(name, instance)) {
            return Optional.empty();
        }
        givePlaceBack(instance);
        members.remove(policy);
        return Optional.of(policy);
    }

    /** The config of this name, as it is now. */
    public Optional<C> findConfig(String configName) {
        SharedConfig<C> config = configs.get(configName);
        return config == null ? Optional.empty() : Optional.of(config.inForce());
    }

    /**
     * Changes a shared config: all instances that have it are reconfigured, and those made later get it.
     *
     * @throws IllegalArgumentException if no config has that name, or if an instance rejects the new one; then all have
     *     the one again that was accepted last
     */
    public void reconfigure(String configName, C newConfig) {
        Require.present("config", newConfig);
        reconfigure(configName, (UnaryOperator<C>) inForce -> newConfig);
    }

    /**
     * Changes some of the options of a shared config: {@code breakers.reconfigure("slow", c ->
     * c.toBuilder().failureRateThreshold(40).build())}. All instances that have it are reconfigured, and those made
     * later get it. Of changes that several threads make at the same time, none is lost.
     *
     * @param change makes the new config from the one in force, under no lock; it is called once more if that has
     *     changed meanwhile, so it must have no side effects
     * @throws IllegalArgumentException if no config has that name, or if an instance rejects the new one; then all have
     *     the one again that was accepted last
     */
    public void reconfigure(String configName, UnaryOperator<C> change) {
        Require.present("change", change);
        SharedConfig<C> config = config(configName);
        StackReserve.check();
        SharedConfig.Version<C> version = config.changeBy(change);
        try {
            catchUp(config);
        } catch (Throwable rejection) {
            if (config.reject(version)) {
                try {
                    catchUp(config);
                } catch (Throwable rejectedAgain) {
                    Failures.suppress(rejection, rejectedAgain);
                }
            }
            throw rejection;
        }
        version.accept();
    }

    private void catchUp(SharedConfig<C> config) {
        for (NamedInstance<P, C> instance : entries.values()) {
            if (instance.config == config) {
                instance.catchUp();
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
     * Attaches something to every instance, those that are there and those made later: its meters to a metrics library,
     * a listener. The function is called once for each instance, and what it returns is closed when the instance is
     * removed or this subscription ends. A function that throws is logged.
     */
    public Subscription watch(Function<? super P, ? extends Subscription> attach) {
        return members.watch(Require.present("attach", attach));
    }

    /** The meters of its instances, which come and go. */
    @Override
    public void describe(MeterSink sink) {
        sink.members(attach -> watch(policy -> attach.apply((MeterSource) to -> PolicyAccess.describe(policy, to))));
    }

    @Override
    public String toString() {
        return "Registry[" + all().size() + " instances, configs " + new TreeSet<>(configs.keySet()) + "]";
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

        /**
         * How many instances there may be, so that names made from data by mistake do not fill the memory; 1000 by
         * default.
         */
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
