package dev.mainstay.http;

import dev.mainstay.Guard;
import dev.mainstay.PolicyAccess;
import dev.mainstay.call.CallContext;
import dev.mainstay.event.CallbackFailures;
import dev.mainstay.future.Stages;
import dev.mainstay.safe.Require;
import java.io.IOException;
import java.net.Authenticator;
import java.net.CookieHandler;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.time.Duration;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import org.jspecify.annotations.Nullable;

/**
 * An {@link HttpClient} of the JDK with policies around each of its calls, to be used wherever an {@code HttpClient}
 * is.
 *
 * <pre>{@code
 * HttpRules rules = HttpRules.standard();
 * Retry retry = Retry.of("inventory", c -> c.classifier(rules.retryClassifier()));
 * CircuitBreaker breaker = CircuitBreaker.of("inventory", c -> c.classifier(rules.classifier()));
 * HttpClient client = ResilientHttpClient.of(HttpClient.newHttpClient(), Pipeline.of("inventory", retry, breaker));
 * }</pre>
 *
 * <p><b>What comes out.</b> The last answer, whatever its status: one that a retry was not content with is returned all
 * the same when there is no other attempt. A time limit of a policy is an {@link java.net.http.HttpTimeoutException}, a
 * rejection an {@link HttpRejectedException}, and a rejection because the thread was interrupted an {@code
 * InterruptedException}; the cause is the policy's own exception. What the client itself throws comes out as it is.
 * Futures fail with the same exceptions. An interrupt while a retry waits ends the call with the last attempt's
 * outcome, and the thread stays interrupted.
 *
 * <p><b>Answers.</b> Every answer that the caller does not get is discarded before the next attempt, or when it comes
 * too late: if its body can be closed it is closed, if it is a {@code Flow.Publisher} it is cancelled. Handlers that
 * stream ({@code ofInputStream}, {@code ofLines}, {@code ofPublisher}) end the call, and all time limits and permits,
 * at the headers. A handler is applied once in each attempt.
 *
 * <p><b>Requests.</b> The call's context carries the deadline, the priority and the attributes of the thread's current
 * one. Its key, for keyed policies, is the host and port. If it has a deadline, no attempt begins after that, and the
 * JDK ends one that goes on past it. A body is sent again only if {@link RequestBodies} says that it can be.
 *
 * <p>Cancelling the future that {@code sendAsync} gives cancels the exchange, and the wait before a retry. Web sockets
 * are the client's own, without policies. Safe for use by many threads.
 */
public final class ResilientHttpClient extends HttpClient {

    private final HttpClient delegate;
    private final Guard guard;
    private final CallHeaders headers;
    private final boolean sendsHeaders;
    private final Predicate<? super HttpRequest> idempotent;
    private final Function<? super HttpRequest, @Nullable String> idempotencyKeys;
    private final Function<? super HttpRequest, ? extends @Nullable Object> keys;
    private final Discards discards;
    private final CallsInFlight calls;
    private final CallbackFailures idempotentFailures = new CallbackFailures();
    private volatile boolean shutDownNow;

    private ResilientHttpClient(Builder builder) {
        delegate = builder.delegate;
        guard = builder.guard;
        headers = builder.headers;
        sendsHeaders = headers != CallHeaders.none();
        idempotent = builder.idempotent;
        idempotencyKeys = builder.idempotencyKeys;
        keys = builder.keys;
        discards = new Discards(guard.name(), builder.onDiscard);
        calls = new CallsInFlight(() -> ClientShutdown.shutdown(delegate));
    }

    /**
     * A client with these policies and no other options.
     *
     * @param delegate makes the calls; it is shut down with this
     * @param guard a policy, a pipeline, or either with something said about its calls
     */
    public static ResilientHttpClient of(HttpClient delegate, Guard guard) {
        return builder(delegate, guard).build();
    }

    /** Begins a client that wants more than its policies. */
    public static Builder builder(HttpClient delegate, Guard guard) {
        return new Builder(delegate, guard);
    }

    // ---- calls

    /**
     * Makes the call through the policies.
     *
     * @throws IOException what the client throws; {@link HttpRejectedException} if a policy rejects the call; {@link
     *     java.net.http.HttpTimeoutException} if a policy's time limit is exceeded; or if this client is shut down
     * @throws InterruptedException if the thread is interrupted
     * @throws IllegalArgumentException what the client throws for a request that cannot be sent
     */
    @Override
    public <T> HttpResponse<T> send(HttpRequest request, HttpResponse.BodyHandler<T> responseBodyHandler)
            throws IOException, InterruptedException {
        GuardedCall<T> call = call(request, responseBodyHandler, null);
        CallContext context = context(request, call);
        if (!calls.enter()) {
            throw shutDown();
        }
        HttpResponse<T> answer = null;
        try {
            answer = PolicyAccess.call(guard, context, call::send);
        } catch (Throwable failure) {
            answer = call.answerIn(failure);
            if (answer == null) {
                throw ClientFailures.thrown(failure);
            }
        } finally {
            call.end(answer);
        }
        return answer;
    }

    /** The same without waiting; what {@link #send} throws is what the future fails with. */
    @Override
    public <T> CompletableFuture<HttpResponse<T>> sendAsync(
            HttpRequest request, HttpResponse.BodyHandler<T> responseBodyHandler) {
        return sendAsync(request, responseBodyHandler, null);
    }

    /**
     * The same with server pushes. Once the server has pushed something, the call is not made again: the handler would
     * see it twice.
     */
    @Override
    public <T> CompletableFuture<HttpResponse<T>> sendAsync(
            HttpRequest request,
            HttpResponse.BodyHandler<T> responseBodyHandler,
            HttpResponse.@Nullable PushPromiseHandler<T> pushPromiseHandler) {
        GuardedCall<T> call = call(request, responseBodyHandler, pushPromiseHandler);
        CallContext context = context(request, call);
        if (!calls.enter()) {
            return Stages.failed(shutDown());
        }
        CompletableFuture<HttpResponse<T>> guarded;
        try {
            guarded = PolicyAccess.callAsync(guard, context, call::sendAsync);
        } catch (Throwable broken) {
            call.end(null);
            throw broken;
        }
        return new AnswerFuture<>(call, guarded).follow();
    }

    private <T> GuardedCall<T> call(
            HttpRequest request,
            HttpResponse.BodyHandler<T> handler,
            HttpResponse.@Nullable PushPromiseHandler<T> pushHandler) {
        Objects.requireNonNull(request, "request");
        Objects.requireNonNull(handler, "responseBodyHandler");
        return new GuardedCall<>(this, request, handler, pushHandler);
    }

    private CallContext context(HttpRequest request, GuardedCall<?> call) {
        return call.context(CallContext.current().inherited().key(keys.apply(request)));
    }

    private static IOException shutDown() {
        return new IOException("the client is shut down");
    }

    // ---- for calls

    HttpClient delegate() {
        return delegate;
    }

    Discards discards() {
        return discards;
    }

    CallHeaders headers() {
        return headers;
    }

    boolean sendsHeaders() {
        return sendsHeaders;
    }

    boolean isShutDownNow() {
        return shutDownNow;
    }

    void callEnded() {
        calls.exit();
    }

    boolean isIdempotent(HttpRequest request) {
        try {
            return idempotent.test(request);
        } catch (Throwable thrown) {
            idempotentFailures.report(guard.name(), "idempotent predicate", thrown);
            return false;
        }
    }

    @Nullable
    String idempotencyKey(HttpRequest request) {
        return idempotencyKeys.apply(request);
    }

    // ---- shutting down

    /**
     * No call begins any more; those in progress end as they would, their retries included, and then the client inside
     * is shut down. Overrides what {@code HttpClient} has from JDK 21 on.
     */
    public void shutdown() {
        calls.close();
    }

    /** No call begins any more, those in progress are not retried, and the client inside ends their exchanges. */
    public void shutdownNow() {
        shutDownNow = true;
        calls.close();
        ClientShutdown.shutdownNow(delegate);
    }

    /** Whether all calls and their exchanges have ended after a shut-down. */
    public boolean isTerminated() {
        return calls.isEmpty() && ClientShutdown.isTerminated(delegate);
    }

    /**
     * Waits until all calls and their exchanges have ended after a shut-down.
     *
     * @return false if the time was up before
     */
    public boolean awaitTermination(Duration duration) throws InterruptedException {
        Objects.requireNonNull(duration, "duration");
        return calls.await(duration) && ClientShutdown.awaitTermination(delegate, duration);
    }

    /** {@link #shutdown()}, and waits for the end; if the thread is interrupted meanwhile, {@link #shutdownNow()}. */
    public void close() {
        shutdown();
        boolean interrupted = false;
        boolean terminated = isTerminated();
        while (!terminated) {
            try {
                terminated = awaitTermination(Duration.ofDays(1));
            } catch (InterruptedException e) {
                if (!interrupted) {
                    interrupted = true;
                    shutdownNow();
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    // ---- the client inside

    @Override
    public Optional<CookieHandler> cookieHandler() {
        return delegate.cookieHandler();
    }

    @Override
    public Optional<Duration> connectTimeout() {
        return delegate.connectTimeout();
    }

    @Override
    public Redirect followRedirects() {
        return delegate.followRedirects();
    }

    @Override
    public Optional<ProxySelector> proxy() {
        return delegate.proxy();
    }

    @Override
    public SSLContext sslContext() {
        return delegate.sslContext();
    }

    @Override
    public SSLParameters sslParameters() {
        return delegate.sslParameters();
    }

    @Override
    public Optional<Authenticator> authenticator() {
        return delegate.authenticator();
    }

    @Override
    public Version version() {
        return delegate.version();
    }

    @Override
    public Optional<Executor> executor() {
        return delegate.executor();
    }

    /** The client's own, without policies. */
    @Override
    public WebSocket.Builder newWebSocketBuilder() {
        return delegate.newWebSocketBuilder();
    }

    @Override
    public String toString() {
        return "ResilientHttpClient[" + guard + "]";
    }

    /** Collects options. Not safe for use by many threads. */
    public static final class Builder {

        private final HttpClient delegate;
        private final Guard guard;
        private CallHeaders headers = CallHeaders.none();
        private Predicate<? super HttpRequest> idempotent = request -> false;
        private Function<? super HttpRequest, @Nullable String> idempotencyKeys = request -> null;
        private Function<? super HttpRequest, ? extends @Nullable Object> keys = Builder::hostAndPort;
        private @Nullable Consumer<? super HttpResponse<?>> onDiscard;

        private Builder(HttpClient delegate, Guard guard) {
            this.delegate = Require.present("delegate", delegate);
            this.guard = Require.present("guard", guard);
        }

        private static @Nullable Object hostAndPort(HttpRequest request) {
            URI uri = request.uri();
            if (uri.getHost() == null) {
                return uri.getRawAuthority();
            }
            int port = uri.getPort() >= 0 ? uri.getPort() : "https".equalsIgnoreCase(uri.getScheme()) ? 443 : 80;
            return uri.getHost().toLowerCase(Locale.ROOT) + ":" + port;
        }

        /** The headers that each attempt is sent with, made anew for each; none by default. */
        public Builder headers(CallHeaders headers) {
            this.headers = Require.present("headers", headers);
            return this;
        }

        /**
         * Requests that do no harm when they are sent twice though their method does not say so; none by default.
         * Should it throw, that is logged once and the request is not idempotent.
         */
        public Builder idempotent(Predicate<? super HttpRequest> idempotent) {
            this.idempotent = Require.present("idempotent", idempotent);
            return this;
        }

        /**
         * Sends requests that are not idempotent with an {@code Idempotency-Key}, so that they are: a random UUID, the
         * same in each attempt of a call. For servers that know that header. A request that has the header keeps its
         * own. Not by default.
         */
        public Builder idempotencyKeys() {
            return idempotencyKeys(request -> '"' + UUID.randomUUID().toString() + '"');
        }

        /**
         * The same with keys of your own.
         *
         * @param keys the header's value for a call, quotes included; null for none. Asked once for each call; what it
         *     throws comes out of {@code send} and {@code sendAsync}
         */
        public Builder idempotencyKeys(Function<? super HttpRequest, @Nullable String> keys) {
            this.idempotencyKeys = Require.present("idempotencyKeys", keys);
            return this;
        }

        /**
         * What keyed policies tell apart; by default {@code host:port}, in lower case and with the port always there.
         * What it throws comes out of {@code send} and {@code sendAsync}.
         */
        public Builder key(Function<? super HttpRequest, ? extends @Nullable Object> key) {
            this.keys = Require.present("key", key);
            return this;
        }

        /**
         * Told of every answer that is discarded, before its body is closed: for bodies of types of your own that hold
         * something, and are neither {@code AutoCloseable} nor a {@code Flow.Publisher}. What it throws is logged once.
         */
        public Builder onDiscard(Consumer<? super HttpResponse<?>> onDiscard) {
            this.onDiscard = Require.present("onDiscard", onDiscard);
            return this;
        }

        /** The client. */
        public ResilientHttpClient build() {
            return new ResilientHttpClient(this);
        }
    }
}
