package dev.mainstay.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.Pipeline;
import dev.mainstay.TimeLimiter;
import dev.mainstay.bulkhead.Bulkhead;
import dev.mainstay.time.VirtualTime;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A client that ignores a cancel: a slot is held until its exchange has really ended, whether the bulkhead stands
 * within the client or around it, and the answer that comes then is closed once. In virtual time.
 */
class NothingHidesTheEndOfAnExchangeTest {

    private static final HttpRequest REQUEST =
            HttpRequest.newBuilder(URI.create("http://localhost/")).build();

    private final VirtualTime time = VirtualTime.create();
    private final Bulkhead bulkhead =
            Bulkhead.of("http", c -> c.maxConcurrentCalls(1).timeSource(time));
    private final TimeLimiter limiter = TimeLimiter.of(
            "http", c -> c.timeoutDuration(Duration.ofMillis(100)).timeSource(time));
    private final AtomicInteger closed = new AtomicInteger();

    /** What ignores that it was given up. */
    private final CompletableFuture<HttpResponse<InputStream>> exchange = new CompletableFuture<>() {
        @Override
        public boolean cancel(boolean mayInterruptIfRunning) {
            return false;
        }
    };

    private StubClient stub;

    @BeforeEach
    void stub() {
        stub = new StubClient(exchange);
    }

    @Test
    void aSlotWithinTheClientIsHeldUntilTheExchangeEnds() {
        isHeldUntilTheExchangeEnds(ResilientHttpClient.of(stub, Pipeline.of("http", limiter, bulkhead))
                .sendAsync(REQUEST, BodyHandlers.ofInputStream()));
    }

    @Test
    void aSlotAroundTheClientIsHeldUntilTheExchangeEnds() {
        ResilientHttpClient client = ResilientHttpClient.of(stub, Pipeline.of("inner"));
        isHeldUntilTheExchangeEnds(Pipeline.of("outer", limiter, bulkhead)
                .callAsync(() -> client.sendAsync(REQUEST, BodyHandlers.ofInputStream())));
    }

    private void isHeldUntilTheExchangeEnds(CompletableFuture<HttpResponse<InputStream>> call) {
        time.advance(Duration.ofMillis(100));
        assertThat(call).isCompletedExceptionally();
        assertThat(bulkhead.tryCall(() -> "free").isRejected()).isTrue();

        exchange.complete(new StubAnswer<>(REQUEST, 200, new ByteArrayInputStream(new byte[0]) {
            @Override
            public void close() {
                closed.incrementAndGet();
            }
        }));
        time.runDue();

        assertThat(bulkhead.tryCall(() -> "free").isRejected()).isFalse();
        assertThat(closed).hasValue(1);
    }

    @Test
    void aCallerWhoCancelsGetsNoAnswerAndTheLateOneIsClosed() {
        CompletableFuture<HttpResponse<InputStream>> call =
                ResilientHttpClient.of(stub, bulkhead).sendAsync(REQUEST, BodyHandlers.ofInputStream());
        assertThat(call.cancel(true)).isTrue();

        exchange.complete(new StubAnswer<>(REQUEST, 200, new ByteArrayInputStream(new byte[0]) {
            @Override
            public void close() {
                closed.incrementAndGet();
            }
        }));

        assertThat(closed).hasValue(1);
        assertThat(bulkhead.tryCall(() -> "free").isRejected()).isFalse();
    }
}
