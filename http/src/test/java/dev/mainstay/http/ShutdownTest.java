package dev.mainstay.http;

import static java.net.http.HttpResponse.BodyHandlers.ofString;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.Pipeline;
import dev.mainstay.backoff.Backoff;
import dev.mainstay.retry.Retry;
import dev.mainstay.retry.RetryBudget;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the JDK's client has from 21 on, and this one on 17 too. */
@Timeout(60)
class ShutdownTest {

    private final Retry retry = Retry.of(
            "http",
            c -> c.classifier(HttpRules.standard().retryClassifier())
                    .backoff(Backoff.fixed(Duration.ofMillis(50)))
                    .overloadBackoff(Backoff.fixed(Duration.ofMillis(50)))
                    .budget(RetryBudget.none()));
    private final ResilientHttpClient client =
            ResilientHttpClient.of(HttpClient.newHttpClient(), Pipeline.of("http", retry));

    @Test
    void callsInProgressEndWithTheirRetries() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch answering = new CountDownLatch(1);
        try (TestServer server = new TestServer(
                exchange -> {
                    asked.countDown();
                    ResilientHttpClientTest.awaitQuietly(answering);
                    TestServer.status(503).to(exchange);
                },
                TestServer.status(200))) {
            CompletableFuture<HttpResponse<String>> answer =
                    client.sendAsync(server.request().build(), ofString());
            asked.await();

            client.shutdown();

            assertThat(client.isTerminated()).isFalse();
            assertThat(client.awaitTermination(Duration.ofMillis(1))).isFalse();
            assertThatThrownBy(() -> client.send(server.request().build(), ofString()))
                    .isInstanceOf(IOException.class)
                    .hasMessage("the client is shut down");
            assertThat(client.sendAsync(server.request().build(), ofString())).isCompletedExceptionally();

            answering.countDown();
            assertThat(answer.get(10, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
            client.close();
            assertThat(client.isTerminated()).isTrue();
            assertThat(server.received).hasSize(2);
        }
    }

    @Test
    void aClientThatIsShutDownNowMakesNoMoreAttempts() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch answering = new CountDownLatch(1);
        try (TestServer server = new TestServer(exchange -> {
            asked.countDown();
            ResilientHttpClientTest.awaitQuietly(answering);
            TestServer.status(503).to(exchange);
        })) {
            CompletableFuture<HttpResponse<String>> answer =
                    client.sendAsync(server.request().build(), ofString());
            asked.await();

            client.shutdownNow();
            answering.countDown();

            // On 17 the exchange ends by itself, from 21 on the JDK ends it.
            answer.handle((response, failure) -> null).get(10, TimeUnit.SECONDS);
            assertThat(client.awaitTermination(Duration.ofSeconds(10))).isTrue();
            assertThat(server.received).hasSize(1);
        }
    }

    @Test
    void aClientWithoutCallsClosesAtOnceAndMoreThanOnce() {
        client.close();
        client.close();
        client.shutdown();
        client.shutdownNow();

        assertThat(client.isTerminated()).isTrue();
    }
}
