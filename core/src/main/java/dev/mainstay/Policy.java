package dev.mainstay;

import dev.mainstay.call.AsyncCallBody;
import dev.mainstay.call.CallBody;
import dev.mainstay.call.CallContext;
import dev.mainstay.event.MainstayEvent;
import dev.mainstay.event.Subscription;
import dev.mainstay.meter.Measured;
import dev.mainstay.meter.MeterSink;
import dev.mainstay.time.TimeSource;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Something that goes around a call. Policies that let a call in and later hear how it ended extend {@link Gate};
 * policies that make it several times, or not at all, extend this class. Those of your own are as good as ours.
 *
 * <p>What is public here is for users, who call a policy through the forms of {@link Guard}. What is protected is for
 * authors of policies; adapters and registries reach it through {@link PolicyAccess}. Implementations are safe for use
 * by many threads.
 */
public abstract class Policy extends Guard implements Measured {

    /** For subclasses. */
    protected Policy() {}

    /**
     * Makes the rest of the call, as often as it sees fit, with {@link Chain#proceed}.
     *
     * @param now the time if it was read and none has passed since, otherwise {@link TimeSource#UNREAD}
     */
    protected abstract <T extends @Nullable Object> T around(
            CallContext context, long now, Chain inner, CallBody<? extends T> body) throws Exception;

    /** The same for a call that answers with a future: never blocks, never throws, never gives null. */
    protected abstract <T extends @Nullable Object> CompletableFuture<T> aroundAsync(
            CallContext context, long now, Chain inner, AsyncCallBody<? extends T> body);

    /** The clock it goes by, or null if it needs none. The policies of a pipeline must agree. */
    protected @Nullable TimeSource timeSource() {
        return null;
    }

    /**
     * Lists what it can be measured by; nothing, unless a policy says otherwise. Describing costs the calls nothing.
     */
    protected void describe(MeterSink sink) {}

    /** Whether it could be forgotten and made anew without anybody noticing: no permits out, nothing remembered. */
    protected boolean isIdle() {
        return false;
    }

    @Override
    public String explain() {
        return "'" + name() + "'";
    }

    @Override
    public <E extends MainstayEvent> Subscription subscribe(Class<E> type, Consumer<? super E> listener) {
        return () -> {};
    }

    @Override
    protected <T extends @Nullable Object> T execute(CallContext context, CallBody<? extends T> body) throws Exception {
        return this.<T>around(context, TimeSource.UNREAD, Chain.end(), body);
    }

    @Override
    protected <T extends @Nullable Object> CompletableFuture<T> executeAsync(
            CallContext context, AsyncCallBody<? extends T> body) {
        return aroundAsync(context, TimeSource.UNREAD, Chain.endOf(name()), body);
    }
}
