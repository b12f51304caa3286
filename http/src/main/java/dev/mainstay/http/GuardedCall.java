package dev.mainstay.http;

import dev.mainstay.call.CallContext;
import dev.mainstay.retry.RetriesExhaustedException;
import dev.mainstay.time.Deadline;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * One call of a {@link ResilientHttpClient}: makes its attempts and lets go of their answers. That of an attempt which
 * is followed by another is discarded before that one, what is left at the call's end is discarded then, and what comes
 * later when it comes.
 */
final class GuardedCall<T> {

    /** So long after the deadline the JDK ends an attempt: a time limiter, which is there to do so, comes first. */
    private static final Duration GRACE = Duration.ofMillis(50);

    private final ResilientHttpClient client;
    private final HttpRequest request;
    private final HttpResponse.BodyHandler<T> handler;
    private final HttpResponse.@Nullable PushPromiseHandler<T> pushHandler;
    private final HttpCall facts;
    private final @Nullable String idempotencyKey;

    /** The body, if it must be watched. */
    private final @Nullable SentBody body;

    private volatile boolean pushed;

    private final OpenAnswers<T> answers;

    GuardedCall(
            ResilientHttpClient client,
            HttpRequest request,
            HttpResponse.BodyHandler<T> handler,
            HttpResponse.@Nullable PushPromiseHandler<T> pushHandler) {
        this.client = client;
        this.request = request;
        this.handler = handler;
        this.answers = new OpenAnswers<>(client.discards());
        this.pushHandler = pushHandler == null
                ? null
                : (initiating, promise, acceptor) -> {
                    pushed = true;
                    pushHandler.applyPushPromise(initiating, promise, acceptor);
                };
        HttpCall known = JdkAnswer.callOf(request);
        boolean declared = known.isIdempotent() || client.isIdempotent(request);
        this.idempotencyKey = declared ? null : client.idempotencyKey(request);
        boolean idempotent = declared || idempotencyKey != null;
        SentBody watched = watched(request.bodyPublisher().orElse(null), idempotent);
        this.body = watched;
        boolean followsNoRedirects = client.followRedirects() == HttpClient.Redirect.NEVER;
        this.facts = known.idempotent(idempotent)
                .repeatableWhile(
                        () -> !pushed && !client.isShutDownNow() && (watched == null || watched.isRepeatable()))
                .unsentWhile(() -> watched == null ? followsNoRedirects : !watched.isReadNow());
    }

    /** The body, if it matters whether it was read: because it cannot be sent again, or the call not made again. */
    private static @Nullable SentBody watched(HttpRequest.@Nullable BodyPublisher body, boolean idempotent) {
        return body == null || body.contentLength() == 0 || (idempotent && RequestBodies.isReplayable(body))
                ? null
                : new SentBody(body);
    }

    CallContext context(CallContext outer) {
        return facts.in(outer);
    }

    // ---- attempts

    HttpResponse<T> send(CallContext context) throws IOException, InterruptedException {
        HttpResponse<T> answer = client.delegate().send(attempt(context), handler);
        received(answer);
        return answer;
    }

    CompletionStage<HttpResponse<T>> sendAsync(CallContext context) throws IOException {
        HttpRequest attempt = attempt(context);
        HttpClient delegate = client.delegate();
        return new ExchangeFuture<>(
                        this,
                        pushHandler == null
                                ? delegate.sendAsync(attempt, handler)
                                : delegate.sendAsync(attempt, handler, pushHandler))
                .follow();
    }

    /** The request of an attempt: itself, unless there is something to add. */
    private HttpRequest attempt(CallContext context) throws HttpTimeoutException {
        if (context.attempt() > 1) {
            // A retry has not accepted it.
            answers.discard(context.lastResult());
        }
        if (body != null) {
            body.attemptBegins();
        }
        HttpRequest.Builder builder = null;
        Deadline deadline = context.deadline();
        if (deadline != null) {
            Duration left = deadline.remaining();
            if (left.isZero()) {
                throw new HttpTimeoutException("the call's deadline has passed: nothing was sent in this attempt");
            }
            // Beyond some hundred years, durations do not fit the JDK's timer.
            Duration timeout = left.compareTo(Duration.ofDays(1)) > 0 ? null : left.plus(GRACE);
            Duration own = request.timeout().orElse(null);
            if (timeout != null && (own == null || own.compareTo(timeout) > 0)) {
                builder = copy().timeout(timeout);
            }
        }
        if (builder == null && (body != null || idempotencyKey != null || client.sendsHeaders())) {
            builder = copy();
        }
        if (builder == null) {
            return request;
        }
        if (body != null) {
            builder.method(request.method(), body);
        }
        if (idempotencyKey != null) {
            builder.setHeader(HttpCall.IDEMPOTENCY_KEY, idempotencyKey);
        }
        client.headers().write(context, builder::setHeader);
        return builder.build();
    }

    private HttpRequest.Builder copy() {
        return HttpRequest.newBuilder(request, (name, value) -> true);
    }

    // ---- answers

    /** An attempt has got its answer. */
    void received(HttpResponse<T> answer) {
        answers.add(answer);
    }

    /** Nobody waits for the attempt that has got this answer. */
    void discard(HttpResponse<T> answer) {
        answers.discard(answer);
    }

    /** The answer with which a retry has used up its attempts: to a caller of an HttpClient it is one like others. */
    @Nullable
    HttpResponse<T> answerIn(Throwable failure) {
        return failure instanceof RetriesExhaustedException exhausted ? answers.find(exhausted.result()) : null;
    }

    /**
     * The call has ended for its caller; once more does nothing.
     *
     * @param answer what the caller gets; null for a failure
     */
    void end(@Nullable HttpResponse<T> answer) {
        if (answers.end(answer)) {
            client.callEnded();
        }
    }

    /** The caller was to get an answer, and has ended the call by other means just before. */
    void discardTaken() {
        answers.discardTaken();
    }
}
