package dev.mainstay.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.Pipeline;
import dev.mainstay.ratelimit.RateLimitExceededException;
import dev.mainstay.spring.annotation.Bulkhead;
import dev.mainstay.spring.annotation.CircuitBreaker;
import dev.mainstay.spring.annotation.Fallback;
import dev.mainstay.spring.annotation.RateLimiter;
import dev.mainstay.spring.annotation.Resilient;
import dev.mainstay.spring.annotation.Retry;
import dev.mainstay.spring.annotation.TimeLimiter;
import dev.mainstay.time.VirtualTime;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;

/** Policies stand in one order, wherever they are written, and fallbacks outside of all. */
class TheOrderIsOneTest {

    static class Policies {

        @Bean
        static VirtualTime time() {
            return VirtualTime.create();
        }

        @Bean
        static dev.mainstay.retry.Retry retry(VirtualTime time) {
            return dev.mainstay.retry.Retry.of("stock", config -> config.timeSource(time));
        }

        @Bean
        static dev.mainstay.breaker.CircuitBreaker breaker(VirtualTime time) {
            return dev.mainstay.breaker.CircuitBreaker.of("stock", config -> config.timeSource(time));
        }

        @Bean
        static Pipeline pipeline(VirtualTime time) {
            return Pipeline.of("outer", dev.mainstay.bulkhead.Bulkhead.of("outer", config -> config.timeSource(time)));
        }
    }

    static class Client {

        int attempts;

        @Fallback("offline")
        @CircuitBreaker("stock")
        @Retry("stock")
        public String stock() {
            attempts++;
            throw new IllegalStateException("down");
        }

        String offline(IllegalStateException failure) {
            return "offline after " + attempts;
        }

        @Resilient("outer")
        @TimeLimiter("all")
        @Bulkhead("all")
        @RateLimiter(name = "first", limitForPeriod = "5", limitRefreshPeriod = "1h")
        @RateLimiter(name = "second", limitForPeriod = "1", limitRefreshPeriod = "1h")
        @CircuitBreaker("all")
        @Retry("all")
        public String all() {
            return "done";
        }
    }

    @Test
    void aFallbackHidesNoFailureFromTheRetryWhichHidesNoneFromTheBreaker() {
        try (AnnotationConfigApplicationContext context = Contexts.start(Policies.class, Client.class)) {
            Client client = context.getBean(Client.class);

            assertThat(client.stock()).isEqualTo("offline after 3");
            assertThat(context.getBean(dev.mainstay.breaker.CircuitBreaker.class)
                            .tally()
                            .failures())
                    .isEqualTo(3);
        }
    }

    @Test
    void theOrderIsToldWhenTheApplicationStarts() {
        try (LogOf log = new LogOf(GuardedMethods.class)) {
            Contexts.start(Policies.class, Client.class).close();

            assertThat(log.lines())
                    .anyMatch(line -> line.contains("Guarded TheOrderIsOneTest.Client.stock(): fallback"
                            + " offline(IllegalStateException) -> retry 'stock' -> circuit breaker 'stock' -> method"))
                    .anyMatch(line -> line.contains("TheOrderIsOneTest.Client.all(): pipeline 'outer' -> retry 'all'"
                            + " -> circuit breaker 'all' -> rate limiter 'first' -> rate limiter 'second'"
                            + " -> bulkhead 'all' -> time limiter 'all' -> method"));
        }
    }

    @Test
    void limitersStandAsTheyAreWritten() {
        try (AnnotationConfigApplicationContext context = Contexts.start(SystemTimeOuter.class, Client.class)) {
            Client client = context.getBean(Client.class);

            assertThat(client.all()).isEqualTo("done");
            assertThatThrownBy(client::all)
                    .isInstanceOf(RateLimitExceededException.class)
                    .hasMessageContaining("second");
            assertThat(context.getBean(PolicyCatalog.class)
                            .policy(
                                    dev.mainstay.ratelimit.RateLimiter.class,
                                    "first",
                                    Map.of("limit-for-period", "5", "limit-refresh-period", "1h"))
                            .remaining())
                    .isEqualTo(3);
        }
    }

    static class SystemTimeOuter {

        @Bean
        static Pipeline pipeline() {
            return Pipeline.of("outer");
        }
    }

    @CircuitBreaker("class")
    @TimeLimiter(name = "class", timeoutDuration = "2s")
    static class Both {

        @CircuitBreaker("method")
        public String own() {
            return "";
        }
    }

    @Test
    void whatAMethodSaysReplacesTheSameAnnotationOfItsClassAlone() {
        try (LogOf log = new LogOf(GuardedMethods.class)) {
            Contexts.start(Both.class).close();

            assertThat(log.lines())
                    .anyMatch(line ->
                            line.contains("Both.own(): circuit breaker 'method' -> time limiter 'class' -> method;"
                                    + " ignored: @CircuitBreaker of the class, which the method has itself"));
        }
    }

    @Test
    void theTimeLimitIsForOneAttempt() {
        try (AnnotationConfigApplicationContext context = Contexts.start(Attempts.class)) {
            VirtualTime time = context.getBean(VirtualTime.class);

            assertThatThrownBy(context.getBean(Slow.class)::call)
                    .isInstanceOf(dev.mainstay.outcome.CallTimeoutException.class);
            assertThat(time.elapsed()).isGreaterThanOrEqualTo(Duration.ofSeconds(3));
        }
    }

    static class Attempts {

        @Bean
        static VirtualTime time() {
            return VirtualTime.create();
        }

        @Bean
        static Slow slow(VirtualTime time) {
            return new Slow(time);
        }

        @Bean
        static dev.mainstay.retry.Retry retry(VirtualTime time) {
            return dev.mainstay.retry.Retry.of("slow", config -> config.timeSource(time));
        }

        @Bean
        static dev.mainstay.TimeLimiter limiter(VirtualTime time) {
            return dev.mainstay.TimeLimiter.of("slow", config -> config.timeSource(time));
        }
    }

    static class Slow {

        private final VirtualTime time;

        Slow(VirtualTime time) {
            this.time = time;
        }

        @TimeLimiter("slow")
        @Retry("slow")
        public String call() throws InterruptedException {
            time.sleep(Duration.ofMinutes(1).toNanos());
            return "";
        }
    }
}
