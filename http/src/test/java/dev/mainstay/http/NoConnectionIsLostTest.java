package dev.mainstay.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.Pipeline;
import dev.mainstay.TimeLimiter;
import dev.mainstay.backoff.Backoff;
import dev.mainstay.bulkhead.Bulkhead;
import dev.mainstay.retry.Retry;
import dev.mainstay.retry.RetryBudget;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Many calls at a time to a server that stalls, resets, and begins answers that never end, by callers who cancel when
 * they please: in the end every connection is closed, every permit back and every call over.
 */
@Timeout(120)
class NoConnectionIsLostTest {

    private static final int CALLS = 300;

    @Test
    void whateverServerAndCallersDo() throws Exception {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        Bulkhead bulkhead = Bulkhead.of("http", c -> c.maxConcurrentCalls(CALLS));
        Retry retry = Retry.of(
                "http",
                c -> c.classifier(HttpRules.standard().retryClassifier())
                        .backoff(Backoff.fixed(Duration.ofMillis(3)))
                        .overloadBackoff(Backoff.fixed(Duration.ofMillis(3)))
                        .budget(RetryBudget.none()));
        TimeLimiter each = TimeLimiter.of("http", c -> c.timeoutDuration(Duration.ofMillis(100)));
        ResilientHttpClient client =
                ResilientHttpClient.of(HttpClient.newHttpClient(), Pipeline.of("http", bulkhead, retry, each));
        try (RawServer server = new RawServer((number, socket, out) -> {
            switch (number % 4) {
                case 0 -> RawServer.write(out, "HTTP/1.1 503 Busy\r\nContent-Length: 100000000\r\n\r\n");
                case 1 -> RawServer.reset(socket);
                case 2 -> RawServer.write(out, "HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n");
                default -> {}
            }
        })) {
            List<CompletableFuture<HttpResponse<InputStream>>> calls = new ArrayList<>();
            for (int i = 0; i < CALLS; i++) {
                calls.add(client.sendAsync(server.request().build(), BodyHandlers.ofInputStream()));
                if (random.nextInt(3) == 0) {
                    boolean ignored = calls.get(random.nextInt(calls.size())).cancel(true);
                }
            }
            CountDownLatch over = new CountDownLatch(CALLS);
            for (CompletableFuture<HttpResponse<InputStream>> call : calls) {
                call.whenComplete((answer, failure) -> {
                    if (answer != null) {
                        close(answer.body());
                    }
                    over.countDown();
                });
            }

            assertThat(over.await(60, TimeUnit.SECONDS)).as("seed %d", seed).isTrue();
            client.shutdown();
            assertThat(client.awaitTermination(Duration.ofSeconds(30)))
                    .as("seed %d", seed)
                    .isTrue();
            server.awaitClosed(server.accepted.size());
            assertThat(bulkhead.tryCall(() -> "free").isRejected()).isFalse();
            assertThat(server.requests).isNotEmpty();
        }
    }

    private static void close(InputStream body) {
        try {
            body.close();
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
