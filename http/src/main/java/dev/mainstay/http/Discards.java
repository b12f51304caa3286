package dev.mainstay.http;

import dev.mainstay.event.CallbackFailures;
import java.net.http.HttpResponse;
import java.util.concurrent.Flow;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Lets go of answers that nobody will read, so that none keeps a connection. Never throws. */
final class Discards {

    private final String owner;
    private final @Nullable Consumer<? super HttpResponse<?>> onDiscard;
    private final CallbackFailures closeFailures = new CallbackFailures();
    private final CallbackFailures hookFailures = new CallbackFailures();

    Discards(String owner, @Nullable Consumer<? super HttpResponse<?>> onDiscard) {
        this.owner = owner;
        this.onDiscard = onDiscard;
    }

    void discard(HttpResponse<?> response) {
        if (onDiscard != null) {
            try {
                onDiscard.accept(response);
            } catch (Throwable thrown) {
                hookFailures.report(owner, "onDiscard hook", thrown);
            }
        }
        try {
            Object body = response.body();
            if (body instanceof Flow.Publisher<?> publisher) {
                publisher.subscribe(new Cancelling<>());
            }
            if (body instanceof AutoCloseable closeable) {
                closeable.close();
            }
        } catch (Throwable thrown) {
            closeFailures.report(owner, "close of a discarded answer's body", thrown);
        }
    }

    /** Takes nothing. */
    private static final class Cancelling<T> implements Flow.Subscriber<T> {

        @Override
        public void onSubscribe(Flow.Subscription subscription) {
            subscription.cancel();
        }

        @Override
        public void onNext(T item) {}

        @Override
        public void onError(Throwable failure) {}

        @Override
        public void onComplete() {}
    }
}
