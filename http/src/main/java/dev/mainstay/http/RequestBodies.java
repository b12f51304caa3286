package dev.mainstay.http;

import dev.mainstay.safe.Require;
import java.net.http.HttpRequest;
import java.nio.ByteBuffer;
import java.util.Set;
import java.util.concurrent.Flow;

/**
 * Which bodies of requests can be sent twice. Those of strings, byte arrays and files can, and so can no body. Of all
 * others nobody knows: {@link ResilientHttpClient} sends a call again only if its body has not been read yet, or was
 * declared {@link #replayable}.
 */
public final class RequestBodies {

    /** The JDK's publishers have no types of their own to ask for. */
    private static final String PUBLISHERS = "jdk.internal.net.http.RequestPublishers$";

    private static final Set<String> REPLAYED =
            Set.of("StringPublisher", "ByteArrayPublisher", "IterablePublisher", "FilePublisher", "EmptyPublisher");

    private RequestBodies() {}

    /**
     * Declares that each subscriber of a body gets all of it: a stream that is opened anew each time, or several
     * replayable bodies put together.
     */
    public static HttpRequest.BodyPublisher replayable(HttpRequest.BodyPublisher body) {
        return new Replayable(Require.present("body", body));
    }

    /** Whether a body can be sent twice, as far as is known. */
    public static boolean isReplayable(HttpRequest.BodyPublisher body) {
        String type = body.getClass().getName();
        return body instanceof Replayable
                || body.contentLength() == 0
                || (type.startsWith(PUBLISHERS) && REPLAYED.contains(type.substring(PUBLISHERS.length())));
    }

    private record Replayable(HttpRequest.BodyPublisher body) implements HttpRequest.BodyPublisher {

        @Override
        public long contentLength() {
            return body.contentLength();
        }

        @Override
        public void subscribe(Flow.Subscriber<? super ByteBuffer> subscriber) {
            body.subscribe(subscriber);
        }
    }
}
