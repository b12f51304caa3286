package dev.mainstay.http;

import dev.mainstay.future.CallFuture;
import dev.mainstay.future.Stages;
import java.net.http.HttpResponse;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * What the caller of {@code sendAsync} gets: ends as an {@code HttpClient}'s future would, and a cancel goes inwards.
 */
final class AnswerFuture<T> extends CallFuture<HttpResponse<T>>
        implements BiConsumer<HttpResponse<T>, @Nullable Throwable> {

    private final GuardedCall<T> call;
    private final CompletableFuture<HttpResponse<T>> guarded;

    AnswerFuture(GuardedCall<T> call, CompletableFuture<HttpResponse<T>> guarded) {
        super(guarded);
        this.call = call;
        this.guarded = guarded;
    }

    @SuppressWarnings("NullAway") // which cannot see @Nullable within the types of another module's methods
    AnswerFuture<T> follow() {
        Stages.follow(guarded, this);
        return this;
    }

    @Override
    public void accept(HttpResponse<T> result, @Nullable Throwable thrown) {
        Throwable failure = thrown == null ? null : Stages.unwrap(thrown);
        HttpResponse<T> answer = failure == null ? result : call.answerIn(failure);
        call.end(answer);
        if (answer != null) {
            succeed(answer);
        } else {
            fail(ClientFailures.translated(failure));
        }
    }

    @Override
    @SuppressWarnings("NullAway") // as above
    protected void abandoned() {
        call.end(null);
        giveUp(guarded, this);
    }

    @Override
    protected void discarded(HttpResponse<T> answer) {
        call.discardTaken();
    }
}
