package dev.mainstay.http;

import static java.net.http.HttpResponse.BodyHandlers.ofString;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.mainstay.Pipeline;
import dev.mainstay.TimeLimiter;
import dev.mainstay.backoff.Backoff;
import dev.mainstay.bulkhead.Bulkhead;
import dev.mainstay.retry.Retry;
import dev.mainstay.retry.RetryBudget;
import dev.mainstay.retry.RetryEvent;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Servers that reset, stall and answer by halves, and callers who give up at each stage of a call. */
@Timeout(60)
class BrokenExchangesTest {

    private static final String WELL = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK";

    private final Retry retry = Retry.of(
            "http",
            c -> c.classifier(HttpRules.standard().retryClassifier())
                    .backoff(Backoff.none())
                    .overloadBackoff(Backoff.none())
                    .budget(RetryBudget.none()));
    private final Bulkhead bulkhead = Bulkhead.of("http", c -> c.maxConcurrentCalls(1));
    private final HttpClient inside = HttpClient.newHttpClient();
    private final HttpClient client = ResilientHttpClient.of(inside, Pipeline.of("http", bulkhead, retry));

    @ParameterizedTest
    @EnumSource
    void aResetBeforeTheAnswerIsRetriedIfIdempotent(Calls calls) throws Exception {
        try (RawServer server = new RawServer((number, socket, out) -> {
            if (number == 1) {
                RawServer.reset(socket);
            } else {
                RawServer.write(out, WELL);
            }
        })) {
            HttpResponse<String> put = calls.make(
                    client, server.request().PUT(BodyPublishers.ofString("x")).build(), ofString());
            assertThat(put.statusCode()).isEqualTo(200);
            assertThat(server.requests).hasSize(2);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aPostThatWasResetIsNotSentAgain(Calls calls) throws Exception {
        try (RawServer server = new RawServer((number, socket, out) -> RawServer.reset(socket))) {
            assertThatThrownBy(() -> calls.make(
                            client,
                            server.request().POST(BodyPublishers.ofString("x")).build(),
                            ofString()))
                    .isInstanceOf(IOException.class)
                    .isNotInstanceOf(HttpRejectedException.class);
            assertThat(server.requests).hasSize(1);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aBodyThatEndsTooSoonIsAFailure(Calls calls) throws Exception {
        try (RawServer server = new RawServer((number, socket, out) -> {
            if (number == 1) {
                RawServer.write(out, "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nhalf");
                socket.close();
            } else {
                RawServer.write(out, WELL);
            }
        })) {
            assertThat(calls.make(client, server.request().build(), ofString()).body())
                    .isEqualTo("OK");
        }
    }

    @ParameterizedTest
    @EnumSource
    void whatIsNoHttpIsNotRetried(Calls calls) throws Exception {
        try (RawServer server = new RawServer((number, socket, out) -> {
            RawServer.write(out, "SSH-2.0-OpenSSH_9.0\r\n\r\n");
            socket.close();
        })) {
            Throwable failure =
                    catchThrowable(() -> calls.make(client, server.request().build(), ofString()));

            assertThat(FailureKind.of(failure)).isEqualTo(FailureKind.PROTOCOL);
            assertThat(server.requests).hasSize(1);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aBodyThatStallsIsEndedByTheTimeLimit(Calls calls) throws Exception {
        HttpClient limited = ResilientHttpClient.of(
                inside,
                Pipeline.of("http", bulkhead, TimeLimiter.of("http", c -> c.timeoutDuration(Duration.ofMillis(200)))));
        try (RawServer server = new RawServer(
                (number, socket, out) -> RawServer.write(out, "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nslow"))) {
            assertThatThrownBy(() -> calls.make(limited, server.request().build(), ofString()))
                    .isInstanceOf(HttpTimeoutException.class);
            server.awaitClosed(1);
            nothingIsHeld();
        }
    }

    /** As the documentation says of the JDK's own repetitions, which no policy sees. */
    @ParameterizedTest
    @EnumSource
    void theJdkItselfSendsAGetAgainWhereAConnectionEndsWithoutAnAnswer(Calls calls) throws Exception {
        try (RawServer server = new RawServer((number, socket, out) -> socket.close())) {
            HttpClient bare = ResilientHttpClient.of(inside, Pipeline.of("http"));

            assertThatThrownBy(() -> calls.make(bare, server.request().build(), ofString()))
                    .isInstanceOf(IOException.class);
            int sentForOneGet = server.requests.size();
            assertThatThrownBy(() -> calls.make(
                            bare,
                            server.request().POST(BodyPublishers.ofString("x")).build(),
                            ofString()))
                    .isInstanceOf(IOException.class);

            assertThat(sentForOneGet).isBetween(2, 5);
            assertThat(server.requests).hasSize(sentForOneGet + 1);
        }
    }

    // ---- callers who give up

    @Test
    void aCancelBeforeTheHeadersEndsTheExchange() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        try (RawServer server = new RawServer((number, socket, out) -> asked.countDown())) {
            CompletableFuture<HttpResponse<String>> answer =
                    client.sendAsync(server.request().build(), ofString());
            asked.await();

            assertThat(answer.cancel(true)).isTrue();

            server.awaitClosed(1);
            assertThat(server.requests).hasSize(1);
            nothingIsHeld();
        }
    }

    @Test
    void aCancelWhileTheBodyComesEndsTheExchange() throws Exception {
        CountDownLatch headers = new CountDownLatch(1);
        try (RawServer server = new RawServer(
                (number, socket, out) -> RawServer.write(out, "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nslow"))) {
            CompletableFuture<HttpResponse<String>> answer =
                    client.sendAsync(server.request().build(), info -> {
                        headers.countDown();
                        return ofString().apply(info);
                    });
            headers.await();

            assertThat(answer.cancel(true)).isTrue();

            server.awaitClosed(1);
            nothingIsHeld();
        }
    }

    @Test
    void aCancelWhileARetryWaitsEndsTheCall() throws Exception {
        CountDownLatch waits = new CountDownLatch(1);
        Retry slow = Retry.of(
                "http",
                c -> c.classifier(HttpRules.standard().retryClassifier())
                        .overloadBackoff(Backoff.fixed(Duration.ofHours(1)))
                        .budget(RetryBudget.none()));
        slow.subscribe(RetryEvent.RetryScheduled.class, event -> waits.countDown());
        HttpClient waiting = ResilientHttpClient.of(inside, Pipeline.of("http", bulkhead, slow));
        try (RawServer server = new RawServer((number, socket, out) ->
                RawServer.write(out, "HTTP/1.1 503 Busy\r\nContent-Length: 100000000\r\n\r\n"))) {
            CompletableFuture<HttpResponse<java.io.InputStream>> answer =
                    waiting.sendAsync(server.request().build(), HttpResponse.BodyHandlers.ofInputStream());
            waits.await();

            assertThat(answer.cancel(true)).isTrue();

            server.awaitClosed(1);
            assertThat(server.requests).hasSize(1);
            nothingIsHeld();
        }
    }

    @Test
    void aFutureThatTheCallerCompletesEndsTheExchange() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        try (RawServer server = new RawServer((number, socket, out) -> asked.countDown())) {
            CompletableFuture<HttpResponse<String>> answer =
                    client.sendAsync(server.request().build(), ofString());
            asked.await();

            assertThat(answer.completeExceptionally(new IllegalStateException("enough")))
                    .isTrue();

            server.awaitClosed(1);
            nothingIsHeld();
        }
    }

    @Test
    void anInterruptEndsACallAndItsExchange() throws Exception {
        AtomicReference<Throwable> failure = new AtomicReference<>();
        CountDownLatch asked = new CountDownLatch(1);
        try (RawServer server = new RawServer((number, socket, out) -> asked.countDown())) {
            Thread caller = new Thread(() -> failure.set(
                    catchThrowable(() -> client.send(server.request().build(), ofString()))));
            caller.start();
            asked.await();

            caller.interrupt();
            caller.join();

            assertThat(failure.get()).isInstanceOf(InterruptedException.class);
            server.awaitClosed(1);
            assertThat(server.requests).hasSize(1);
            nothingIsHeld();
        }
    }

    @Test
    void anInterruptWhileARetryWaitsEndsTheCallWithTheLastAnswerAndIsKept() throws Exception {
        AtomicReference<HttpResponse<String>> answer = new AtomicReference<>();
        AtomicReference<Boolean> interrupted = new AtomicReference<>();
        CountDownLatch waits = new CountDownLatch(1);
        Retry slow = Retry.of(
                "http",
                c -> c.classifier(HttpRules.standard().retryClassifier())
                        .overloadBackoff(Backoff.fixed(Duration.ofHours(1)))
                        .budget(RetryBudget.none()));
        slow.subscribe(RetryEvent.RetryScheduled.class, event -> waits.countDown());
        HttpClient waiting = ResilientHttpClient.of(inside, Pipeline.of("http", bulkhead, slow));
        try (TestServer server = new TestServer(TestServer.status(503))) {
            Thread caller = new Thread(() -> {
                Throwable failure = catchThrowable(
                        () -> answer.set(waiting.send(server.request().build(), ofString())));
                interrupted.set(failure == null && Thread.currentThread().isInterrupted());
            });
            caller.start();
            waits.await();

            caller.interrupt();
            caller.join();

            assertThat(answer.get().statusCode()).isEqualTo(503);
            assertThat(interrupted.get()).isTrue();
            assertThat(server.received).hasSize(1);
            nothingIsHeld();
        }
    }

    @Test
    void anInterruptWhileABulkheadHasNoSlotIsAnInterruptedException() throws Exception {
        Bulkhead full = Bulkhead.of("full", c -> c.maxConcurrentCalls(1).maxWaitDuration(Duration.ofHours(1)));
        HttpClient queued = ResilientHttpClient.of(inside, Pipeline.of("http", full));
        CountDownLatch asked = new CountDownLatch(1);
        try (RawServer server = new RawServer((number, socket, out) -> asked.countDown())) {
            CompletableFuture<HttpResponse<String>> first =
                    queued.sendAsync(server.request().build(), ofString());
            asked.await();

            Thread.currentThread().interrupt();
            assertThatThrownBy(() -> queued.send(server.request().build(), ofString()))
                    .isInstanceOf(InterruptedException.class);
            assertThat(Thread.interrupted()).isFalse();

            first.cancel(true);
        }
    }

    /** A permit that leaked would have all calls after it rejected. */
    private void nothingIsHeld() throws Exception {
        CountDownLatch free = new CountDownLatch(1);
        while (bulkhead.tryCall(() -> "free").isRejected()) {
            free.await(1, TimeUnit.MILLISECONDS);
        }
    }
}
