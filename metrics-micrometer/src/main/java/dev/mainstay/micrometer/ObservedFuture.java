package dev.mainstay.micrometer;

import dev.mainstay.future.CallFuture;
import dev.mainstay.future.Stages;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** An observed call in progress. Its observation has stopped when whoever waits for the future hears of the outcome. */
final class ObservedFuture<T extends @Nullable Object> extends CallFuture<T>
        implements BiConsumer<T, @Nullable Throwable> {

    private final ObservedCall call;
    private final CompletableFuture<T> stage;

    ObservedFuture(ObservedCall call, CompletableFuture<T> stage) {
        super(stage);
        this.call = call;
        this.stage = stage;
    }

    @SuppressWarnings("NullAway") // which cannot see @Nullable within the types of another module's methods
    ObservedFuture<T> follow() {
        Stages.follow(stage, this);
        return this;
    }

    @Override
    public void accept(T result, @Nullable Throwable thrown) {
        if (thrown == null) {
            call.end(null);
            succeed(result);
        } else {
            Throwable failure = Stages.unwrap(thrown);
            call.end(failure);
            fail(failure);
        }
    }

    @Override
    @SuppressWarnings("NullAway") // as above
    protected void abandoned() {
        giveUp(stage, this);
        call.end(new CancellationException("the caller has ended the call"));
    }
}
