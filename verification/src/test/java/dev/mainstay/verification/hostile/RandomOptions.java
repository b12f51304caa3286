package dev.mainstay.verification.hostile;

import dev.mainstay.ContextCarrier;
import dev.mainstay.backoff.Backoff;
import dev.mainstay.backoff.RandomSource;
import dev.mainstay.breaker.CircuitBreaker;
import dev.mainstay.breaker.SlidingWindow;
import dev.mainstay.outcome.Classifier;
import dev.mainstay.outcome.Verdict;
import dev.mainstay.ratelimit.RateLimit;
import dev.mainstay.retry.DelayFunction;
import dev.mainstay.retry.RetryBudget;
import dev.mainstay.time.TimeSource;
import java.io.IOException;
import java.lang.reflect.Array;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Parameter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Values for options as the careless and the malicious give them, by the option's type. Every public method of a
 * builder is an option, so that a new one is tried without being named here; one of a type that is not known here fails
 * the test.
 */
final class RandomOptions {

    private static final int[] NUMBERS = {Integer.MIN_VALUE, -1, 0, 1_001, 1_000_001, Integer.MAX_VALUE};
    private static final double[] FRACTIONS = {
        Double.NaN,
        Double.NEGATIVE_INFINITY,
        -Double.MIN_VALUE,
        -0.0,
        0,
        Double.MIN_VALUE,
        1e-4,
        100.00000000000001,
        1e308,
        Double.POSITIVE_INFINITY
    };
    private static final List<Duration> DURATIONS = List.of(
            Duration.ofSeconds(Long.MIN_VALUE),
            Duration.ofNanos(-1),
            Duration.ZERO,
            Duration.ofNanos(1),
            Duration.ofNanos(Long.MAX_VALUE / 2),
            Duration.ofNanos(Long.MAX_VALUE),
            Duration.ofSeconds(Long.MAX_VALUE, 999_999_999));

    private final SplittableRandom random;
    private final TimeSource time;

    RandomOptions(SplittableRandom random, TimeSource time) {
        this.random = random;
        this.time = time;
    }

    /** One thing that a builder was told. */
    record Said(String option, List<@Nullable Object> values) {

        /** Whether a message could not repeat the value. */
        boolean isOfMany() {
            return !(values.get(0) instanceof Number || values.get(0) instanceof Duration);
        }

        @Override
        public String toString() {
            return option + Arrays.deepToString(values.toArray());
        }
    }

    /** What a builder can be told. */
    static Set<String> optionsOf(Object builder) {
        Set<String> names = new TreeSet<>();
        settersOf(builder).forEach(setter -> names.add(setter.getName()));
        return names;
    }

    /**
     * Tells a builder up to six things.
     *
     * @param said where to write down what it was told, the last thing being the one that it rejected if this throws
     * @throws Throwable what the builder throws
     */
    void tell(Object builder, List<Said> said) throws Throwable {
        List<Method> setters = settersOf(builder);
        for (int left = random.nextInt(7); left > 0; left--) {
            Method setter = setters.get(random.nextInt(setters.size()));
            Object[] values =
                    Arrays.stream(setter.getParameters()).map(this::valueOf).toArray();
            said.add(new Said(setter.getName(), Arrays.asList(values)));
            invoke(setter, builder, values);
        }
    }

    /** Calls one of the public static methods of a type that make one of it, with any values. */
    Object make(Class<?> type, List<Said> said) throws Throwable {
        List<Method> makers = methodsOf(
                type,
                method -> Modifier.isStatic(method.getModifiers()) && type.isAssignableFrom(method.getReturnType()));
        Method maker = makers.get(random.nextInt(makers.size()));
        Object[] values =
                Arrays.stream(maker.getParameters()).map(this::valueOf).toArray();
        said.add(new Said(maker.getName(), Arrays.asList(values)));
        return invoke(maker, null, values);
    }

    private static List<Method> settersOf(Object builder) {
        return methodsOf(builder.getClass(), method -> method.getReturnType() == builder.getClass());
    }

    /** In an order that does not depend on the virtual machine, so that a seed means the same everywhere. */
    private static List<Method> methodsOf(Class<?> type, Predicate<Method> wanted) {
        return Arrays.stream(type.getDeclaredMethods())
                .filter(method -> Modifier.isPublic(method.getModifiers()) && !method.isBridge())
                .filter(wanted)
                .sorted(Comparator.comparing(Method::toGenericString))
                .toList();
    }

    private static Object invoke(Method method, Object target, Object[] values) throws Throwable {
        try {
            return method.invoke(target, values);
        } catch (InvocationTargetException thrown) {
            throw thrown.getCause();
        }
    }

    private Object valueOf(Parameter parameter) {
        Class<?> type = parameter.getType();
        if (type == int.class) {
            return random.nextInt(3) == 0 ? NUMBERS[random.nextInt(NUMBERS.length)] : 1 + random.nextInt(30);
        }
        if (type == double.class) {
            return random.nextInt(3) == 0 ? FRACTIONS[random.nextInt(FRACTIONS.length)] : random.nextDouble() * 100;
        }
        if (type == boolean.class) {
            return random.nextBoolean();
        }
        if (random.nextInt(12) == 0) {
            return null;
        }
        if (type == Duration.class) {
            return duration();
        }
        if (type == TimeSource.class) {
            return time;
        }
        if (type == Backoff.class) {
            return backoff();
        }
        if (type == Executor.class) {
            return executor();
        }
        if (type == SlidingWindow.class) {
            return random.nextBoolean()
                    ? SlidingWindow.ofCalls(random.nextBoolean() ? Integer.MAX_VALUE : 1 + random.nextInt(200))
                    : SlidingWindow.ofTime(
                            random.nextBoolean() ? DURATIONS.get(6) : Duration.ofSeconds(4), 1 + random.nextInt(3_600));
        }
        if (type == CircuitBreaker.State.class) {
            return anyOf(CircuitBreaker.State.values());
        }
        if (type == Classifier.class) {
            return classifier();
        }
        if (type == RandomSource.class) {
            return (RandomSource) random::nextDouble;
        }
        if (type == RetryBudget.class) {
            return random.nextBoolean()
                    ? RetryBudget.none()
                    : RetryBudget.of(1 + random.nextInt(3), random.nextInt(1_000) / 1_000.0);
        }
        if (type == DelayFunction.class) {
            return (DelayFunction) (attempt, result, failure) ->
                    orThrow(random.nextInt(4) == 0 ? null : random.nextInt(8) == 0 ? Duration.ofNanos(-1) : duration());
        }
        if (type == ContextCarrier.class) {
            return carrier();
        }
        if (type == RateLimit.class) {
            return limit();
        }
        if (type == RateLimit[].class) {
            return severalOf(RateLimit.class, this::limit);
        }
        if (type == Class[].class) {
            return severalOf(Class.class, () -> random.nextBoolean() ? IOException.class : Exception.class);
        }
        if (type == Predicate.class) {
            return (Predicate<Object>) value -> orThrow(random.nextInt(4) == 0);
        }
        if (type == Consumer.class) {
            return (Consumer<Object>) value -> orThrow(null);
        }
        if (type == BiFunction.class) {
            return (BiFunction<Object, Throwable, Duration>)
                    (result, failure) -> orThrow(random.nextBoolean() ? null : duration());
        }
        if (type == IntFunction.class) {
            return (IntFunction<Duration>) repetition -> orThrow(duration());
        }
        throw new AssertionError("say how to make a " + type + " at random, for " + parameter.getDeclaringExecutable());
    }

    /** What a callback answers, unless it throws. */
    private <T> T orThrow(T answer) {
        if (random.nextInt(8) == 0) {
            throw new IllegalStateException("a callback that throws");
        }
        return answer;
    }

    Duration duration() {
        return random.nextInt(3) == 0
                ? DURATIONS.get(random.nextInt(DURATIONS.size()))
                : Duration.ofNanos(1 + random.nextLong(1L << (10 + random.nextInt(30))));
    }

    private Backoff backoff() {
        return switch (random.nextInt(6)) {
            case 0 -> Backoff.none();
            case 1 -> Backoff.of(repetition -> orThrow(random.nextInt(3) == 0 ? null : duration()));
            case 2 -> Backoff.exponential(Duration.ofNanos(1), 1e300).fullJitter();
            case 3 ->
                Backoff.linear(Duration.ZERO, Duration.ofSeconds(Long.MAX_VALUE))
                        .equalJitter();
            case 4 -> Backoff.decorrelated(Duration.ofMillis(10)).upTo(Duration.ofMillis(10));
            default -> Backoff.fixed(Duration.ofMillis(random.nextInt(10_000)));
        };
    }

    private Executor executor() {
        return switch (random.nextInt(4)) {
            case 0 -> Runnable::run;
            case 1 ->
                work -> {
                    throw new RejectedExecutionException("an executor that rejects");
                };
            case 2 ->
                work -> {
                    if (random.nextInt(4) == 0) {
                        throw new IllegalStateException("an executor that throws");
                    }
                    time.executor().execute(work);
                };
            default -> time.executor();
        };
    }

    private <T> T anyOf(T[] values) {
        return values[random.nextInt(values.length)];
    }

    private Classifier classifier() {
        return random.nextBoolean()
                ? Classifier.standard()
                : Classifier.builder()
                        .classify((result, failure) -> orThrow(random.nextInt(3) == 0 ? anyOf(Verdict.values()) : null))
                        .retryAfter((result, failure) -> orThrow(random.nextBoolean() ? null : duration()))
                        .build();
    }

    private ContextCarrier carrier() {
        return switch (random.nextInt(3)) {
            case 0 -> ContextCarrier.none();
            case 1 -> () -> orThrow(random.nextInt(4) == 0 ? null : () -> () -> {});
            default -> () -> () -> orThrow(random.nextInt(4) == 0 ? null : () -> orThrow(null));
        };
    }

    private RateLimit limit() {
        Duration period = Duration.ofMillis(1 + random.nextInt(10_000));
        return random.nextBoolean()
                ? RateLimit.atMost(1 + random.nextInt(50), period)
                : RateLimit.smooth(1 + random.nextInt(50), period, 1 + random.nextInt(50));
    }

    private <T> Object severalOf(Class<T> type, Supplier<? extends T> one) {
        List<T> several = new ArrayList<>();
        for (int left = random.nextInt(4); left > 0; left--) {
            several.add(random.nextInt(10) == 0 ? null : one.get());
        }
        Object array = Array.newInstance(type, several.size());
        for (int i = 0; i < several.size(); i++) {
            Array.set(array, i, several.get(i));
        }
        return array;
    }
}
