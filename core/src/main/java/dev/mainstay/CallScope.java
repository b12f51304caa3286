package dev.mainstay;

import dev.mainstay.call.CallBody;
import dev.mainstay.call.CallContext;
import dev.mainstay.event.Subscription;
import dev.mainstay.future.CallFuture;
import dev.mainstay.future.Stages;
import dev.mainstay.safe.Failures;
import dev.mainstay.safe.Require;
import dev.mainstay.time.TimeSource;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.jspecify.annotations.Nullable;

/**
 * A part of a call that can be cancelled while the rest goes on: for policies that make several attempts at once and
 * want one, such as a hedge. {@linkplain #open Opened} in a call's context, it has a context of its own, which the
 * attempt is made with.
 *
 * <pre>{@code
 * CallScope scope = CallScope.open(context, time);
 * CompletableFuture<T> attempt = inner.proceedAsync(scope.context(), now, body);
 * scope.follow(attempt);
 * // if another attempt was faster:
 * scope.cancel();
 * // if this one has ended by itself:
 * scope.close();
 * }</pre>
 *
 * <p>What ends the call around it ends the scope's attempt and runs its hooks, too, as long as it is open. It ends
 * once: of a cancel and a close the first counts. Safe for use by many threads.
 */
public final class CallScope implements AutoCloseable {

    /*
     * OPEN ──cancel──▶ CANCELLED
     *   └────close───▶ CLOSED
     */
    private static final int OPEN = 0;
    private static final int CANCELLED = 1;
    private static final int CLOSED = 2;

    private static final AtomicIntegerFieldUpdater<CallScope> STATE =
            AtomicIntegerFieldUpdater.newUpdater(CallScope.class, "state");

    private final ChildScope scope;
    private final CallContext context;
    private volatile int state;

    private CallScope(CallContext outer, TimeSource time) {
        this.scope = new ChildScope(outer.scope(), time);
        this.context = outer.within(scope);
    }

    /**
     * Opens a part of a call that can be cancelled while the rest goes on. Close it when its attempt has ended by
     * itself.
     *
     * @param outer what the whole call carries
     * @param time on whose threads a cancel runs what was registered; the policy's own
     */
    public static CallScope open(CallContext outer, TimeSource time) {
        return new CallScope(Require.present("context", outer), Require.present("timeSource", time));
    }

    /** What the attempt carries. Bind it while the attempt is made, so that it is the thread's current one. */
    public CallContext context() {
        return context;
    }

    /** Whether it was cancelled before it was closed. A cancel of the call around it does not count. */
    public boolean isCancelled() {
        return state == CANCELLED;
    }

    /**
     * Has a cancel reach this attempt; at once, if there was one. An attempt that is a {@link CallFuture} ends when all
     * has ended that it had begun. There may be several.
     */
    public void follow(CompletableFuture<?> attempt) {
        Require.present("attempt", attempt);
        Subscription ignored = scope.onEnd(() -> Stages.giveUp(attempt));
    }

    /**
     * Makes a synchronous attempt on the calling thread, with this scope's {@link #context()} bound. A {@link
     * #cancel()} interrupts it. The interrupt never outlives this call, and one that comes from elsewhere is kept.
     *
     * @return what the body gives, whether it was cancelled or not: ask {@link #isCancelled()}
     * @throws CancellationException if it was cancelled before it began
     * @throws IllegalStateException if another attempt runs in this scope
     * @throws Exception what the body throws
     */
    @SuppressWarnings("NullAway") // the result is null only where T admits it, or there is a failure
    public <T extends @Nullable Object> T call(CallBody<? extends T> body) throws Exception {
        Require.present("body", body);
        if (scope.interruption() != null) {
            throw new IllegalStateException("another attempt runs in this scope");
        }
        Interruption interruption = new Interruption(Thread.currentThread(), false);
        @Nullable Object[] place = CallContext.place();
        Object before = place[0];
        T result = null;
        Throwable failure = null;
        scope.runsUnder(interruption);
        if (state == CANCELLED) {
            failure = new CancellationException();
        } else {
            place[0] = context;
            try {
                result = body.in(context);
            } catch (Throwable thrown) {
                failure = thrown;
            }
            place[0] = before;
        }
        try {
            boolean undisturbed = state != CANCELLED && interruption.prevent();
            if (!undisturbed) {
                interruption.end(state == CANCELLED ? failure : null, scope.parent());
            }
            scope.runsUnder(null);
        } catch (Throwable noRoom) {
            // On a full stack the attempt has its own outcome, and must not be interrupted after its end.
            interruption.state = Interruption.OVER;
        }
        if (failure == null) {
            return result;
        }
        if (failure instanceof Exception exception) {
            throw exception;
        }
        if (failure instanceof Error error) {
            throw error;
        }
        throw Failures.<RuntimeException>undeclared(failure);
    }

    /**
     * Cancels the attempt: on a thread of the time source's own, what is {@linkplain #follow followed} is cancelled, a
     * thread that {@linkplain #call makes} the attempt is interrupted, and the actions run that were {@linkplain
     * CallContext#onCancel registered} with the context or one within. So it may be called from anywhere, the timer's
     * thread among others. Returns before all that is done.
     *
     * @return false if it was cancelled or closed before
     */
    public boolean cancel() {
        if (!STATE.compareAndSet(this, OPEN, CANCELLED)) {
            return false;
        }
        scope.end();
        Interruption interruption = scope.interruption();
        if (interruption != null) {
            ThreadHandoff.goOn(scope.time(), interruption);
        }
        if (scope.hasHooks()) {
            ThreadHandoff.goOn(scope.time(), scope::runHooks);
        }
        return true;
    }

    /**
     * The attempt has ended by itself: actions that were registered with the context are forgotten, and a cancel does
     * nothing any more. Does nothing after a cancel.
     */
    @Override
    public void close() {
        if (STATE.compareAndSet(this, OPEN, CLOSED)) {
            scope.closeHooks();
        }
    }

    @Override
    public String toString() {
        int state = this.state;
        return "CallScope[" + (state == OPEN ? "open" : state == CANCELLED ? "cancelled" : "closed") + "]";
    }
}
