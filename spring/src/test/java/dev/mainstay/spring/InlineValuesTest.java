package dev.mainstay.spring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.breaker.CircuitBreakerConfig;
import dev.mainstay.retry.RetryConfig;
import dev.mainstay.spring.annotation.Bulkhead;
import dev.mainstay.spring.annotation.CircuitBreaker;
import dev.mainstay.spring.annotation.RateLimiter;
import dev.mainstay.spring.annotation.Retry;
import dev.mainstay.spring.annotation.ThreadPoolBulkhead;
import dev.mainstay.spring.annotation.TimeLimiter;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;

/** Options in annotations, with placeholders in them. */
class InlineValuesTest {

    static class Client {

        @CircuitBreaker(
                failureRateThreshold = "${client.rate:40}",
                slidingWindowSize = "50",
                minimumNumberOfCalls = "5",
                waitDurationInOpenState = "3s",
                permittedNumberOfCallsInHalfOpenState = "2",
                slowCallDurationThreshold = "PT1S",
                slowCallRateThreshold = "80",
                recordExceptions = IOException.class,
                ignoreExceptions = FileNotFoundException.class)
        @Retry(maxAttempts = "${client.attempts}", maxDuration = "5s", maxRetryAfter = "2s")
        @Bulkhead(maxConcurrentCalls = "7", maxWaitDuration = "100ms", maxQueuedCalls = "3")
        @RateLimiter(limitForPeriod = "10", limitRefreshPeriod = "1s", burst = "4", timeoutDuration = "10")
        @TimeLimiter(timeoutDuration = "300ms", cancelOnTimeout = "false")
        @ThreadPoolBulkhead(maxThreads = "3", queueCapacity = "9", maxWaitDuration = "1s", interruptOnCancel = "false")
        public String call() {
            return "done";
        }
    }

    @Test
    void eachReachesItsOptionUnderTheNameOfTheMethod() {
        Map<String, Map<String, String>> asked = new HashMap<>();
        Map<Class<?>, Object> policies = new HashMap<>();
        try (AnnotationConfigApplicationContext context = Contexts.of(Map.of("client.attempts", "2"), Client.class)) {
            context.registerBean("own", PolicyCatalog.class, () -> new RecordingCatalog(context, asked, policies));
            context.refresh();

            assertThat(context.getBean(Client.class).call()).isEqualTo("done");
        }

        assertThat(asked.keySet()).containsOnly("InlineValuesTest.Client.call");
        CircuitBreakerConfig breaker = ((dev.mainstay.breaker.CircuitBreaker)
                        policies.get(dev.mainstay.breaker.CircuitBreaker.class))
                .config();
        assertThat(breaker.failureRateThreshold()).isEqualTo(40);
        assertThat(breaker.minimumNumberOfCalls()).isEqualTo(5);
        assertThat(breaker.slowCallDurationThreshold()).isEqualTo(Duration.ofSeconds(1));
        RetryConfig retry = ((dev.mainstay.retry.Retry) policies.get(dev.mainstay.retry.Retry.class)).config();
        assertThat(retry.maxAttempts()).isEqualTo(2);
        assertThat(retry.maxDuration()).isEqualTo(Duration.ofSeconds(5));
        assertThat(((dev.mainstay.bulkhead.Bulkhead) policies.get(dev.mainstay.bulkhead.Bulkhead.class))
                        .config()
                        .maxWaitDuration())
                .isEqualTo(Duration.ofMillis(100));
        assertThat(((dev.mainstay.ratelimit.RateLimiter) policies.get(dev.mainstay.ratelimit.RateLimiter.class))
                        .config()
                        .timeoutDuration())
                .isEqualTo(Duration.ofMillis(10));
        assertThat(((dev.mainstay.TimeLimiter) policies.get(dev.mainstay.TimeLimiter.class))
                        .config()
                        .cancelOnTimeout())
                .isFalse();
        assertThat(((dev.mainstay.bulkhead.ThreadPoolBulkhead)
                                policies.get(dev.mainstay.bulkhead.ThreadPoolBulkhead.class))
                        .config()
                        .queueCapacity())
                .isEqualTo(9);
    }

    static java.util.List<PolicyKind<?, ?, ?>> kinds() {
        return PolicyKind.OUTERMOST_FIRST;
    }

    /** An attribute whose option has another name, or none, would fail at the first use. */
    @ParameterizedTest
    @MethodSource("kinds")
    void everyAttributeNamesAnOption(PolicyKind<?, ?, ?> kind) {
        for (Method attribute : kind.annotation().getDeclaredMethods()) {
            if (!java.util.Set.of("value", "name", "key", "fallback").contains(attribute.getName())) {
                assertThat(Arrays.stream(kind.builder().getMethods()).map(Method::getName))
                        .contains(attribute.getName());
            }
        }
    }

    static class NoNumber {

        @CircuitBreaker(name = "client", failureRateThreshold = "half")
        public String call() {
            return "";
        }
    }

    @Test
    void aWrongValueStopsTheStartAndIsNamed() {
        assertThat(Contexts.whyNot(NoNumber.class))
                .contains("NoNumber.call(): circuit breaker 'client': failure-rate-threshold is 'half' but must be"
                        + " a number");
    }

    static class TooMuch {

        @CircuitBreaker(name = "client", failureRateThreshold = "120")
        public String call() {
            return "";
        }
    }

    @Test
    void soDoesOneThatIsNotAllowed() {
        assertThat(Contexts.whyNot(TooMuch.class)).contains("failureRateThreshold is 120.0 but must be");
    }

    static class NoLimit {

        @RateLimiter("client")
        public String call() {
            return "";
        }
    }

    @Test
    void aRateLimiterNeedsALimit() {
        assertThat(Contexts.whyNot(NoLimit.class)).contains("limitForPeriod is not given");
    }

    static class NoSuchProperty {

        @Retry(name = "client", maxAttempts = "${client.attempts}")
        public String call() {
            return "";
        }
    }

    @Test
    void aPlaceholderWithoutAValueStopsTheStart() {
        assertThat(Contexts.whyNot(NoSuchProperty.class))
                .contains("the placeholder in '${client.attempts}' has no value: define the property");
    }

    @Test
    void anExpressionInAPropertyIsNotEvaluated() {
        assertThat(Contexts.whyNot(Map.of("client.attempts", "#{1 + 1}"), NoSuchProperty.class))
                .contains("max-attempts is '#{1 + 1}' but must be a whole number");
    }

    static class Here {

        @Retry(name = "client", maxAttempts = "2")
        public String call() {
            return "";
        }
    }

    static class There {

        @Retry(name = "client", maxAttempts = "5")
        public String call() {
            return "";
        }
    }

    @Test
    void oneNameWithTwoSetsOfValuesStopsTheStart() {
        assertThat(Contexts.whyNot(Here.class, There.class))
                .contains("retry 'client' has the values {max-attempts=2} elsewhere, and cannot have {max-attempts=5}");
    }

    static final class RecordingCatalog implements PolicyCatalog {

        private final BeanPolicyCatalog catalog;
        private final Map<String, Map<String, String>> asked;
        private final Map<Class<?>, Object> policies;

        RecordingCatalog(
                AnnotationConfigApplicationContext context,
                Map<String, Map<String, String>> asked,
                Map<Class<?>, Object> policies) {
            catalog = new BeanPolicyCatalog(context, null);
            this.asked = asked;
            this.policies = policies;
        }

        @Override
        public PipelineHandle pipeline(String name) {
            return null;
        }

        @Override
        public <P extends dev.mainstay.Policy> P policy(Class<P> kind, String name, Map<String, String> inline) {
            asked.put(name, inline);
            P policy = catalog.policy(kind, name, inline);
            policies.put(kind, policy);
            return policy;
        }

        @Override
        public java.util.Set<String> pipelineNames() {
            return java.util.Set.of();
        }
    }
}
