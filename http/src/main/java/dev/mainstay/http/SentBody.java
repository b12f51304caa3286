package dev.mainstay.http;

import java.net.http.HttpRequest;
import java.nio.ByteBuffer;
import java.util.concurrent.Flow;

/** A request's body that knows whether the client has begun to read it, and so to send it. */
final class SentBody implements HttpRequest.BodyPublisher {

    private final HttpRequest.BodyPublisher body;
    private final boolean replayable;

    /** Whether this or an earlier attempt has read it. */
    private volatile boolean read;

    /** Whether this attempt has. */
    private volatile boolean readNow;

    SentBody(HttpRequest.BodyPublisher body) {
        this.body = body;
        this.replayable = RequestBodies.isReplayable(body);
    }

    /** Another attempt begins. */
    void attemptBegins() {
        readNow = false;
    }

    boolean isRepeatable() {
        return replayable || !read;
    }

    boolean isReadNow() {
        return readNow;
    }

    @Override
    public long contentLength() {
        return body.contentLength();
    }

    @Override
    public void subscribe(Flow.Subscriber<? super ByteBuffer> subscriber) {
        read = true;
        readNow = true;
        body.subscribe(subscriber);
    }
}
