package dev.mainstay.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.Pipeline;
import dev.mainstay.TimeLimiter;
import dev.mainstay.backoff.Backoff;
import dev.mainstay.retry.Retry;
import dev.mainstay.retry.RetryBudget;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** No answer that the caller does not get keeps its connection, whatever its body is read as. */
class DiscardedAnswersTest {

    /** More than the client reads ahead, and never its end. */
    private static final String ENDLESS = "HTTP/1.1 503 Busy\r\nContent-Length: 100000000\r\n\r\n";

    private static final String WELL = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK";

    private final Retry retry = Retry.of(
            "http",
            c -> c.classifier(HttpRules.standard().retryClassifier())
                    .maxAttempts(5)
                    .overloadBackoff(Backoff.none())
                    .budget(RetryBudget.none()));
    private final HttpClient client = ResilientHttpClient.of(HttpClient.newHttpClient(), Pipeline.of("http", retry));

    static Stream<Arguments> streams() {
        return Stream.of(Calls.values())
                .flatMap(calls -> Stream.of(
                        Arguments.of(calls, BodyHandlers.ofInputStream()),
                        Arguments.of(calls, BodyHandlers.ofLines()),
                        Arguments.of(calls, BodyHandlers.ofPublisher())));
    }

    @ParameterizedTest
    @MethodSource("streams")
    void theConnectionOfEachAttemptButTheLastIsLetGo(Calls calls, BodyHandler<?> handler) throws Exception {
        try (RawServer server =
                new RawServer((number, socket, out) -> RawServer.write(out, number < 5 ? ENDLESS : WELL))) {
            HttpResponse<?> answer = calls.make(client, server.request().build(), handler);

            assertThat(answer.statusCode()).isEqualTo(200);
            server.awaitClosed(4);
            assertThat(server.accepted).hasSize(5);
            assertThat(server.closed).isEmpty();
        }
    }

    @ParameterizedTest
    @MethodSource("streams")
    void theLastOfTheFailedAnswersIsTheCallersToRead(Calls calls, BodyHandler<?> handler) throws Exception {
        String busy = "HTTP/1.1 503 Busy\r\nContent-Length: 5\r\n\r\nlater";
        try (RawServer server =
                new RawServer((number, socket, out) -> RawServer.write(out, number < 5 ? ENDLESS : busy))) {
            HttpResponse<?> answer = calls.make(client, server.request().build(), handler);

            assertThat(answer.statusCode()).isEqualTo(503);
            assertThat(read(answer.body())).isEqualTo("later");
            server.awaitClosed(4);
        }
    }

    private static String read(Object body) throws Exception {
        if (body instanceof InputStream stream) {
            return new String(stream.readAllBytes(), StandardCharsets.US_ASCII);
        }
        if (body instanceof Stream<?> lines) {
            return String.valueOf(lines.toList().get(0));
        }
        @SuppressWarnings("unchecked")
        Flow.Publisher<List<ByteBuffer>> publisher = (Flow.Publisher<List<ByteBuffer>>) body;
        HttpResponse.BodySubscriber<String> reader = HttpResponse.BodySubscribers.ofString(StandardCharsets.US_ASCII);
        publisher.subscribe(reader);
        return reader.getBody().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    /** Bodies that are read whole leave a connection that can be used again. */
    @ParameterizedTest
    @EnumSource
    void answersThatAreReadWholeShareOneConnection(Calls calls) throws Exception {
        try (TestServer server = new TestServer(
                TestServer.status(503), TestServer.status(503), TestServer.status(503), TestServer.status(200))) {
            assertThat(calls.make(client, server.request().build(), BodyHandlers.ofString())
                            .statusCode())
                    .isEqualTo(200);

            assertThat(server.received).hasSize(4);
            assertThat(server.connections()).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aTypeOfOnesOwnIsToldToTheHookOnceForEachAttempt(Calls calls) throws Exception {
        List<Integer> discarded = new CopyOnWriteArrayList<>();
        HttpClient telling = ResilientHttpClient.builder(HttpClient.newHttpClient(), Pipeline.of("http", retry))
                .onDiscard(answer -> {
                    discarded.add(answer.statusCode());
                    throw new IllegalStateException("the hook is broken");
                })
                .build();
        try (TestServer server =
                new TestServer(TestServer.status(503), TestServer.status(500), TestServer.status(200))) {
            assertThat(calls.make(telling, server.request().build(), BodyHandlers.ofString())
                            .statusCode())
                    .isEqualTo(200);

            assertThat(discarded).containsExactly(503, 500);
        }
    }

    /** A limiter whose time is up when the headers have come, and the result is dropped. */
    @Test
    void anAnswerThatComesTooLateIsLetGo() throws Exception {
        CountDownLatch answering = new CountDownLatch(1);
        CountDownLatch headers = new CountDownLatch(1);
        TimeLimiter limiter = TimeLimiter.of(
                "http", c -> c.timeoutDuration(Duration.ofMillis(150)).cancelOnTimeout(false));
        HttpClient limited = ResilientHttpClient.of(HttpClient.newHttpClient(), Pipeline.of("http", limiter));
        try (RawServer server = new RawServer((number, socket, out) -> {
            answering.await();
            RawServer.write(out, ENDLESS);
        })) {
            CompletableFuture<HttpResponse<InputStream>> answer =
                    limited.sendAsync(server.request().build(), info -> {
                        headers.countDown();
                        return HttpResponse.BodySubscribers.ofInputStream();
                    });
            assertThatThrownBy(() -> answer.get(10, TimeUnit.SECONDS)).hasCauseInstanceOf(HttpTimeoutException.class);

            answering.countDown();

            assertThat(headers.await(10, TimeUnit.SECONDS)).isTrue();
            server.awaitClosed(1);
        }
    }

    @Test
    void anAnswerThatMeetsACancelIsLetGo() throws Exception {
        for (int i = 0; i < 50; i++) {
            CountDownLatch headers = new CountDownLatch(1);
            try (RawServer server = new RawServer((number, socket, out) -> RawServer.write(out, ENDLESS))) {
                CompletableFuture<HttpResponse<InputStream>> answer =
                        client.sendAsync(server.request().build(), info -> {
                            headers.countDown();
                            return HttpResponse.BodySubscribers.ofInputStream();
                        });
                headers.await(10, TimeUnit.SECONDS);
                if (answer.cancel(true)) {
                    server.awaitClosed(server.accepted.size());
                } else {
                    answer.get().body().close();
                }
            }
        }
    }
}
