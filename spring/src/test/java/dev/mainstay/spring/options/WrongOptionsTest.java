package dev.mainstay.spring.options;

import static dev.mainstay.spring.options.Catalogs.catalog;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.mainstay.Pipeline;
import dev.mainstay.breaker.CircuitBreaker;
import dev.mainstay.ratelimit.KeyedRateLimiter;
import dev.mainstay.ratelimit.RateLimiter;
import dev.mainstay.retry.Retry;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each wrong input is rejected by a sentence that says what to write instead. */
class WrongOptionsTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            pipelines.a.retry.max-attemps: 3 | pipelines.a.retry.max-attemps is no option: did you mean \
            max-attempts?; allowed are enabled, max-attempts, unlimited-attempts, backoff,
            pipelines.a.retry.max-attempts: many | pipelines.a.retry.max-attempts is 'many' but must be a whole number
            pipelines.a.retry.max-duration: soon | pipelines.a.retry.max-duration is 'soon' but must be a duration \
            such as 500ms, 10s, 2m or PT10S
            pipelines.a.retry.backoff: soon | pipelines.a.retry.backoff is 'soon' but must be a duration, none, or \
            parts such as initial and max
            pipelines.a.retry.enabled: on | pipelines.a.retry.enabled is 'on' but must be true or false
            pipelines.a.retry: 3 | pipelines.a.retry is '3' but must be left empty, with its options below it
            pipelines.a.circuit-breaker.initial-state: shut | pipelines.a.circuit-breaker.initial-state is 'shut' but \
            must be one of closed, open, half-open, disabled, forced-open, metrics-only
            pipelines.a.circuit-breaker.sliding-window: x | pipelines.a.circuit-breaker.sliding-window is 'x' but \
            must be a number of calls such as 100, or a duration such as 60s
            pipelines.a.rate-limiter.limit: 5 | pipelines.a.rate-limiter.limit is '5' but must be of the form 100/1s, \
            or parts such as limit and period
            pipelines.a.rate-limiter.burst: 5 | rate limiter 'a': limitForPeriod is not given but must be at least 1: \
            there is no sensible default (mainstay.pipelines.a.rate-limiter.limit-for-period)
            pipelines.a.retry.max-attempts: 0 | retry 'a': maxAttempts is 0 but must be at least 1 \
            (mainstay.pipelines.a.retry.max-attempts)
            pipelines.a.retry.retry-exceptions: a.B | retry 'a': retryExceptions is a.B but must be the name of a \
            class on the class path, with its package (mainstay.pipelines.a.retry.retry-exceptions)
            pipelines.a.retry.retry-exceptions: java.lang.Error | retry 'a': retryExceptions is java.lang.Error but \
            must be the name of an exception's class (mainstay.pipelines.a.retry.retry-exceptions)
            pipelines.a.retry.classifier: mine | retry 'a': classifier is mine but must be left out: there are no \
            beans to name here (mainstay.pipelines.a.retry.classifier)
            pipelines.a.retry.backoff.jitter: wild | retry 'a': backoff jitter is wild but must be full, equal, none \
            or a share from 0 to 1 (mainstay.pipelines.a.retry.backoff)
            pipelines.a.retry.backoff.increment: 1s | retry 'a': backoff increment is PT1S but must be absent unless \
            type is linear (mainstay.pipelines.a.retry.backoff)
            pipelines.a.fallback: mine | pipeline 'a': fallback is mine but must be left out: there are no beans to \
            name here (mainstay.pipelines.a.fallback)
            pipelines.a.base: low | mainstay.pipelines.a.base is 'low' but must be one of mainstay.configs, of which \
            there is none
            pipelines.a.order: retries | mainstay.pipelines.a.order has 'retries' but must have names of sections: \
            time-limiter, retry, circuit-breaker, rate-limiter, bulkhead, thread-pool, attempt-time-limiter: did you \
            mean retry?
            pipelines.a.order: retry, retry | mainstay.pipelines.a.order has 'retry' twice
            pipelines.a.order: bulkhead:b | mainstay.pipelines.a.order has 'bulkhead:b' but there must be such a \
            bulkhead: there is none
            defaults.base: low | defaults have no base: write the options there
            defaults.fallback: f | defaults have no fallback, since it knows the type of one call's result: name it \
            in a pipeline
            retries.r.enabled: false | enabled is for the policies of a pipeline: leave out one that is used alone
            retry-budgets.b.shared: c | mainstay.retry-budgets.b must have numbers, capacity and per-success, not a name
            pipelines.[a.b].retry.max-attempts: 0 | retry 'a.b': maxAttempts is 0 but must be at least 1 \
            (mainstay.pipelines.[a.b].retry.max-attempts)
            """)
    void oneOption(String line, String message) {
        assertThatThrownBy(() -> catalog(line))
                .isInstanceOf(InvalidOptionException.class)
                .hasMessageStartingWith(message);
    }

    @Test
    void aWindowThatNoMinimumFits() {
        InvalidOptionException thrown = catchThrowableOfType(
                InvalidOptionException.class,
                () -> catalog(
                        "configs.slow.circuit-breaker.minimum-number-of-calls: 50",
                        "pipelines.a.base: slow",
                        "pipelines.a.circuit-breaker.sliding-window-size: 10"));

        assertThat(thrown)
                .hasMessage(
                        "circuit breaker 'a': minimumNumberOfCalls is 50 but must be at most 10, since the window never"
                                + " holds more (mainstay.pipelines.a.circuit-breaker.minimum-number-of-calls)");
        assertThat(thrown.section()).isEqualTo("pipelines.a.circuit-breaker");
        assertThat(thrown.option()).isEqualTo("minimum-number-of-calls");
    }

    @Test
    void twoOptionsOfWhichOneCounts() {
        assertThatThrownBy(() -> catalog(
                        "pipelines.a.rate-limiter.limit: 5/1s", "pipelines.a.rate-limiter.limit-for-period: 10"))
                .hasMessage(
                        "mainstay.pipelines.a.rate-limiter: limit-for-period and limit take each other's place: leave"
                                + " one out");
    }

    @Test
    void anOrderThatLeavesOutWhatIsConfigured() {
        assertThatThrownBy(() -> catalog("pipelines.a.order: retry", "pipelines.a.bulkhead.max-concurrent-calls: 2"))
                .hasMessage(
                        "mainstay.pipelines.a.order leaves out bulkhead, configured for the pipeline: name it, or set"
                                + " its enabled to false");
    }

    @Test
    void basesThatLeadInACircle() {
        assertThatThrownBy(() -> catalog("configs.x.base: y", "configs.y.base: x", "pipelines.a.base: x"))
                .hasMessage("mainstay.configs.y.base leads back to 'x', by way of [x, y]");
    }

    @Test
    void onePolicyAtTwoPlaces() {
        assertThatThrownBy(() -> catalog("retries.a.max-attempts: 2", "pipelines.a.retry.max-attempts: 2"))
                .hasMessage(
                        "retry 'a' is configured twice, at mainstay.retries.a and at mainstay.pipelines.a.retry: they"
                                + " are one policy, so leave one out");
    }

    @Test
    void inlineValues() {
        ConfiguredPolicyCatalog catalog = catalog();

        assertThatThrownBy(() -> catalog.policy(Retry.class, "a", Map.of("max-attemps", "3")))
                .hasMessageStartingWith("retry 'a': max-attemps is no option: did you mean max-attempts?; allowed are");
        assertThatThrownBy(() -> catalog.policy(Retry.class, "a", Map.of("max-attempts", "x")))
                .hasMessage("retry 'a': max-attempts is 'x' but must be a whole number");
        assertThatThrownBy(() -> catalog.policy(Retry.class, "a", Map.of("max-attempts", "0")))
                .hasMessage("retry 'a': maxAttempts is 0 but must be at least 1");
        assertThatThrownBy(() -> catalog.policy(Pipeline.class, "a", Map.of()))
                .hasMessageStartingWith(
                        "kind is dev.mainstay.Pipeline but must be one of those that can be configured: [");
        assertThatThrownBy(() -> catalog.policy(Retry.class, " ", Map.of()))
                .hasMessage("name is ' ' but must be not blank");
    }

    @Test
    void keyedOrNot() {
        ConfiguredPolicyCatalog catalog =
                catalog("circuit-breakers.hosts.keyed.max-instances: 5", "rate-limiters.all.limit: 5/1s");

        assertThatThrownBy(() -> catalog.policy(CircuitBreaker.class, "hosts", Map.of()))
                .hasMessage("circuit breaker 'hosts' is keyed but must not be, as it is asked for here"
                        + " (mainstay.circuit-breakers.hosts.keyed)");
        assertThatThrownBy(() -> catalog.policy(KeyedRateLimiter.class, "all", Map.of()))
                .hasMessage("rate limiter 'all' is not keyed but must be, as it is asked for here"
                        + " (mainstay.rate-limiters.all.keyed)");
        assertThat(catalog.policy(RateLimiter.class, "all", Map.of())).isNotNull();
    }
}
