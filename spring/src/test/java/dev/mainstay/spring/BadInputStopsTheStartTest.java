package dev.mainstay.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.Pipeline;
import dev.mainstay.spring.annotation.CircuitBreaker;
import dev.mainstay.spring.annotation.Resilient;
import dev.mainstay.spring.annotation.Retry;
import dev.mainstay.spring.annotation.TimeLimiter;
import java.lang.reflect.Method;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import kotlin.coroutines.Continuation;
import org.junit.jupiter.api.Test;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import reactor.core.publisher.Mono;

/** What cannot be guarded as its annotations say stops the start, with a sentence that says what to write instead. */
class BadInputStopsTheStartTest {

    static class UnknownPipeline {

        @Resilient("invntory")
        public String call() {
            return "";
        }
    }

    static class Pipelines {

        @Bean
        static Pipeline inventory() {
            return Pipeline.of("inventory");
        }

        @Bean
        static Pipeline patient() {
            return Pipeline.of("patient", dev.mainstay.retry.Retry.ofDefaults("patient"));
        }
    }

    @Test
    void anUnknownPipeline() {
        assertThat(Contexts.whyNot(UnknownPipeline.class, Pipelines.class))
                .contains("UnknownPipeline.call(): there is no pipeline 'invntory'; there are [inventory, patient]");
    }

    static class OfAFuture {

        @TimeLimiter("x")
        public Future<String> call() {
            return null;
        }
    }

    @Test
    void aTimeLimitOnAPlainFuture() {
        assertThat(Contexts.whyNot(OfAFuture.class))
                .contains("it gives a Future, which goes on after the method has returned")
                .contains("give a CompletableFuture");
    }

    static class OfAFutureInAPipeline {

        @Resilient("patient")
        public Future<String> call() {
            return null;
        }
    }

    @Test
    void aRetryInAPipelineOnAPlainFuture() {
        assertThat(Contexts.whyNot(OfAFutureInAPipeline.class, Pipelines.class))
                .contains("the retry 'patient' would see the invocation only");
    }

    static class OfAStream {

        @Retry("x")
        public Stream<String> call() {
            return Stream.of();
        }
    }

    @Test
    void aRetryOnAMethodThatStreams() {
        assertThat(Contexts.whyNot(OfAStream.class)).contains("it gives a Stream, which goes on after");
    }

    static class OfAGuardedFuture {

        @CircuitBreaker("x")
        public Future<String> call() {
            return CompletableFuture.completedFuture("done");
        }
    }

    @Test
    void butABreakerOnAPlainFutureGuardsTheInvocation() {
        try (AnnotationConfigApplicationContext context = Contexts.start(OfAGuardedFuture.class)) {
            assertThat(context.getBean(OfAGuardedFuture.class).call()).isDone();
        }
    }

    static class OfAMono {

        @CircuitBreaker("x")
        public Mono<String> call() {
            return Mono.empty();
        }
    }

    @Test
    void aReactiveResultWithoutAGuardForIt() throws Exception {
        Method call = OfAMono.class.getMethod("call");
        assertThatThrownBy(() -> ResultKind.of(call, Mono.class, null))
                .hasMessageContaining(
                        "it gives a reactor.core.publisher.Mono, which does nothing before it is subscribed")
                .hasMessageContaining("put mainstay-reactor on the class path");
    }

    @kotlin.Metadata
    static class Suspending {

        @CircuitBreaker("x")
        public Object call(Continuation<? super String> continuation) {
            return "";
        }
    }

    @Test
    void aSuspendFunction() {
        assertThat(Contexts.whyNot(Suspending.class)).contains("a suspend function cannot be guarded");
    }

    static class OwnFuture<T> extends CompletableFuture<T> {}

    static class OfItsOwnFuture {

        @CircuitBreaker("x")
        public OwnFuture<String> call() {
            return new OwnFuture<>();
        }
    }

    @Test
    void aStageOfItsOwnKind() {
        assertThat(Contexts.whyNot(OfItsOwnFuture.class))
                .contains("which a guard cannot make: declare a CompletionStage or a CompletableFuture");
    }

    static class TwoClients {

        @Bean
        static dev.mainstay.spring.one.Client one() {
            return new dev.mainstay.spring.one.Client();
        }

        @Bean
        static dev.mainstay.spring.other.Client other() {
            return new dev.mainstay.spring.other.Client();
        }
    }

    @Test
    void twoClassesWithOneMadeName() {
        assertThat(Contexts.whyNot(TwoClients.class))
                .contains("would be called 'Client.call' and shared with")
                .contains("Give it a name");
    }

    static class TwoPipelines {

        @Bean
        static Pipeline one() {
            return Pipeline.of("same");
        }

        @Bean
        static Pipeline other() {
            return Pipeline.of("same");
        }

        @Resilient("same")
        public String call() {
            return "";
        }
    }

    @Test
    void twoPipelinesWithOneName() {
        assertThat(Contexts.whyNot(TwoPipelines.class))
                .contains("two Pipeline beans have the name 'same': give each a name of its own");
    }

    @Test
    void aWrongValueOfAProperty() {
        org.assertj.core.api.Assertions.assertThatThrownBy(
                        () -> Contexts.start(java.util.Map.of("mainstay.annotations.unadvised", "maybe")))
                .hasRootCauseMessage("mainstay.annotations.unadvised is 'maybe' but must be one of [warn, fail, off]");
    }
}
