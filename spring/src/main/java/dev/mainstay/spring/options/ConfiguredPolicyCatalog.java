package dev.mainstay.spring.options;

import dev.mainstay.ContextCarrier;
import dev.mainstay.Fallback;
import dev.mainstay.Policy;
import dev.mainstay.bulkhead.ThreadPoolBulkhead;
import dev.mainstay.meter.MeterSink;
import dev.mainstay.meter.MeterSource;
import dev.mainstay.ratelimit.KeyedRateLimiter;
import dev.mainstay.ratelimit.RateLimiter;
import dev.mainstay.safe.Require;
import dev.mainstay.spring.PolicyCatalog;
import dev.mainstay.time.TimeSource;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Pipelines and policies made from options, which may be changed while calls go through them.
 *
 * <p><b>Merging.</b> What is said for a policy is laid over the bases that its pipeline names, those over inline values
 * of annotations, those over the defaults of its kind, option by option. A list, and a part such as a backoff or a
 * window, is one value: it replaces the one below, but for the list element {@code inherited}, which stands for the
 * elements below. Customizers come last.
 *
 * <p><b>Sharing.</b> There is one policy of each kind and name: asking for the circuit breaker {@code inventory} gives
 * that of the pipeline {@code inventory}, if it has one, and otherwise the one that is configured alone under that
 * name. One that is configured in both places is an error.
 *
 * <p><b>Order.</b> Time limiter, retry, circuit breaker, rate limiter, bulkhead, thread pool, time limiter of the
 * attempt, the first outermost, unless the pipeline says another.
 *
 * <p><b>Change.</b> {@link #update} keeps the policies, with their state, meters and listeners, and changes their
 * options. If any of the new options is wrong, nothing is changed.
 *
 * <p>Safe for use by many threads. Closing it closes its thread pools: calls in them end, and they reject others.
 */
public final class ConfiguredPolicyCatalog implements PolicyCatalog, MeterSource, AutoCloseable {

    private final Surroundings surroundings;
    private final ConcurrentMap<PolicyKey, ConfiguredPolicy<?, ?, ?, ?>> policies = new ConcurrentHashMap<>();
    private final ConcurrentMap<String, ConfiguredPipeline> pipelines = new ConcurrentHashMap<>();
    private final MeasuredMembers members = new MeasuredMembers();
    private final AtomicBoolean changing = new AtomicBoolean();
    private volatile CatalogState state;

    private ConfiguredPolicyCatalog(Builder builder) {
        surroundings =
                new Surroundings(builder.beans, List.copyOf(builder.customizers), builder.timeSource, builder.carrier);
        state = new CatalogState(
                builder.options,
                Blueprint.of(builder.options),
                new SharedBudgets(builder.options.retryBudgets(), null));
        boolean done = renew(state);
        if (!done) {
            throw new IllegalStateException("nobody else knows this catalog yet");
        }
    }

    /** Begins a catalog of these options. */
    public static Builder builder(MainstayOptions options) {
        return new Builder(options);
    }

    @Override
    public @Nullable PipelineHandle pipeline(String name) {
        return pipelines.get(Require.present("name", name));
    }

    @Override
    public Set<String> pipelineNames() {
        return Collections.unmodifiableSet(new TreeSet<>(pipelines.keySet()));
    }

    @Override
    public @Nullable Fallback<?> fallback(String pipelineName) {
        ConfiguredPipeline pipeline = pipelines.get(Require.present("pipelineName", pipelineName));
        return pipeline == null ? null : pipeline.composition().fallback();
    }

    @Override
    public ContextCarrier contextCarrier() {
        return surroundings.carrier();
    }

    @Override
    public boolean isEnabled() {
        return state.isEnabled();
    }

    /** The options in force. */
    public MainstayOptions options() {
        return state.options();
    }

    @Override
    public <P extends Policy> P policy(Class<P> kind, String name, Map<String, String> inline) {
        Require.name(name);
        boolean keyed = kind == KeyedRateLimiter.class;
        PolicyKind<?, ?, ?, ?> known = PolicyKind.ALL.stream()
                .filter(each -> each.type() == (keyed ? RateLimiter.class : kind))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("kind is " + kind.getName()
                        + " but must be one of those that can be configured: "
                        + PolicyKind.ALL.stream()
                                .map(each -> each.type().getSimpleName())
                                .toList()));
        ConfiguredPolicy<?, ?, ?, ?> found = find(known, name, Map.copyOf(inline), keyed);
        if (!kind.isInstance(found.policy())) {
            throw InvalidOptionException.at(
                    found.planned().section(),
                    "keyed",
                    known.subject(name) + " is " + (found.isKeyed() ? "" : "not ") + "keyed but must "
                            + (found.isKeyed() ? "not " : "") + "be, as it is asked for here"
                            + (found.planned().isConfigured()
                                    ? " (mainstay." + found.planned().section() + ".keyed)"
                                    : ""));
        }
        found.handOut();
        return kind.cast(found.policy());
    }

    private ConfiguredPolicy<?, ?, ?, ?> find(
            PolicyKind<?, ?, ?, ?> kind, String name, Map<String, String> inline, boolean keyed) {
        PolicyKey key = new PolicyKey(kind.type(), name);
        ConfiguredPolicy<?, ?, ?, ?> found = policies.get(key);
        if (found == null) {
            CatalogState before = state;
            Planned<?> planned = before.blueprint().planned(kind, name);
            ConfiguredPolicy<?, ?, ?, ?> made = ConfiguredPolicy.of(planned, inline, keyed, surroundingsOf(before));
            made.handOut(); // before a change sees it, which forgets what nobody has
            found = policies.putIfAbsent(key, made);
            if (found == null) {
                members.add(made.policy());
                CatalogState now = state;
                if (!now.isSame(before)) {
                    made.change(now.blueprint().planned(kind, name), inline, surroundingsOf(now))
                            .make();
                }
                return made;
            }
        }
        if (!inline.isEmpty() && !inline.equals(found.inline())) {
            if (!found.inline().isEmpty()) {
                throw InvalidOptionException.at(
                        found.planned().section(),
                        "",
                        kind.subject(name) + " has inline values at two places, " + new TreeMap<>(found.inline())
                                + " and "
                                + new TreeMap<>(inline) + ": it is one policy, so give them once, or under"
                                + " mainstay." + kind.alone() + "." + Blueprint.key(name));
            }
            CatalogState now = state;
            found.change(now.blueprint().planned(kind, name), inline, surroundingsOf(now))
                    .make();
        }
        return found;
    }

    /**
     * Changes to these options: at once, for calls that begin from now on. Policies stay the same, with their state,
     * their meters and those who listen to them; one whose options do not change is left alone. A pipeline gets or
     * loses policies, and another order, at its next call. One that is not among the options any longer stays as it
     * is, and a warning says so.
     *
     * @throws InvalidOptionException if any of the options is wrong; then all stay as they are
     * @throws IllegalStateException if another change is being made
     */
    public void update(MainstayOptions options) {
        Require.present("options", options);
        if (!changing.compareAndSet(false, true)) {
            throw new IllegalStateException("Another change of options is being made: try again when it has ended");
        }
        try {
            CatalogState before = state;
            CatalogState next = new CatalogState(
                    options, Blueprint.of(options), new SharedBudgets(options.retryBudgets(), before.budgets()));
            while (!renew(next)) {
                Thread.onSpinWait(); // somebody has asked for a policy that is new in these options
            }
        } finally {
            changing.set(false);
        }
    }

    @Override
    public void describe(MeterSink sink) {
        sink.members(members::watch);
    }

    @Override
    public void close() {
        policies.values().forEach(each -> {
            if (each.policy() instanceof ThreadPoolBulkhead pool) {
                pool.close();
            }
        });
    }

    @Override
    public String toString() {
        return "ConfiguredPolicyCatalog[pipelines " + pipelineNames() + "]";
    }

    /** False if it has to be done again. */
    private boolean renew(CatalogState next) {
        return new Renewal(next, surroundingsOf(next), policies, pipelines, members).carryOut(() -> state = next);
    }

    private Surroundings surroundingsOf(CatalogState of) {
        return surroundings.with(of.budgets().before(surroundings.beans()));
    }

    /** Collects what a catalog is made of. Not safe for use by many threads. */
    public static final class Builder {

        private final MainstayOptions options;
        private NamedBeans beans = NamedBeans.none();
        private List<PolicyCustomizer<?>> customizers = List.of();
        private @Nullable TimeSource timeSource;
        private ContextCarrier carrier = ContextCarrier.none();

        private Builder(MainstayOptions options) {
            this.options = Require.present("options", options);
        }

        /** What options name; no beans by default. */
        public Builder beans(NamedBeans beans) {
            this.beans = Require.present("beans", beans);
            return this;
        }

        /** Who has the last word, in this order; nobody by default. */
        public Builder customizers(List<? extends PolicyCustomizer<?>> customizers) {
            this.customizers = List.copyOf(customizers);
            return this;
        }

        /** The clock of all policies that name no other; the system's by default. */
        public Builder timeSource(TimeSource timeSource) {
            this.timeSource = Require.present("timeSource", timeSource);
            return this;
        }

        /** What is carried along to other threads by all that name no other; nothing but our own by default. */
        public Builder contextCarrier(ContextCarrier carrier) {
            this.carrier = Require.present("contextCarrier", carrier);
            return this;
        }

        /**
         * Makes all that is configured.
         *
         * @throws InvalidOptionException if any of the options is wrong
         */
        public ConfiguredPolicyCatalog build() {
            return new ConfiguredPolicyCatalog(this);
        }
    }
}
