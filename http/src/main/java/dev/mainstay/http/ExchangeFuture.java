package dev.mainstay.http;

import dev.mainstay.future.CallFuture;
import dev.mainstay.future.Stages;
import java.net.http.HttpResponse;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * One attempt in progress. A cancel reaches the future that the client gave, since that one alone ends the exchange:
 * its dependents do not.
 */
final class ExchangeFuture<T> extends CallFuture<HttpResponse<T>>
        implements BiConsumer<HttpResponse<T>, @Nullable Throwable> {

    private final GuardedCall<T> call;
    private final CompletableFuture<HttpResponse<T>> exchange;

    ExchangeFuture(GuardedCall<T> call, CompletableFuture<HttpResponse<T>> exchange) {
        super(exchange);
        this.call = call;
        this.exchange = exchange;
    }

    @SuppressWarnings("NullAway") // which cannot see @Nullable within the types of another module's methods
    ExchangeFuture<T> follow() {
        Stages.follow(exchange, this);
        return this;
    }

    @Override
    public void accept(HttpResponse<T> answer, @Nullable Throwable thrown) {
        if (thrown == null) {
            call.received(answer);
            succeed(answer);
        } else {
            fail(Stages.unwrap(thrown));
        }
    }

    @Override
    @SuppressWarnings("NullAway") // as above
    protected void abandoned() {
        giveUp(exchange, this);
    }

    /** Nobody waits for this attempt any longer. */
    @Override
    protected void discarded(HttpResponse<T> answer) {
        call.discard(answer);
    }
}
