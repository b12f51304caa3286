package dev.mainstay.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.backoff.Backoff;
import dev.mainstay.retry.Retry;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** The JDK's test server has no HTTP/2, so the pushes are a stub's. */
class PushesTest {

    private static final HttpRequest REQUEST =
            HttpRequest.newBuilder(URI.create("http://localhost/")).build();

    private final Retry retry = Retry.of(
            "http", c -> c.classifier(HttpRules.standard().retryClassifier()).backoff(Backoff.none()));
    private final AtomicInteger attempts = new AtomicInteger();
    private final AtomicInteger pushes = new AtomicInteger();

    private HttpResponse<String> call(boolean pushing) throws Exception {
        StubClient stub = new StubClient((request, handler) -> {
            attempts.incrementAndGet();
            if (pushing) {
                handler.applyPushPromise(request, request, ignored -> null);
            }
            return CompletableFuture.completedFuture(new StubAnswer<>(request, 500, "no"));
        });
        return ResilientHttpClient.of(stub, retry)
                .sendAsync(
                        REQUEST, BodyHandlers.ofString(), (initiating, promise, acceptor) -> pushes.incrementAndGet())
                .get();
    }

    @Test
    void aCallThatWasPushedToIsNotMadeAgain() throws Exception {
        assertThat(call(true).statusCode()).isEqualTo(500);
        assertThat(attempts).hasValue(1);
        assertThat(pushes).hasValue(1);
    }

    @Test
    void aCallThatMayBePushedToAndWasNotIs() throws Exception {
        assertThat(call(false).statusCode()).isEqualTo(500);
        assertThat(attempts).hasValue(3);
    }
}
