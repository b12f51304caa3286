package dev.mainstay.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.Pipeline;
import dev.mainstay.outcome.CallTimeoutException;
import dev.mainstay.spring.annotation.Resilient;
import dev.mainstay.spring.annotation.ThreadPoolBulkhead;
import dev.mainstay.spring.annotation.TimeLimiter;
import dev.mainstay.time.VirtualTime;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;

/** A time limit on a method that gives a value is no mistake: it holds, and what has timed out is stopped. */
class TimeLimitsHoldForPlainMethodsTest {

    static class Clock {

        @Bean
        static VirtualTime time() {
            return VirtualTime.create();
        }

        @Bean
        static dev.mainstay.TimeLimiter limiter(VirtualTime time) {
            return dev.mainstay.TimeLimiter.of(
                    "search",
                    config -> config.timeoutDuration(Duration.ofMillis(300)).timeSource(time));
        }

        @Bean
        static Pipeline pipeline(dev.mainstay.TimeLimiter limiter) {
            return Pipeline.of("searches", limiter);
        }
    }

    static class Search {

        final CompletableFuture<String> stage = new CompletableFuture<>();
        final VirtualTime time;
        boolean interrupted;

        Search(VirtualTime time) {
            this.time = time;
        }

        @TimeLimiter("search")
        public String slow() {
            return sleep();
        }

        @Resilient("searches")
        public String slowInAPipeline() {
            return sleep();
        }

        @TimeLimiter("search")
        public CompletableFuture<String> later() {
            return stage;
        }

        private String sleep() {
            try {
                time.sleep(Duration.ofSeconds(30).toNanos());
                return "found";
            } catch (InterruptedException stopped) {
                interrupted = true;
                return "stopped";
            }
        }
    }

    /** Ignores interrupts until it is told to end. */
    static class Stubborn {

        final CountDownLatch end = new CountDownLatch(1);

        @TimeLimiter(name = "stubborn", timeoutDuration = "20ms")
        @ThreadPoolBulkhead(name = "stubborn", maxThreads = "1", interruptOnCancel = "false")
        public String work() {
            while (true) {
                try {
                    if (end.await(1, TimeUnit.MINUTES)) {
                        return "done";
                    }
                } catch (InterruptedException ignored) {
                    // goes on
                }
            }
        }
    }

    @Test
    void aPlainMethodIsInterruptedWhenItsTimeIsUp() {
        try (AnnotationConfigApplicationContext context = Contexts.start(Clock.class, Search.class)) {
            Search search = context.getBean(Search.class);

            assertThatThrownBy(search::slow).isInstanceOf(CallTimeoutException.class);
            assertThat(context.getBean(VirtualTime.class).elapsed()).isEqualTo(Duration.ofMillis(300));
            assertThat(Targets.of(search).interrupted).isTrue();
        }
    }

    @Test
    void soItIsInAPipeline() {
        try (AnnotationConfigApplicationContext context = Contexts.start(Clock.class, Search.class)) {
            assertThatThrownBy(context.getBean(Search.class)::slowInAPipeline).isInstanceOf(CallTimeoutException.class);
        }
    }

    @Test
    void aStageThatTimesOutIsCancelled() {
        try (AnnotationConfigApplicationContext context = Contexts.start(Clock.class, Search.class)) {
            Search search = context.getBean(Search.class);

            CompletableFuture<String> later = search.later();
            context.getBean(VirtualTime.class).advance(Duration.ofSeconds(1));

            assertThat(later).isCompletedExceptionally();
            assertThat(Targets.of(search).stage).isCancelled();
        }
    }

    @Test
    void onThreadsOfItsOwnTheCallerIsReleasedWhateverTheMethodDoes() {
        try (AnnotationConfigApplicationContext context = Contexts.start(Stubborn.class)) {
            Stubborn stubborn = context.getBean(Stubborn.class);

            assertThatThrownBy(stubborn::work).isInstanceOf(CallTimeoutException.class);
            Targets.of(stubborn).end.countDown();
        }
    }
}
