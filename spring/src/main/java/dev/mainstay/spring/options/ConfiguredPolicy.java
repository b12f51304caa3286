package dev.mainstay.spring.options;

import dev.mainstay.Policy;
import dev.mainstay.Reconfigurable;
import dev.mainstay.ratelimit.KeyedRateLimiter;
import dev.mainstay.ratelimit.RateLimiter;
import dev.mainstay.ratelimit.RateLimiterConfig;
import dev.mainstay.registry.KeyedRegistry;
import dev.mainstay.retry.RetryConfig;
import dev.mainstay.safe.Require;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A policy and the options that it was last given. A change of options is prepared first, so that what is wrong with
 * any of them is known before one policy has been changed. Safe for use by many threads.
 */
final class ConfiguredPolicy<O extends Record & PolicyOptions, B, C, P extends Policy & Reconfigurable<C>> {

    private final PolicyKind<O, B, C, P> kind;
    private final Policy policy;
    private volatile Terms<O, C> terms;
    private volatile boolean handedOut;

    /**
     * What holds for it.
     *
     * @param inline values of annotations; empty if there are none
     * @param options all of them
     * @param config what was made of them
     */
    private record Terms<O extends Record & PolicyOptions, C>(
            Planned<O> planned, Map<String, String> inline, O options, C config) {}

    /** A change that is possible, and not yet made. */
    interface Change {
        void make();

        void undo();
    }

    private ConfiguredPolicy(PolicyKind<O, B, C, P> kind, Terms<O, C> terms, boolean keyed) {
        this.kind = kind;
        this.terms = terms;
        this.policy = policy(kind, terms, keyed);
    }

    @SuppressWarnings("unchecked") // a plan is of the kind that it names
    static <O extends Record & PolicyOptions> ConfiguredPolicy<O, ?, ?, ?> of(
            Planned<O> planned, Map<String, String> inline, boolean keyed, Surroundings surroundings) {
        return make(
                (PolicyKind<O, Object, Object, ?>) (PolicyKind<O, ?, ?, ?>) planned.kind(),
                planned,
                inline,
                keyed,
                surroundings);
    }

    private static <O extends Record & PolicyOptions, B, C, P extends Policy & Reconfigurable<C>>
            ConfiguredPolicy<O, B, C, P> make(
                    PolicyKind<O, B, C, P> kind,
                    Planned<O> planned,
                    Map<String, String> inline,
                    boolean keyed,
                    Surroundings surroundings) {
        return new ConfiguredPolicy<>(kind, terms(kind, planned, inline, null, surroundings), keyed);
    }

    private static <O extends Record & PolicyOptions, B, C, P extends Policy & Reconfigurable<C>> Policy policy(
            PolicyKind<O, B, C, P> kind, Terms<O, C> terms, boolean keyed) {
        String name = terms.planned.name();
        KeyedOptions each = terms.options.keyed();
        if (each == null && !keyed) {
            return kind.make().apply(name, terms.config);
        }
        KeyedOptions keys = each == null ? new KeyedOptions(null, null, null) : each;
        return checked(terms.planned, () -> {
            KeyedRegistry<P> registry =
                    keys.registry(name, instance -> kind.make().apply(instance, terms.config));
            return kind.type().equals(RateLimiter.class) ? overLimiters(registry) : registry;
        });
    }

    @SuppressWarnings("unchecked") // the kind makes rate limiters
    private static Policy overLimiters(KeyedRegistry<?> registry) {
        return KeyedRateLimiter.over((KeyedRegistry<RateLimiter>) registry);
    }

    private static <O extends Record & PolicyOptions, B, C, P extends Policy & Reconfigurable<C>> Terms<O, C> terms(
            PolicyKind<O, B, C, P> kind,
            Planned<O> planned,
            Map<String, String> inline,
            @Nullable Terms<O, C> before,
            Surroundings surroundings) {
        O options = planned.options(parsed(kind, planned.name(), inline));
        C config = checked(planned, () -> {
            B builder = kind.builder().get();
            Settings.set(surroundings.timeSource(), time -> kind.clock().accept(builder, time));
            // In a pipeline, the pipeline's is carried.
            if (kind.carrier() != null && !planned.section().startsWith("pipelines.")) {
                kind.carrier().accept(builder, surroundings.carrier());
            }
            kind.apply().apply(options, builder, surroundings.beans());
            keepBudget(options, before, builder);
            surroundings.customize(kind.builderType(), planned.name(), builder);
            return kind.build().apply(builder);
        });
        return new Terms<>(planned, inline, options, config);
    }

    /** A budget whose numbers have not changed goes on, with what is left in it. */
    private static void keepBudget(Record options, @Nullable Terms<?, ?> before, Object builder) {
        if (before != null
                && options instanceof RetryOptions now
                && before.options instanceof RetryOptions then
                && before.config instanceof RetryConfig config
                && builder instanceof RetryConfig.Builder retry
                && now.budget() != null
                && now.budget().shared() == null
                && now.budget().equals(then.budget())) {
            retry.budget(config.budget());
        }
    }

    /** A budget that is named may be another under the same name. */
    private static boolean hasBudgetOf(Object before, Terms<?, ?> after) {
        return !(after.options instanceof RetryOptions options
                && options.budget() != null
                && options.budget().shared() != null
                && before instanceof RetryConfig then
                && after.config instanceof RetryConfig now
                && then.budget() != now.budget());
    }

    private static <O extends Record & PolicyOptions> @Nullable O parsed(
            PolicyKind<O, ?, ?, ?> kind, String name, Map<String, String> inline) {
        if (inline.isEmpty()) {
            return null;
        }
        try {
            O options = OptionText.parse(kind.optionsType(), inline);
            Blueprint.checkOptions("", options);
            return options;
        } catch (IllegalArgumentException e) {
            throw InvalidOptionException.of("", kind.subject(name), e);
        }
    }

    private static <T> T checked(Planned<?> planned, Supplier<T> making) {
        try {
            return Require.configured(planned.kind().words(), planned.name(), making);
        } catch (IllegalArgumentException | NullPointerException e) {
            throw e instanceof InvalidOptionException
                    ? e
                    : InvalidOptionException.of(
                            planned.section(), planned.kind().subject(planned.name()), e);
        }
    }

    Policy policy() {
        return policy;
    }

    Planned<O> planned() {
        return terms.planned;
    }

    Map<String, String> inline() {
        return terms.inline;
    }

    boolean isKeyed() {
        return policy instanceof KeyedRegistry || policy instanceof KeyedRateLimiter;
    }

    boolean isHandedOut() {
        return handedOut;
    }

    void handOut() {
        handedOut = true;
    }

    /** Whether a change to this plan needs another policy, and not only other options. */
    boolean isOther(Planned<?> next) {
        Planned<O> mine = mine(next);
        return !Objects.equals(
                mine.options(parsed(kind, mine.name(), terms.inline)).keyed(), terms.options.keyed());
    }

    /**
     * What would have to be done.
     *
     * @throws InvalidOptionException if that is not possible
     */
    Change change(Planned<?> next, Map<String, String> inline, Surroundings surroundings) {
        Terms<O, C> before = terms;
        Terms<O, C> after = terms(kind, mine(next), inline, before, surroundings);
        boolean same = after.options.equals(before.options) && hasBudgetOf(before.config, after);
        return new Change() {
            @Override
            public void make() {
                if (!same) {
                    try {
                        reconfigure(after.config);
                    } catch (IllegalArgumentException e) {
                        throw InvalidOptionException.of(after.planned.section(), kind.subject(after.planned.name()), e);
                    }
                }
                terms = same ? new Terms<>(after.planned, inline, before.options, before.config) : after;
            }

            @Override
            public void undo() {
                if (!same) {
                    reconfigure(before.config);
                }
                terms = before;
            }
        };
    }

    @SuppressWarnings("unchecked") // the policy is what its kind makes of it
    private void reconfigure(C config) {
        if (policy instanceof KeyedRateLimiter limiters) {
            limiters.reconfigure((RateLimiterConfig) config);
        } else if (policy instanceof KeyedRegistry<?> registry) {
            ((KeyedRegistry<P>) registry).apply(each -> each.reconfigure((UnaryOperator<C>) inForce -> config));
        } else {
            kind.type().cast(policy).reconfigure((UnaryOperator<C>) inForce -> config);
        }
    }

    @SuppressWarnings("unchecked") // plans are looked up by their kind
    private Planned<O> mine(Planned<?> next) {
        return (Planned<O>) next;
    }
}
