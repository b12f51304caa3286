package dev.mainstay.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.spring.annotation.CircuitBreaker;
import dev.mainstay.spring.annotation.Retry;
import dev.mainstay.time.VirtualTime;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;

/** A method that gives a stage is invoked for each attempt; a cancel reaches the stage that it gave. */
class StagesAreInvokedAnewTest {

    static class Policies {

        @Bean
        static VirtualTime time() {
            return VirtualTime.create();
        }

        @Bean
        static dev.mainstay.retry.Retry retry(VirtualTime time) {
            return dev.mainstay.retry.Retry.of("stock", config -> config.timeSource(time));
        }
    }

    static class Client {

        final List<CompletableFuture<String>> stages = new ArrayList<>();

        @Retry("stock")
        public CompletionStage<String> stock() {
            CompletableFuture<String> stage = new CompletableFuture<>();
            stages.add(stage);
            if (stages.size() < 3) {
                stage.completeExceptionally(new IllegalStateException("down"));
            }
            return stage;
        }

        @CircuitBreaker("stock")
        public CompletableFuture<String> throwing() {
            throw new IllegalStateException("down");
        }

        @CircuitBreaker("stock")
        public CompletableFuture<String> nothing() {
            return null;
        }
    }

    @Test
    void forEachAttempt() throws Exception {
        try (AnnotationConfigApplicationContext context = Contexts.start(Policies.class, Client.class)) {
            Client client = context.getBean(Client.class);
            List<CompletableFuture<String>> stages = Targets.of(client).stages;

            CompletableFuture<String> stock = client.stock().toCompletableFuture();
            context.getBean(VirtualTime.class).runUntilIdle();
            assertThat(stages).hasSize(3);
            stages.get(2).complete("3");

            assertThat(stock).isCompletedWithValue("3");
        }
    }

    @Test
    void aCancelReachesTheStage() {
        try (AnnotationConfigApplicationContext context = Contexts.start(Policies.class, Client.class)) {
            Client client = context.getBean(Client.class);
            CompletableFuture<String> stock = client.stock().toCompletableFuture();
            context.getBean(VirtualTime.class).runUntilIdle();

            stock.cancel(true);

            assertThat(Targets.of(client).stages.get(2)).isCancelled();
        }
    }

    @Test
    void whatTheMethodThrowsComesOutOfTheStage() {
        try (AnnotationConfigApplicationContext context = Contexts.start(Policies.class, Client.class)) {
            CompletableFuture<String> call = context.getBean(Client.class).throwing();

            assertThatThrownBy(call::join).hasRootCauseMessage("down");
        }
    }

    @Test
    void aMethodThatGivesNoStageFails() {
        try (AnnotationConfigApplicationContext context = Contexts.start(Policies.class, Client.class)) {
            assertThat(context.getBean(Client.class).nothing()).isCompletedExceptionally();
        }
    }
}
