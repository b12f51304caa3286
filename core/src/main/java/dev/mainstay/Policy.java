package dev.mainstay;

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
 * policies that make it several times, or not at all, implement this. Those of your own are as good as ours.
 *
 * <p>Users call a policy through the forms of {@link Guard}. The two {@code around} methods are for authors of policies
 * and for {@link Chain}.
 */
public interface Policy extends Guard, Measured {

    /** What it is called in messages, meters, logs and events. */
    String name();

    /**
     * Makes the rest of the call, as often as it sees fit, with {@link Chain#proceed}.
     *
     * @param now the time if it was read and none has passed since, otherwise {@link TimeSource#UNREAD}
     */
    <T extends @Nullable Object> T around(CallContext context, long now, Chain inner, CallBody<? extends T> body)
            throws Exception;

    /** The same for a call that answers with a future: never blocks, never throws, never gives null. */
    <T extends @Nullable Object> CompletableFuture<T> aroundAsync(
            CallContext context, long now, Chain inner, AsyncCallBody<? extends T> body);

    /** The clock it goes by, or null if it needs none. The policies of a pipeline must agree. */
    default @Nullable TimeSource timeSource() {
        return null;
    }

    /** {@inheritDoc} Nothing, unless a policy says otherwise. */
    @Override
    default void describe(MeterSink sink) {}

    /** One line that says why it decides as it does now. */
    default String explain() {
        return "'" + name() + "'";
    }

    /** Whether it could be forgotten and made anew without anybody noticing: no permits out, nothing remembered. */
    default boolean isIdle() {
        return false;
    }

    /** Listens to one kind of event of this policy; {@code MainstayEvent.class} is all. */
    default <E extends MainstayEvent> Subscription subscribe(Class<E> type, Consumer<? super E> listener) {
        return () -> {};
    }

    @Override
    default <T extends @Nullable Object> T execute(CallContext context, CallBody<? extends T> body) throws Exception {
        return this.<T>around(context, TimeSource.UNREAD, Chain.end(), body);
    }

    @Override
    default <T extends @Nullable Object> CompletableFuture<T> executeAsync(
            CallContext context, AsyncCallBody<? extends T> body) {
        return aroundAsync(context, TimeSource.UNREAD, Chain.endOf(name()), body);
    }
}
