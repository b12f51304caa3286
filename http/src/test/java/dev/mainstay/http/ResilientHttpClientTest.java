package dev.mainstay.http;

import static dev.mainstay.http.TestServer.status;
import static java.net.http.HttpResponse.BodyHandlers.ofString;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.mainstay.Pipeline;
import dev.mainstay.Policy;
import dev.mainstay.TimeLimiter;
import dev.mainstay.backoff.Backoff;
import dev.mainstay.breaker.CircuitBreaker;
import dev.mainstay.breaker.CircuitBreaker.State;
import dev.mainstay.call.CallContext;
import dev.mainstay.call.Idempotence;
import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.outcome.CallTimeoutException;
import dev.mainstay.registry.KeyedRegistry;
import dev.mainstay.retry.Retry;
import dev.mainstay.retry.RetryBudget;
import dev.mainstay.time.Deadline;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.ConnectException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Calls over real sockets, through a retry, a breaker and a time limiter, in both forms. */
class ResilientHttpClientTest {

    private final HttpRules rules = HttpRules.standard();
    private final Retry retry = Retry.of(
            "http",
            c -> c.classifier(rules.retryClassifier())
                    .backoff(Backoff.none())
                    .overloadBackoff(Backoff.none())
                    .budget(RetryBudget.none()));
    private final CircuitBreaker breaker =
            CircuitBreaker.of("http", c -> c.classifier(rules.classifier()).consecutiveFailures(3));
    private final TimeLimiter limiter = TimeLimiter.of("http", c -> c.timeoutDuration(Duration.ofSeconds(20)));
    private final Pipeline pipeline = Pipeline.of("http", limiter, retry, breaker);
    private final HttpClient inside = HttpClient.newHttpClient();
    private final HttpClient client = ResilientHttpClient.of(inside, pipeline);

    @ParameterizedTest
    @EnumSource
    void aFailedAnswerIsAskedForAgain(Calls calls) throws Exception {
        try (TestServer server = new TestServer(status(503, "Retry-After", "0"), status(500), status(200))) {
            HttpResponse<String> answer = calls.make(client, server.request().build(), ofString());

            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(answer.body()).isEqualTo("status 200");
            assertThat(server.received).hasSize(3);
        }
    }

    @ParameterizedTest
    @EnumSource
    void theLastAnswerIsReturnedAndCountsAsAFailure(Calls calls) throws Exception {
        try (TestServer server = new TestServer(status(500), status(500), status(503))) {
            HttpResponse<String> answer = calls.make(client, server.request().build(), ofString());

            assertThat(answer.statusCode()).isEqualTo(503);
            assertThat(answer.body()).isEqualTo("status 503");
            assertThat(server.received).hasSize(3);
            assertThat(breaker.state()).isEqualTo(State.OPEN);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aRejectionIsAnIoExceptionThatSaysWhy(Calls calls) throws Exception {
        breaker.transitionToForcedOpenState();
        try (TestServer server = new TestServer(status(200))) {
            assertThatThrownBy(() -> calls.make(client, server.request().build(), ofString()))
                    .isInstanceOf(HttpRejectedException.class)
                    .hasMessageContaining("'http'")
                    .hasCauseInstanceOf(CallRejectedException.class);
            assertThat(server.received).isEmpty();
        }
    }

    @Test
    void aRejectionFurtherInIsARejectionToPoliciesFurtherOut() {
        breaker.transitionToForcedOpenState();
        Throwable failure = catchThrowable(() -> client.send(
                HttpRequest.newBuilder(URI.create("http://localhost:1/")).build(), ofString()));

        assertThat(FailureKind.of(failure)).isEqualTo(FailureKind.REJECTED);
        assertThat(((HttpRejectedException) failure).rejection().policyName()).isEqualTo("http");
    }

    @ParameterizedTest
    @EnumSource
    void aTimeLimitIsAnHttpTimeout(Calls calls) throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        try (TestServer server = new TestServer(exchange -> awaitQuietly(end))) {
            limiter.reconfigure(
                    c -> c.toBuilder().timeoutDuration(Duration.ofMillis(200)).build());

            assertThatThrownBy(() -> calls.make(client, server.request().build(), ofString()))
                    .isInstanceOf(HttpTimeoutException.class)
                    .hasMessage("'http' gave up on the call after 200ms")
                    .hasCauseInstanceOf(CallTimeoutException.class);
            end.countDown();
        }
        assertThat(Thread.interrupted()).isFalse();
    }

    @ParameterizedTest
    @EnumSource
    void aLimitOnEachAttemptIsRetried(Calls calls) throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        HttpClient limited = ResilientHttpClient.of(
                inside,
                Pipeline.of("http", retry, TimeLimiter.of("try", c -> c.timeoutDuration(Duration.ofMillis(200)))));
        try (TestServer server = new TestServer(exchange -> awaitQuietly(end), status(200))) {
            assertThat(calls.make(limited, server.request().build(), ofString()).statusCode())
                    .isEqualTo(200);
            assertThat(server.received).hasSize(2);
            end.countDown();
        }
    }

    @ParameterizedTest
    @EnumSource
    void whatTheClientThrowsComesOutAsItIs(Calls calls) throws Exception {
        assertThatThrownBy(() ->
                        calls.make(client, HttpRequest.newBuilder(refusing()).build(), ofString()))
                .isInstanceOf(ConnectException.class);
    }

    // ---- which requests are sent again

    @ParameterizedTest
    @EnumSource
    void aPostIsNotSentAgain(Calls calls) throws Exception {
        try (TestServer server = new TestServer(status(503), status(200))) {
            HttpRequest post =
                    server.request().POST(BodyPublishers.ofString("order")).build();

            assertThat(calls.make(client, post, ofString()).statusCode()).isEqualTo(503);
            assertThat(server.received).hasSize(1);
        }
    }

    @ParameterizedTest
    @EnumSource
    void anIdempotencyKeyIsTheSameInEachAttemptAndAnotherForEachCall(Calls calls) throws Exception {
        HttpClient keyed =
                ResilientHttpClient.builder(inside, pipeline).idempotencyKeys().build();
        try (TestServer server = new TestServer(status(503), status(200))) {
            HttpRequest post =
                    server.request().POST(BodyPublishers.ofString("order")).build();

            assertThat(calls.make(keyed, post, ofString()).statusCode()).isEqualTo(200);
            assertThat(calls.make(keyed, post, ofString()).statusCode()).isEqualTo(200);

            assertThat(server.received)
                    .extracting(it -> it.body())
                    .containsOnly("order")
                    .hasSize(3);
            List<String> keys = server.received.stream()
                    .map(it -> it.header("Idempotency-Key"))
                    .toList();
            assertThat(keys.get(0))
                    .matches("\"[0-9a-f-]{36}\"")
                    .isEqualTo(keys.get(1))
                    .isNotEqualTo(keys.get(2));
        }
    }

    @ParameterizedTest
    @EnumSource
    void aKeyOfTheCallersOwnIsKept(Calls calls) throws Exception {
        HttpClient keyed =
                ResilientHttpClient.builder(inside, pipeline).idempotencyKeys().build();
        try (TestServer server = new TestServer(status(503), status(200))) {
            HttpRequest post = server.request()
                    .header("Idempotency-Key", "\"mine\"")
                    .POST(BodyPublishers.ofString("order"))
                    .build();

            assertThat(calls.make(keyed, post, ofString()).statusCode()).isEqualTo(200);
            assertThat(server.received)
                    .extracting(it -> it.header("Idempotency-Key"))
                    .containsOnly("\"mine\"");
        }
    }

    @ParameterizedTest
    @EnumSource
    void whatIsDeclaredIdempotentIsSentAgain(Calls calls) throws Exception {
        try (TestServer server = new TestServer(status(503), status(200), status(503), status(200))) {
            HttpRequest post =
                    server.request().POST(BodyPublishers.ofString("query")).build();
            HttpClient declared = ResilientHttpClient.builder(inside, pipeline)
                    .idempotent(request -> request.uri().getPath().equals("/stock"))
                    .build();
            HttpClient said = ResilientHttpClient.of(inside, pipeline.with(ctx -> ctx.idempotent(Idempotence.YES)));

            assertThat(calls.make(declared, post, ofString()).statusCode()).isEqualTo(200);
            assertThat(calls.make(said, post, ofString()).statusCode()).isEqualTo(200);
        }
    }

    @ParameterizedTest
    @EnumSource
    void stringsBytesAndFilesAreSentAgain(Calls calls, @TempDir Path folder) throws Exception {
        Path file = Files.writeString(folder.resolve("body"), "body");
        byte[] bytes = "body".getBytes(StandardCharsets.UTF_8);
        for (HttpRequest.BodyPublisher body : List.of(
                BodyPublishers.ofString("body"),
                BodyPublishers.ofByteArray(bytes),
                BodyPublishers.ofByteArrays(List.of(bytes)),
                BodyPublishers.ofFile(file),
                RequestBodies.replayable(BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(bytes))))) {
            try (TestServer server = new TestServer(status(500), status(200))) {
                HttpRequest put = server.request().PUT(body).build();

                assertThat(calls.make(client, put, ofString()).statusCode()).isEqualTo(200);
                assertThat(server.received).extracting(it -> it.body()).containsExactly("body", "body");
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void aStreamThatWasReadIsNotSentAgain(Calls calls) throws Exception {
        byte[] bytes = "body".getBytes(StandardCharsets.UTF_8);
        for (HttpRequest.BodyPublisher body : List.of(
                BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(bytes)),
                BodyPublishers.fromPublisher(BodyPublishers.ofByteArray(bytes), bytes.length))) {
            try (TestServer server = new TestServer(status(500), status(200))) {
                HttpRequest put = server.request().PUT(body).build();

                assertThat(calls.make(client, put, ofString()).statusCode()).isEqualTo(500);
                assertThat(server.received).extracting(it -> it.body()).containsExactly("body");
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void aPostToAHostThatRefusesIsTriedAgain(Calls calls) throws Exception {
        int[] tries = new int[1];
        HttpClient counting = ResilientHttpClient.builder(inside, Pipeline.of("http", retry))
                .headers(CallHeaders.builder().attempt("X-Attempt").build())
                .build();
        retry.subscribe(dev.mainstay.retry.RetryEvent.RetryScheduled.class, event -> tries[0]++);
        HttpRequest post = HttpRequest.newBuilder(refusing())
                .POST(BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(new byte[1])))
                .build();

        assertThatThrownBy(() -> calls.make(counting, post, ofString())).isInstanceOf(ConnectException.class);
        assertThat(tries[0]).isEqualTo(2);
    }

    @ParameterizedTest
    @EnumSource
    void aPostThatWasCarriedOutBeforeARedirectIsNotSentAgain(Calls calls) throws Exception {
        HttpClient following = ResilientHttpClient.of(
                HttpClient.newBuilder()
                        .followRedirects(HttpClient.Redirect.ALWAYS)
                        .build(),
                pipeline);
        for (HttpRequest.BodyPublisher body : List.of(BodyPublishers.ofString("order"), BodyPublishers.noBody())) {
            try (TestServer server =
                    new TestServer(status(303, "Location", refusing().toString()))) {
                HttpRequest post = server.request().POST(body).build();

                assertThatThrownBy(() -> calls.make(following, post, ofString()))
                        .isInstanceOf(ConnectException.class);
                assertThat(server.received).hasSize(1);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void redirectsAreFollowedWithinAnAttempt(Calls calls) throws Exception {
        HttpClient following = ResilientHttpClient.of(
                HttpClient.newBuilder()
                        .followRedirects(HttpClient.Redirect.ALWAYS)
                        .build(),
                pipeline);
        try (TestServer server = new TestServer(
                status(302, "Location", "/elsewhere"), status(503), status(302, "Location", "/there"), status(200))) {
            HttpResponse<String> answer = calls.make(following, server.request().build(), ofString());

            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(server.received)
                    .extracting(it -> it.path())
                    .containsExactly("/stock", "/elsewhere", "/stock", "/there");
            assertThat(answer.previousResponse()).isPresent();
        }
    }

    // ---- context

    @ParameterizedTest
    @EnumSource
    void eachAttemptHasHeadersOfItsOwn(Calls calls) throws Exception {
        HttpClient telling = ResilientHttpClient.builder(inside, pipeline)
                .headers(CallHeaders.ours())
                .build();
        try (TestServer server = new TestServer(status(500), status(200))) {
            HttpRequest request = server.request()
                    .header("Mainstay-Attempt", "9")
                    .header("Accept", "text/plain")
                    .build();

            calls.make(telling, request, ofString());

            assertThat(server.received)
                    .extracting(it -> it.header("Mainstay-Attempt"))
                    .containsExactly("1", "2");
            assertThat(server.received).extracting(it -> it.header("Accept")).containsOnly("text/plain");
            assertThat(server.received)
                    .extracting(it -> Long.parseLong(it.header("Mainstay-Timeout-Ms")))
                    .allMatch(left -> left > 0 && left <= 20_000)
                    .isSortedAccordingTo((a, b) -> Long.compare(b, a));
        }
    }

    @ParameterizedTest
    @EnumSource
    void nothingIsAddedToARequestUnasked(Calls calls) throws Exception {
        HttpClient plain = ResilientHttpClient.of(inside, Pipeline.of("http", retry));
        try (TestServer server = new TestServer(status(200))) {
            HttpRequest request = server.request().build();

            assertThat(calls.make(plain, request, ofString()).request()).isEqualTo(request);
            assertThat(server.received.get(0).exchange().getRequestHeaders().keySet())
                    .noneMatch(name -> name.startsWith("Mainstay") || name.startsWith("Idempotency"));
        }
    }

    @ParameterizedTest
    @EnumSource
    void aDeadlineEndsACallWithoutATimeLimiter(Calls calls) throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        HttpClient plain = ResilientHttpClient.of(inside, Pipeline.of("http"));
        try (TestServer server = new TestServer(exchange -> awaitQuietly(end))) {
            assertThatThrownBy(() -> within(
                            Duration.ofMillis(100),
                            () -> calls.make(
                                    plain,
                                    server.request()
                                            .timeout(Duration.ofMinutes(1))
                                            .build(),
                                    ofString())))
                    .isInstanceOf(HttpTimeoutException.class);
            int sent = server.received.size();
            assertThatThrownBy(() -> within(
                            Duration.ZERO,
                            () -> calls.make(plain, server.request().build(), ofString())))
                    .isInstanceOf(HttpTimeoutException.class)
                    .hasMessageContaining("nothing was sent");
            assertThat(server.received).hasSize(sent);
            end.countDown();
        }
    }

    private static <T> T within(Duration left, java.util.concurrent.Callable<T> call) throws Exception {
        CallContext before = CallContext.plain().deadline(Deadline.after(left)).bind();
        try {
            return call.call();
        } finally {
            CallContext.restore(before);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aBreakerPerHostOpensForThatHostAlone(Calls calls) throws Exception {
        KeyedRegistry<CircuitBreaker> hosts = KeyedRegistry.<CircuitBreaker>builder(
                        "hosts",
                        name -> CircuitBreaker.of(
                                name, c -> c.classifier(rules.classifier()).consecutiveFailures(1)))
                .maxInstances(100)
                .build();
        HttpClient perHost = ResilientHttpClient.of(inside, Pipeline.of("http", hosts));
        try (TestServer ill = new TestServer(status(500));
                TestServer well = new TestServer(status(200))) {
            assertThat(calls.make(perHost, ill.request().build(), ofString()).statusCode())
                    .isEqualTo(500);
            assertThatThrownBy(() -> calls.make(perHost, ill.request().build(), ofString()))
                    .isInstanceOf(HttpRejectedException.class);

            assertThat(calls.make(perHost, well.request().build(), ofString()).statusCode())
                    .isEqualTo(200);
            assertThat(hosts.find("127.0.0.1:" + well.uri().getPort())).isPresent();
        }
    }

    @ParameterizedTest
    @EnumSource
    void aWholePipelinePerHostIsAPolicyToo(Calls calls) throws Exception {
        KeyedRegistry<Pipeline> hosts = KeyedRegistry.of("hosts", name -> Pipeline.of(name, retry, breaker));
        HttpClient perHost = ResilientHttpClient.builder(inside, hosts)
                .key(request -> request.uri().getPath())
                .build();
        try (TestServer server = new TestServer(status(500), status(200))) {
            assertThat(calls.make(perHost, server.request().build(), ofString()).statusCode())
                    .isEqualTo(200);
            assertThat(hosts.find("/stock")).isPresent();
        }
    }

    @Test
    void theDefaultKeyHasAlwaysAPort() throws Exception {
        KeyedRegistry<Policy> hosts = KeyedRegistry.of("hosts", name -> {
            CircuitBreaker open = CircuitBreaker.ofDefaults(name);
            open.transitionToForcedOpenState();
            return open;
        });
        HttpClient perHost = ResilientHttpClient.of(inside, hosts);
        for (String uri : List.of("http://EXAMPLE.test/", "https://example.test/a", "http://example.test:80/")) {
            HttpRequest request = HttpRequest.newBuilder(URI.create(uri)).build();
            assertThatThrownBy(() -> perHost.send(request, ofString())).isInstanceOf(HttpRejectedException.class);
        }

        assertThat(hosts.find("example.test:80")).isPresent();
        assertThat(hosts.find("example.test:443")).isPresent();
    }

    // ---- a drop-in client

    @Test
    void itSaysOfItselfWhatTheClientInsideSays() {
        assertThat(client.followRedirects()).isEqualTo(inside.followRedirects());
        assertThat(client.version()).isEqualTo(inside.version());
        assertThat(client.sslContext()).isSameAs(inside.sslContext());
        assertThat(client.sslParameters().getProtocols())
                .isEqualTo(inside.sslParameters().getProtocols());
        assertThat(client.cookieHandler()).isEqualTo(inside.cookieHandler());
        assertThat(client.connectTimeout()).isEqualTo(inside.connectTimeout());
        assertThat(client.proxy()).isEqualTo(inside.proxy());
        assertThat(client.authenticator()).isEqualTo(inside.authenticator());
        assertThat(client.executor()).isEqualTo(inside.executor());
        assertThat(client.newWebSocketBuilder()).isNotNull();
    }

    @Test
    void nullsAreRejectedAsByTheJdk() {
        assertThatThrownBy(() -> client.send(null, ofString())).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> client.sendAsync(
                        HttpRequest.newBuilder(URI.create("http://localhost/")).build(), null))
                .isInstanceOf(NullPointerException.class);
    }

    @Test
    void aThirdArgumentForPushesMayBeNull() throws Exception {
        try (TestServer server = new TestServer(status(503), status(200))) {
            CompletableFuture<HttpResponse<String>> answer =
                    client.sendAsync(server.request().build(), ofString(), null);

            assertThat(answer.get().statusCode()).isEqualTo(200);
        }
    }

    static URI refusing() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return URI.create("http://127.0.0.1:" + socket.getLocalPort() + "/");
        }
    }

    static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
