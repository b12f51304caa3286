package dev.mainstay.verification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaMethod;
import dev.mainstay.Policy;
import dev.mainstay.Reconfigurable;
import dev.mainstay.TimeLimiter;
import dev.mainstay.TimeLimiterConfig;
import dev.mainstay.breaker.CircuitBreaker;
import dev.mainstay.breaker.CircuitBreakerConfig;
import dev.mainstay.bulkhead.Bulkhead;
import dev.mainstay.bulkhead.BulkheadConfig;
import dev.mainstay.bulkhead.ThreadPoolBulkhead;
import dev.mainstay.bulkhead.ThreadPoolBulkheadConfig;
import dev.mainstay.ratelimit.KeyedRateLimiter;
import dev.mainstay.ratelimit.RateLimit;
import dev.mainstay.ratelimit.RateLimiter;
import dev.mainstay.ratelimit.RateLimiterConfig;
import dev.mainstay.retry.Retry;
import dev.mainstay.retry.RetryConfig;
import dev.mainstay.time.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Somebody with many policies and one wrong option reads in the message which policy it is. */
@SuppressWarnings("NullAway") // nulls are among the mistakes
class ConfigErrorsNameThePolicyTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    /** A policy that is made by a name and a function of its options. */
    private record Made<B>(
            Class<? extends Policy> type,
            String kind,
            BiFunction<String, UnaryOperator<B>, Policy> of,
            Supplier<B> builder,
            Function<B, ?> build,
            UnaryOperator<B> inTimeOfItsOwn,
            List<Mistake<B>> mistakes) {

        Throwable thrownBy(String name, UnaryOperator<B> options) {
            return catchThrowable(() -> of.apply(name, options));
        }
    }

    /** A wrong option, and what is said about it. */
    private record Mistake<B>(UnaryOperator<B> options, Class<? extends RuntimeException> type, String message) {}

    private static <B> Mistake<B> illegal(UnaryOperator<B> options, String message) {
        return new Mistake<>(options, IllegalArgumentException.class, message);
    }

    private static <B> Mistake<B> missing(UnaryOperator<B> options, String option) {
        return new Mistake<>(options, NullPointerException.class, option + " must not be null");
    }

    private static List<Made<?>> all() {
        return List.of(
                new Made<>(
                        CircuitBreaker.class,
                        "circuit breaker",
                        CircuitBreaker::of,
                        CircuitBreakerConfig::builder,
                        CircuitBreakerConfig.Builder::build,
                        c -> c.timeSource(VirtualTime.create()),
                        List.of(
                                illegal(
                                        c -> c.failureRateThreshold(0.5),
                                        "failureRateThreshold is 0.5 but must be a percentage of 1 or more: write 50.0"
                                                + " for a share of 0.5"),
                                illegal(
                                        c -> c.maxRetryAfter(Duration.ZERO),
                                        "maxRetryAfter is PT0S but must be a duration above zero"),
                                missing(c -> c.timeSource(null), "timeSource"),
                                missing(c -> c.slidingWindow(null), "slidingWindow"))),
                new Made<>(
                        Bulkhead.class,
                        "bulkhead",
                        Bulkhead::of,
                        BulkheadConfig::builder,
                        BulkheadConfig.Builder::build,
                        c -> c.timeSource(VirtualTime.create()),
                        List.of(
                                illegal(c -> c.maxConcurrentCalls(0), "maxConcurrentCalls is 0 but must be at least 1"),
                                missing(c -> c.maxWaitDuration(null), "maxWaitDuration"))),
                new Made<>(
                        ThreadPoolBulkhead.class,
                        "thread pool bulkhead",
                        ThreadPoolBulkhead::of,
                        ThreadPoolBulkheadConfig::builder,
                        ThreadPoolBulkheadConfig.Builder::build,
                        c -> c.timeSource(VirtualTime.create()),
                        List.of(
                                illegal(c -> c.maxThreads(0), "maxThreads is 0 but must be at least 1"),
                                missing(c -> c.executor(null), "executor"))),
                new Made<>(
                        RateLimiter.class,
                        "rate limiter",
                        RateLimiter::of,
                        RateLimiterConfig::builder,
                        RateLimiterConfig.Builder::build,
                        c -> c.limit(RateLimit.smooth(1, SECOND)).timeSource(VirtualTime.create()),
                        mistakesOfRateLimiters()),
                new Made<>(
                        KeyedRateLimiter.class,
                        "rate limiter",
                        KeyedRateLimiter::of,
                        RateLimiterConfig::builder,
                        RateLimiterConfig.Builder::build,
                        c -> c.limit(RateLimit.smooth(1, SECOND)).timeSource(VirtualTime.create()),
                        mistakesOfRateLimiters()),
                new Made<>(
                        Retry.class,
                        "retry",
                        Retry::of,
                        RetryConfig::builder,
                        RetryConfig.Builder::build,
                        c -> c.timeSource(VirtualTime.create()),
                        List.of(
                                illegal(c -> c.maxAttempts(0), "maxAttempts is 0 but must be at least 1"),
                                illegal(
                                        c -> c.retryExceptions(),
                                        "retryExceptions is empty but must be at least one type; leave it out if there"
                                                + " is none"),
                                illegal(
                                        c -> c.retryExceptions(IOException.class)
                                                .ignoreExceptions(IOException.class),
                                        "ignoreExceptions is java.io.IOException but must be another type than those of"
                                                + " retryExceptions: it can count in one way only"),
                                missing(c -> c.retryExceptions((Class<? extends Exception>) null), "retryExceptions"),
                                missing(c -> c.classifier(null), "classifier"))),
                new Made<>(
                        TimeLimiter.class,
                        "time limiter",
                        TimeLimiter::of,
                        TimeLimiterConfig::builder,
                        TimeLimiterConfig.Builder::build,
                        c -> c.timeSource(VirtualTime.create()),
                        List.of(
                                illegal(
                                        c -> c.timeoutDuration(Duration.ZERO),
                                        "timeoutDuration is PT0S but must be a duration above zero"),
                                missing(c -> c.onExecutor(null), "onExecutor"))));
    }

    private static List<Mistake<RateLimiterConfig.Builder>> mistakesOfRateLimiters() {
        return List.of(
                illegal(
                        c -> c.limitRefreshPeriod(SECOND),
                        "limitForPeriod is not given but must be at least 1: there is no sensible default"),
                illegal(c -> c.limits(), "limits is empty but must be at least one"),
                missing(c -> c.limit(null), "limit"));
    }

    static Stream<Named<Made<?>>> policies() {
        return all().stream().map(made -> Named.of(made.type().getSimpleName(), made));
    }

    @Test
    void everyPolicyWithOptionsIsInTheMatrix() {
        Set<String> made = ArchitectureTest.production().stream()
                .filter(type -> type.isAssignableTo(Policy.class))
                .filter(type -> type.getMethods().stream().anyMatch(ConfigErrorsNameThePolicyTest::takesOptions))
                .map(JavaClass::getSimpleName)
                .collect(Collectors.toSet());

        assertThat(all().stream().map(each -> each.type().getSimpleName())).containsExactlyInAnyOrderElementsOf(made);
    }

    private static boolean takesOptions(JavaMethod method) {
        return method.getName().equals("of")
                && method.getRawParameterTypes().stream().anyMatch(type -> type.isEquivalentTo(UnaryOperator.class));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("policies")
    <B> void aWrongOptionIsToldWithKindAndName(Made<B> made) {
        for (Mistake<B> mistake : made.mistakes) {
            Throwable thrown = made.thrownBy("inventory", mistake.options);

            assertThat(thrown)
                    .isExactlyInstanceOf(mistake.type)
                    .hasMessage(made.kind + " 'inventory': " + mistake.message);
            assertThat(thrown.getCause())
                    .isExactlyInstanceOf(mistake.type)
                    .hasMessage(mistake.message)
                    .hasNoCause();
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("policies")
    <B> void whatIsFoundWhenAConfigIsBuiltAloneIsToldWithTheKind(Made<B> made) {
        int found = 0;
        for (Mistake<B> mistake : made.mistakes) {
            B builder = made.builder.get();
            if (catchThrowable(() -> mistake.options.apply(builder)) == null) {
                found++;
                assertThat(catchThrowable(() -> made.build.apply(builder)))
                        .isExactlyInstanceOf(mistake.type)
                        .hasMessage(made.kind + ": " + mistake.message);
            }
        }
        assertThat(found).isPositive();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("policies")
    <B> void soIsANameThatIsData(Made<B> made) {
        Throwable thrown = made.thrownBy("a\nb" + "c".repeat(1000), made.mistakes.get(0).options);

        assertThat(thrown)
                .hasMessageStartingWith(made.kind + " 'a\uFFFDbcc")
                .message()
                .hasSizeLessThan(400);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("policies")
    <B> void aFunctionThatGivesNothingIsTold(Made<B> made) {
        assertThat(made.thrownBy("inventory", builder -> null))
                .isExactlyInstanceOf(NullPointerException.class)
                .hasMessageStartingWith(made.kind + " 'inventory': ");
        assertThat(made.thrownBy("inventory", null))
                .isExactlyInstanceOf(NullPointerException.class)
                .hasMessageStartingWith(made.kind + " 'inventory': ");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("policies")
    <B> void whatIsNotOfOptionsPassesAsItIs(Made<B> made) {
        List<Throwable> foreign = new ArrayList<>(List.of(
                new IllegalStateException("no settings file"),
                new NumberFormatException("For input string: \"ten\""),
                new StackOverflowError(),
                new UnsupportedOperationException()));
        for (Throwable failure : foreign) {
            assertThat(made.thrownBy("inventory", builder -> {
                        throw ConfigErrorsNameThePolicyTest.<RuntimeException>unchecked(failure);
                    }))
                    .isSameAs(failure);
        }
    }

    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    private static <T extends Throwable> T unchecked(Throwable failure) throws T {
        throw (T) failure;
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("policies")
    <B> void aNameThatIsMissingIsToldBeforeAllElse(Made<B> made) {
        assertThat(made.thrownBy(" ", made.mistakes.get(0).options)).hasMessage("name is ' ' but must be not blank");
        assertThat(made.thrownBy(null, made.mistakes.get(0).options)).hasMessage("name must not be null");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("policies")
    @SuppressWarnings("unchecked") // each policy takes the configs of its kind
    <B> void soIsAClockThatCannotBeChanged(Made<B> made) {
        Policy policy = made.of.apply("inventory", made.inTimeOfItsOwn);
        if (policy instanceof Reconfigurable<?> reconfigurable) {
            Object config = made.build.apply(made.inTimeOfItsOwn.apply(made.builder.get()));

            assertThat(catchThrowable(() -> ((Reconfigurable<Object>) reconfigurable).reconfigure(config)))
                    .isExactlyInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith(made.kind + " 'inventory': timeSource is ")
                    .hasMessageEndingWith(" but must be the one it was made with");
        } else {
            assertThat(policy).isInstanceOf(KeyedRateLimiter.class);
        }
    }
}
