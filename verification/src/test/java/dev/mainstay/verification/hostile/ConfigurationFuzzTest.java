package dev.mainstay.verification.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.Policy;
import dev.mainstay.Reconfigurable;
import dev.mainstay.TimeLimiter;
import dev.mainstay.TimeLimiterConfig;
import dev.mainstay.backoff.Backoff;
import dev.mainstay.breaker.CircuitBreaker;
import dev.mainstay.breaker.CircuitBreakerConfig;
import dev.mainstay.breaker.SlidingWindow;
import dev.mainstay.bulkhead.Bulkhead;
import dev.mainstay.bulkhead.BulkheadConfig;
import dev.mainstay.bulkhead.ThreadPoolBulkhead;
import dev.mainstay.bulkhead.ThreadPoolBulkheadConfig;
import dev.mainstay.ratelimit.RateLimit;
import dev.mainstay.ratelimit.RateLimiter;
import dev.mainstay.ratelimit.RateLimiterConfig;
import dev.mainstay.retry.Retry;
import dev.mainstay.retry.RetryBudget;
import dev.mainstay.retry.RetryConfig;
import dev.mainstay.time.Nanos;
import dev.mainstay.time.TimeSource;
import dev.mainstay.time.VirtualTime;
import dev.mainstay.verification.SearchSize;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whatever a builder is told, it either says which option is wrong and what is allowed, or makes a policy that keeps
 * its promises. A failure names the seed; {@code -Dmainstay.fuzz.seed} repeats a run, and {@code -Dmainstay.fuzz.cases}
 * says how many configurations of each policy are tried.
 */
class ConfigurationFuzzTest {

    private static final long SEED = Long.getLong("mainstay.fuzz.seed", System.nanoTime());
    private static final int CASES = SearchSize.of("mainstay.fuzz.cases", 60, 80);
    private static final int STEPS = 250;

    /** What a setter says, and with the kind of policy first what {@code build()} says. */
    private static final Pattern CLEAR = Pattern.compile(
            "(?:[a-z ]+: )?(?<option>[\\w ]+?)(?: must not be null| is (?<value>.*) but must be .+)", Pattern.DOTALL);

    /** Names of parts of an option's value, which an error may give instead. */
    private static final Set<String> PARTS = Set.of("limit");

    /** One kind of policy: its builder, with what it needs to be of any use here, and what is made of that. */
    private record Kind<C>(
            Function<TimeSource, Object> builder,
            Function<Object, C> build,
            BiFunction<String, C, ? extends Policy> policy) {}

    static Stream<Named<Kind<?>>> kinds() {
        return Stream.of(
                Named.of(
                        "breaker",
                        new Kind<>(
                                time -> CircuitBreakerConfig.builder().timeSource(time),
                                builder -> ((CircuitBreakerConfig.Builder) builder).build(),
                                CircuitBreaker::of)),
                Named.of(
                        "bulkhead",
                        new Kind<>(
                                time -> BulkheadConfig.builder().timeSource(time),
                                builder -> ((BulkheadConfig.Builder) builder).build(),
                                Bulkhead::of)),
                Named.of(
                        "thread pool",
                        new Kind<>(
                                // Threads of its own do not live in virtual time.
                                time -> ThreadPoolBulkheadConfig.builder()
                                        .timeSource(time)
                                        .executor(time.executor()),
                                builder -> ((ThreadPoolBulkheadConfig.Builder) builder).build(),
                                ThreadPoolBulkhead::of)),
                Named.of(
                        "rate limiter",
                        new Kind<>(
                                time -> RateLimiterConfig.builder()
                                        .timeSource(time)
                                        .limit(RateLimit.smooth(10, Duration.ofSeconds(1))),
                                builder -> ((RateLimiterConfig.Builder) builder).build(),
                                RateLimiter::of)),
                Named.of(
                        "retry",
                        new Kind<>(
                                time -> RetryConfig.builder().timeSource(time),
                                builder -> ((RetryConfig.Builder) builder).build(),
                                Retry::of)),
                Named.of(
                        "time limiter",
                        new Kind<>(
                                time -> TimeLimiterConfig.builder().timeSource(time),
                                builder -> ((TimeLimiterConfig.Builder) builder).build(),
                                TimeLimiter::of)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("kinds")
    <C> void anyConfigurationIsRejectedClearlyOrHolds(Kind<C> kind) {
        int accepted = 0;
        for (int i = 0; i < CASES; i++) {
            SplittableRandom random = new SplittableRandom(SEED + i);
            List<RandomOptions.Said> said = new ArrayList<>();
            try {
                VirtualTime time = VirtualTime.create();
                RandomOptions options = new RandomOptions(random, time);
                C config = configOf(kind, options, time, said);
                if (config != null) {
                    accepted++;
                    exercise(kind, config, options, time, random);
                }
            } catch (Throwable broken) {
                throw new AssertionError("case " + i + " of seed " + SEED + ": " + said, broken);
            }
        }
        tell(CASES, accepted);
        assertThat(accepted).as("accepted, seed %d", SEED).isBetween(1, CASES - 1);
    }

    private static void tell(int cases, int accepted) {
        System.out.println(
                "Fuzzing: " + cases + " configurations, of which " + accepted + " are accepted, seed " + SEED);
    }

    private static <C> @Nullable C configOf(
            Kind<C> kind, RandomOptions options, VirtualTime time, List<RandomOptions.Said> said) throws Throwable {
        Object builder = kind.builder.apply(time);
        try {
            options.tell(builder, said);
            return kind.build.apply(builder);
        } catch (IllegalArgumentException | NullPointerException rejection) {
            checkClear(rejection, RandomOptions.optionsOf(builder), said);
            return null;
        }
    }

    private static <C> void exercise(
            Kind<C> kind, C config, RandomOptions options, VirtualTime time, SplittableRandom random) {
        Policy policy = kind.policy.apply("fuzzed", config);
        Exercise exercise = new Exercise(policy, time, random);
        exercise.take(STEPS, () -> {
            if (random.nextInt(25) == 0) {
                reconfigure(kind, policy, options, time);
            }
        });
        exercise.end();
    }

    @SuppressWarnings("unchecked") // each kind of policy takes the configurations of its kind
    private static <C> void reconfigure(Kind<C> kind, Policy policy, RandomOptions options, VirtualTime time) {
        try {
            C other = configOf(kind, options, time, new ArrayList<>());
            if (other != null) {
                ((Reconfigurable<C>) policy).reconfigure(other);
            }
        } catch (IllegalArgumentException rejected) {
            assertThat(rejected)
                    .hasMessageMatching("[a-z ]+ 'fuzzed': executor is .* but must be the one it was made with");
        } catch (Throwable broken) {
            throw new AssertionError(broken);
        }
    }

    @ParameterizedTest
    @ValueSource(classes = {Backoff.class, SlidingWindow.class, RateLimit.class, RetryBudget.class})
    void whatAnOptionIsMadeOfIsRejectedClearlyOrHolds(Class<?> type) {
        int accepted = 0;
        for (int i = 0; i < 10 * CASES; i++) {
            SplittableRandom random = new SplittableRandom(SEED + i);
            List<RandomOptions.Said> said = new ArrayList<>();
            try {
                VirtualTime time = VirtualTime.create();
                Object value = partOf(type, new RandomOptions(random, time), said);
                if (value != null) {
                    accepted++;
                    tryOut(value, time, random);
                }
            } catch (Throwable broken) {
                throw new AssertionError("case " + i + " of seed " + SEED + ": " + said, broken);
            }
        }
        tell(10 * CASES, accepted);
        assertThat(accepted).as("accepted, seed %d", SEED).isBetween(CASES, 9 * CASES);
    }

    private static @Nullable Object partOf(Class<?> type, RandomOptions options, List<RandomOptions.Said> said)
            throws Throwable {
        try {
            return options.make(type, said);
        } catch (IllegalArgumentException | NullPointerException rejection) {
            clear(rejection);
            return null;
        }
    }

    private static void tryOut(Object value, VirtualTime time, SplittableRandom random) {
        if (value instanceof Backoff backoff) {
            long previous = 0;
            for (int repetition : new int[] {1, 2, 3, 64, 1_100, Integer.MAX_VALUE}) {
                previous = backoff.delayNanos(repetition, previous, random::nextDouble);
                assertThat(previous).as("delay %d of %s", repetition, backoff).isBetween(0L, Nanos.of(backoff.cap()));
            }
        } else if (value instanceof SlidingWindow window) {
            exercise(CircuitBreaker.of("fuzzed", c -> c.slidingWindow(window).timeSource(time)), time, random);
        } else if (value instanceof RateLimit limit) {
            exercise(RateLimiter.of("fuzzed", c -> c.limit(limit).timeSource(time)), time, random);
        } else if (value instanceof RetryBudget budget) {
            exercise(Retry.of("fuzzed", c -> c.budget(budget).timeSource(time)), time, random);
        }
    }

    private static void exercise(Policy policy, VirtualTime time, SplittableRandom random) {
        Exercise exercise = new Exercise(policy, time, random);
        exercise.take(STEPS / 10, () -> {});
        exercise.end();
    }

    /** The message names an option that there is, and the value, or one of two, that it was given. */
    private static void checkClear(RuntimeException rejection, Set<String> options, List<RandomOptions.Said> said) {
        Matcher message = clear(rejection);
        String option = message.group("option").split(" ", 2)[0];
        if (!options.contains(option) && !PARTS.contains(option)) {
            throw new AssertionError("an error that names no option of " + options, rejection);
        }
        String value = message.group("value");
        RandomOptions.Said last = said.get(said.size() - 1);
        if (value != null && last.option().equals(option) && !last.isOfMany()) {
            assertThat(value)
                    .as(rejection.getMessage())
                    .isIn(last.values().stream().map(String::valueOf).toList());
        }
    }

    private static Matcher clear(RuntimeException rejection) {
        Matcher message = CLEAR.matcher(String.valueOf(rejection.getMessage()));
        if (!message.matches()) {
            throw new AssertionError("an error that does not say what is wrong", rejection);
        }
        return message;
    }
}
