package dev.mainstay.breaker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.backoff.Backoff;
import dev.mainstay.backoff.RandomSource;
import dev.mainstay.breaker.CircuitBreaker.State;
import dev.mainstay.outcome.Classifier;
import dev.mainstay.time.TimeSource;
import dev.mainstay.time.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What a breaker may be told. */
class CircuitBreakerConfigTest {

    @Test
    void theDefaultsAreThoseOfTheReference() {
        CircuitBreakerConfig config = CircuitBreakerConfig.defaults();

        assertThat(config.slidingWindow()).isEqualTo(SlidingWindow.ofCalls(100));
        assertThat(config.minimumNumberOfCalls()).isEqualTo(20);
        assertThat(config.failureRateThreshold()).isEqualTo(50);
        assertThat(config.failureThreshold()).isZero();
        assertThat(config.consecutiveFailures()).isZero();
        assertThat(config.slowCallDurationThreshold()).isNull();
        assertThat(config.slowCallRateThreshold()).isEqualTo(100);
        assertThat(config.waitDurationInOpenState()).hasToString("exponential from 2s x2 up to 30s, jitter 0.5");
        assertThat(config.permittedNumberOfCallsInHalfOpenState()).isEqualTo(3);
        assertThat(config.requiredSuccessesInHalfOpenState()).isZero();
        assertThat(config.singleFailedProbeReopens()).isFalse();
        assertThat(config.maxWaitDurationInHalfOpenState()).isEqualTo(Duration.ofSeconds(10));
        assertThat(config.automaticTransitionFromOpenToHalfOpen()).isFalse();
        assertThat(config.initialState()).isEqualTo(State.CLOSED);
        assertThat(config.classifier()).isSameAs(Classifier.standard());
        assertThat(config.timeSource()).isSameAs(TimeSource.system());
        assertThat(CircuitBreaker.ofDefaults("b").config()).isSameAs(config);
    }

    static Stream<Arguments> mistakes() {
        return Stream.of(
                mistake(c -> c.slidingWindowSize(0), "slidingWindow is 0 but must be at least 1"),
                mistake(c -> c.slidingWindow(null), "slidingWindow must not be null"),
                mistake(c -> c.minimumNumberOfCalls(0), "minimumNumberOfCalls is 0 but must be at least 1"),
                mistake(
                        c -> c.minimumNumberOfCalls(101),
                        "minimumNumberOfCalls is 101 but must be at most 100, since the window never holds more"),
                mistake(
                        c -> c.minimumNumberOfCalls(20).slidingWindowSize(10),
                        "minimumNumberOfCalls is 20 but must be at most 10, since the window never holds more"),
                mistake(
                        c -> c.failureRateThreshold(0),
                        "failureRateThreshold is 0.0 but must be above 0 and at most 100"),
                mistake(
                        c -> c.failureRateThreshold(100.1),
                        "failureRateThreshold is 100.1 but must be above 0 and at most 100"),
                mistake(
                        c -> c.failureRateThreshold(Double.NaN),
                        "failureRateThreshold is NaN but must be above 0 and at most 100"),
                mistake(
                        c -> c.failureThreshold(0, 10),
                        "failureThreshold is 0 but must be between 1 and 10, the calls it looks back on"),
                mistake(
                        c -> c.failureThreshold(11, 10),
                        "failureThreshold is 11 but must be between 1 and 10, the calls it looks back on"),
                mistake(c -> c.failureThreshold(1, 0), "failureThreshold calls is 0 but must be at least 1"),
                mistake(
                        c -> c.failureThreshold(0, Duration.ofSeconds(1)),
                        "failureThreshold is 0 but must be at least 1"),
                mistake(
                        c -> c.failureThreshold(1, Duration.ZERO),
                        "slidingWindow is PT0S but must be a duration above zero"),
                mistake(c -> c.failureThreshold(1, null), "slidingWindow must not be null"),
                mistake(
                        c -> c.failureThreshold(5, 10).slidingWindowSize(4),
                        "failureThreshold is 5 but must be at most 4, since the window never holds more"),
                mistake(
                        c -> c.failureThreshold(5, 10).failureRateThreshold(50),
                        "failureRateThreshold is 50.0 but must be absent with failureThreshold, which takes its place"),
                mistake(
                        c -> c.minimumNumberOfCalls(7).failureThreshold(5, 10),
                        "minimumNumberOfCalls is 7 but must be absent with failureThreshold, which asks for no"
                                + " minimum"),
                mistake(
                        c -> c.requiredSuccessesInHalfOpenState(-1),
                        "requiredSuccessesInHalfOpenState is -1 but must be between 0 and 3, the"
                                + " permittedNumberOfCallsInHalfOpenState"),
                mistake(
                        c -> c.requiredSuccessesInHalfOpenState(4),
                        "requiredSuccessesInHalfOpenState is 4 but must be between 0 and 3, the"
                                + " permittedNumberOfCallsInHalfOpenState"),
                mistake(
                        c -> c.requiredSuccessesInHalfOpenState(2).singleFailedProbeReopens(true),
                        "singleFailedProbeReopens is true but must be false with requiredSuccessesInHalfOpenState,"
                                + " which says how many probes may fail"),
                mistake(c -> c.consecutiveFailures(-1), "consecutiveFailures is -1 but must be at least 0"),
                mistake(
                        c -> c.slowCallDurationThreshold(Duration.ZERO),
                        "slowCallDurationThreshold is PT0S but must be a duration above zero"),
                mistake(c -> c.slowCallDurationThreshold(null), "slowCallDurationThreshold must not be null"),
                mistake(
                        c -> c.slowCallRateThreshold(-1),
                        "slowCallRateThreshold is -1.0 but must be above 0 and at most 100"),
                mistake(
                        c -> c.waitDurationInOpenState(Duration.ZERO),
                        "waitDurationInOpenState is PT0S but must be a duration above zero"),
                mistake(c -> c.waitDurationInOpenState((Backoff) null), "waitDurationInOpenState must not be null"),
                mistake(
                        c -> c.permittedNumberOfCallsInHalfOpenState(0),
                        "permittedNumberOfCallsInHalfOpenState is 0 but must be between 1 and 1000"),
                mistake(
                        c -> c.permittedNumberOfCallsInHalfOpenState(1_001),
                        "permittedNumberOfCallsInHalfOpenState is 1001 but must be between 1 and 1000"),
                mistake(
                        c -> c.maxWaitDurationInHalfOpenState(Duration.ofNanos(-1)),
                        "maxWaitDurationInHalfOpenState is PT-0.000000001S but must be a duration above zero"),
                mistake(c -> c.initialState(null), "initialState must not be null"),
                mistake(c -> c.classifier(null), "classifier must not be null"),
                mistake(
                        c -> c.classifier(Classifier.standard()).ignoreExceptions(Exception.class),
                        "classifier is given but must be absent where recordExceptions and the like are used"),
                mistake(
                        c -> c.failureRateThreshold(0.5),
                        "failureRateThreshold is 0.5 but must be a percentage of 1 or more: write 50.0 for a share of"
                                + " 0.5"),
                mistake(
                        c -> c.slowCallDurationThreshold(Duration.ofSeconds(1)).slowCallRateThreshold(0.2),
                        "slowCallRateThreshold is 0.2 but must be a percentage of 1 or more: write 20.0 for a share of"
                                + " 0.2"),
                mistake(
                        c -> c.slowCallRateThreshold(60),
                        "slowCallRateThreshold is 60.0 but must be absent without slowCallDurationThreshold, since no"
                                + " call is slow then"),
                mistake(
                        c -> c.slowCallDurationThreshold(Duration.ofSeconds(1))
                                .slowCallRateThreshold(60)
                                .noSlowCalls(),
                        "slowCallRateThreshold is 60.0 but must be absent without slowCallDurationThreshold, since no"
                                + " call is slow then"),
                mistake(c -> c.maxRetryAfter(Duration.ZERO), "maxRetryAfter is PT0S but must be a duration above zero"),
                mistake(c -> c.recordExceptions(), empty("recordExceptions")),
                mistake(c -> c.ignoreExceptions(), empty("ignoreExceptions")),
                mistake(c -> c.overloadExceptions(), empty("overloadExceptions")),
                mistake(
                        c -> c.recordExceptions(IOException.class).ignoreExceptions(IOException.class),
                        twice("ignoreExceptions", "recordExceptions")),
                mistake(
                        c -> c.overloadExceptions(IOException.class).recordExceptions(IOException.class),
                        twice("recordExceptions", "overloadExceptions")),
                mistake(
                        c -> c.ignoreExceptions(IOException.class).overloadExceptions(IOException.class),
                        twice("overloadExceptions", "ignoreExceptions")),
                mistake(c -> c.timeSource(null), "timeSource must not be null"),
                mistake(c -> c.random(null), "random must not be null"));
    }

    private static String empty(String option) {
        return option + " is empty but must be at least one type; leave it out if there is none";
    }

    private static String twice(String option, String other) {
        return option + " is java.io.IOException but must be another type than those of " + other
                + ": it can count in one way only";
    }

    private static Arguments mistake(UnaryOperator<CircuitBreakerConfig.Builder> options, String message) {
        return Arguments.of(message, options);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("mistakes")
    void aMistakeIsToldByOptionValueAndWhatIsAllowed(
            String message, UnaryOperator<CircuitBreakerConfig.Builder> options) {
        assertThatThrownBy(() -> CircuitBreaker.of("b", options)).hasMessage("circuit breaker 'b': " + message);
    }

    @Test
    void thereMayBeAThousandProbes() {
        assertThat(CircuitBreakerConfig.builder()
                        .permittedNumberOfCallsInHalfOpenState(1_000)
                        .build()
                        .permittedNumberOfCallsInHalfOpenState())
                .isEqualTo(1_000);
    }

    @Test
    void aTimeWindowHasBounds() {
        assertThatThrownBy(() -> SlidingWindow.ofTime(Duration.ZERO))
                .hasMessage("slidingWindow is PT0S but must be a duration above zero");
        assertThatThrownBy(() -> SlidingWindow.ofTime(Duration.ofMillis(9)))
                .hasMessage("slidingWindow is PT0.009S but must be at least 1 ms for each of its 10 buckets");
        assertThatThrownBy(() -> SlidingWindow.ofTime(Duration.ofSeconds(1), 0))
                .hasMessage("slidingWindow buckets is 0 but must be between 1 and 3600");
        assertThatThrownBy(() -> SlidingWindow.ofTime(Duration.ofDays(1), 3_601))
                .hasMessage("slidingWindow buckets is 3601 but must be between 1 and 3600");
        assertThatThrownBy(() -> SlidingWindow.ofTime(null)).isInstanceOf(NullPointerException.class);
        assertThat(SlidingWindow.ofTime(Duration.ofSeconds(1)))
                .isEqualTo(SlidingWindow.ofTime(Duration.ofSeconds(1), 10))
                .hasToString("last 1s in 10 buckets");
    }

    @Test
    void aNumberOfFailuresSetsTheWindow() {
        CircuitBreakerConfig byCalls = CircuitBreakerConfig.builder().minimumNumberOfCalls(70).build().toBuilder()
                .failureThreshold(5, 10)
                .build();
        assertThat(byCalls.slidingWindow()).isEqualTo(SlidingWindow.ofCalls(10));
        assertThat(byCalls.failureThreshold()).isEqualTo(5);
        assertThat(byCalls.minimumNumberOfCalls())
                .as("an inherited one follows")
                .isEqualTo(10);
        assertThat(byCalls.toBuilder().build()).isEqualTo(byCalls);

        CircuitBreakerConfig byTime = byCalls.toBuilder()
                .failureThreshold(7, Duration.ofSeconds(3))
                .failureRateThreshold(40)
                .build();
        assertThat(byTime.slidingWindow()).isEqualTo(SlidingWindow.ofTime(Duration.ofSeconds(3)));
        assertThat(byTime.failureThreshold()).isEqualTo(7);

        CircuitBreakerConfig byRate = byTime.toBuilder()
                .noFailureThreshold()
                .failureRateThreshold(30)
                .minimumNumberOfCalls(4)
                .build();
        assertThat(byRate.failureThreshold()).isZero();
    }

    @Test
    void aMinimumBesidesANumberOfFailuresIsForSlowCalls() {
        CircuitBreakerConfig config = CircuitBreakerConfig.builder()
                .minimumNumberOfCalls(7)
                .failureThreshold(5, 10)
                .slowCallDurationThreshold(Duration.ofSeconds(1))
                .build();
        assertThat(config.minimumNumberOfCalls()).isEqualTo(7);
    }

    @Test
    void aNameAndAConfigAreRequired() {
        assertThatThrownBy(() -> CircuitBreaker.ofDefaults(" ")).hasMessage("name is ' ' but must be not blank");
        assertThatThrownBy(() -> CircuitBreaker.of("b", (CircuitBreakerConfig) null))
                .hasMessage("config must not be null");
    }

    @Test
    void theMinimumFollowsASmallWindowUnlessItWasSet() {
        assertThat(CircuitBreakerConfig.builder().slidingWindowSize(5).build().minimumNumberOfCalls())
                .isEqualTo(5);
        CircuitBreakerConfig small =
                CircuitBreakerConfig.defaults().toBuilder().slidingWindowSize(5).build();
        assertThat(small.minimumNumberOfCalls()).isEqualTo(5);
        assertThat(small.toBuilder().slidingWindowSize(50).build().minimumNumberOfCalls())
                .isEqualTo(20);
        assertThat(CircuitBreakerConfig.builder()
                        .slidingWindow(SlidingWindow.ofTime(Duration.ofSeconds(1)))
                        .build()
                        .minimumNumberOfCalls())
                .isEqualTo(20);
        CircuitBreakerConfig set =
                CircuitBreakerConfig.builder().minimumNumberOfCalls(7).build();
        assertThat(set.toBuilder().slidingWindowSize(50).build().minimumNumberOfCalls())
                .isEqualTo(7);
    }

    @Test
    void theBuilderOfAConfigBeginsWithAllItsOptions() {
        CircuitBreakerConfig config = CircuitBreakerConfig.builder()
                .slidingWindow(SlidingWindow.ofTime(Duration.ofMinutes(1), 6))
                .minimumNumberOfCalls(9)
                .failureRateThreshold(12.5)
                .consecutiveFailures(4)
                .slowCallDurationThreshold(Duration.ofMillis(3))
                .slowCallRateThreshold(33)
                .waitDurationInOpenState(Duration.ofSeconds(5))
                .permittedNumberOfCallsInHalfOpenState(8)
                .requiredSuccessesInHalfOpenState(6)
                .maxWaitDurationInHalfOpenState(Duration.ofSeconds(6))
                .automaticTransitionFromOpenToHalfOpen(true)
                .initialState(State.METRICS_ONLY)
                .recordExceptions(IllegalStateException.class)
                .timeSource(VirtualTime.create())
                .random(RandomSource.seeded(1))
                .build();

        assertThat(config.toBuilder().build()).isEqualTo(config);
        CircuitBreakerConfig strict = config.toBuilder()
                .requiredSuccessesInHalfOpenState(0)
                .singleFailedProbeReopens(true)
                .build();
        assertThat(strict.toBuilder().build()).isEqualTo(strict);
        assertThat(config.toBuilder().noSlowCalls().build().slowCallDurationThreshold())
                .isNull();
    }

    @Test
    void aRateOfSlowCallsThatWasNotSaidAnewIsNoMistake() {
        CircuitBreakerConfig timed = CircuitBreakerConfig.builder()
                .slowCallDurationThreshold(Duration.ofSeconds(1))
                .slowCallRateThreshold(60)
                .build();
        assertThat(timed.toBuilder().noSlowCalls().build().slowCallDurationThreshold())
                .isNull();
    }
}
