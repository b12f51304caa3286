package dev.mainstay.future;

import dev.mainstay.safe.StackReserve;
import dev.mainstay.time.TimeSource;
import dev.mainstay.time.TimedTask;
import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The future that a policy gives out for a call in progress, and the one way in which calls end asynchronously. Whoever
 * completes or cancels it from outside ends the call: the policy hears of it, once, and stops what it has begun. The
 * policy itself completes it through {@link #succeed} and {@link #fail}, when everything is given back that the call
 * had taken.
 *
 * <p>Dependents run on the thread that completes it; where completions nest too deeply, on one of the time source's
 * own.
 *
 * @param <T> what the call gives, possibly null
 */
public abstract class CallFuture<T extends @Nullable Object> extends CompletableFuture<T> {

    private static final Object TOLD = new Object();

    /** How long the code of users that a cancel runs may keep the future from being complete: 10 ms. */
    protected static final long PATIENCE_NANOS = 10_000_000;

    private static final VarHandle FOLLOWER = ConstantBootstraps.fieldVarHandle(
            MethodHandles.lookup(), "follower", VarHandle.class, CallFuture.class, Object.class);

    private final TimeSource time;

    /**
     * The policy further out that follows this call, if there is one. Also the one word that decides how the call ends:
     * who takes the follower away completes the future. {@link Decided} until it has done so, {@link #TOLD} then.
     */
    private volatile @Nullable Object follower;

    /** Whether the policy further out does not want this call any longer. */
    private volatile boolean givenUp;

    /** Whether a policy further out takes the result all the same. Written before {@link #givenUp}. */
    private boolean awaited;

    /**
     * For subclasses.
     *
     * @param time on whose threads the rest runs where completions nest too deeply
     */
    protected CallFuture(TimeSource time) {
        this.time = time;
    }

    /** For subclasses that follow a call further in: with the same time source. */
    protected CallFuture(CompletableFuture<?> followed) {
        this(followed instanceof CallFuture<?> ours ? ours.time : TimeSource.system());
    }

    /**
     * Nobody wants this call to go on: take back what is queued, {@linkplain #giveUp give up} what runs. Called once by
     * a caller who ends it from outside, and perhaps once by a policy further out; the future is not complete yet. Must
     * not throw.
     *
     * <p>A policy further out waits for the call's real end, since it may hold something as long: a slot, or the place
     * to which a late result goes. So if something goes on, the call ends when that has ended, as if nobody had given
     * it up. If nothing does, end it here, with {@link #fail} and a {@link CancellationException}.
     */
    protected abstract void abandoned();

    /** The call's result came when the future was complete already, so that nobody will see it. Must not throw. */
    protected void discarded(T result) {}

    /**
     * Completes it with the call's result. Does nothing but {@linkplain #discarded discard} that if it is complete
     * already.
     */
    protected final void succeed(T result) {
        end(result, null);
    }

    /** Completes it with the call's failure, which is not wrapped. Does nothing if it is complete already. */
    protected final void fail(Throwable failure) {
        end(null, Objects.requireNonNull(failure, "failure"));
    }

    /**
     * What runs when this completes can lead to further completions without end, if there are dependents. A policy that
     * follows cannot: a pipeline has only so many.
     */
    private void end(@Nullable T result, @Nullable Throwable failure) {
        if (getNumberOfDependents() != 0) {
            endNested(result, failure);
        } else {
            endHere(result, failure);
        }
    }

    private void endNested(@Nullable T result, @Nullable Throwable failure) {
        int[] depth = NestingDepth.depth();
        if (depth[0] >= NestingDepth.DEEPEST && hop(() -> endNested(result, failure))) {
            return;
        }
        depth[0]++;
        try {
            endHere(result, failure);
        } finally {
            depth[0]--;
        }
    }

    private boolean hop(Runnable completion) {
        try {
            time.completions().execute(completion);
            return true;
        } catch (Throwable noThread) {
            return false;
        }
    }

    /** Completes it with a result or a failure, unless somebody has decided otherwise. */
    @SuppressWarnings("NullAway") // the result is null only where T admits it, or there is a failure
    private void endHere(@Nullable T result, @Nullable Throwable failure) {
        boolean decided = false;
        boolean complete = false;
        Object policy = null;
        try {
            policy = follower;
            while (!isDecided(policy) && !decided) {
                decided = FOLLOWER.compareAndSet(this, policy, TOLD);
                policy = decided ? policy : follower;
            }
            if (decided) {
                complete = failure == null ? super.complete(result) : super.completeExceptionally(failure);
            }
            if (complete) {
                tell(policy, result, failure);
            } else if (failure == null) {
                discarded(result);
            }
        } catch (Throwable noRoom) {
            if (decided && !complete) {
                // By a plain write: somebody else can still end the call.
                follower = policy;
            }
            throw noRoom;
        }
    }

    /**
     * Hands this call's end to a policy further out, without a stage in between; false if it has one already, or has
     * ended.
     */
    final boolean follow(BiConsumer<? super T, @Nullable Throwable> policy) {
        return FOLLOWER.compareAndSet(this, null, policy);
    }

    @SuppressWarnings({"unchecked", "NullAway"}) // the result is null only where T admits it, or there is a failure
    private void tell(@Nullable Object policy, @Nullable T result, @Nullable Throwable failure) {
        if (policy != null) {
            ((BiConsumer<T, @Nullable Throwable>) policy).accept(result, failure);
        }
    }

    // ---- decided before it is complete

    /**
     * Decides that this call ends as {@link #completeDecided} will say, and in no other way: what anybody says from now
     * on does nothing.
     *
     * @return false if it is decided already
     */
    protected final boolean decide() {
        Object policy = follower;
        while (!isDecided(policy)) {
            if (FOLLOWER.compareAndSet(this, policy, new Decided(policy))) {
                return true;
            }
            policy = follower;
        }
        return false;
    }

    /** Completes what {@link #decide} has decided. Doing so again does nothing. */
    protected final void completeDecided(@Nullable T result, @Nullable Throwable failure) {
        int[] depth = NestingDepth.depth();
        if (depth[0] >= NestingDepth.DEEPEST && hop(() -> completeDecided(result, failure))) {
            return;
        }
        depth[0]++;
        try {
            completeHere(result, failure);
        } finally {
            depth[0]--;
        }
    }

    @SuppressWarnings("NullAway") // the result is null only where T admits it, or there is a failure
    private void completeHere(@Nullable T result, @Nullable Throwable failure) {
        boolean ignored = failure == null ? super.complete(result) : super.completeExceptionally(failure);
        if (FOLLOWER.getAndSet(this, TOLD) instanceof Decided decided) {
            tell(decided.follower, result, failure);
        }
    }

    private static boolean isDecided(@Nullable Object follower) {
        return follower == TOLD || follower instanceof Decided;
    }

    /** Whether a policy further out does not want this call any longer, and waits for its end. */
    protected final boolean isGivenUp() {
        return givenUp;
    }

    /** Whether the call has ended, or nobody wants it to go on. */
    protected final boolean isOver() {
        return givenUp || isDone() || isDecided(follower);
    }

    /** How it ends is decided, and done when all that it had taken is given back. */
    private record Decided(@Nullable Object follower) {}

    // ---- ended from outside

    @Override
    public boolean complete(T value) {
        return endFromOutside(value, null);
    }

    @Override
    public boolean completeExceptionally(Throwable failure) {
        return endFromOutside(null, Objects.requireNonNull(failure, "failure"));
    }

    @Override
    public boolean cancel(boolean mayInterruptIfRunning) {
        if (!isDone()) {
            boolean ignored = endFromOutside(null, new CancellationException());
        }
        return isCancelled();
    }

    /**
     * First everything is given back that the call had taken, and then its dependents run: they may want it. What is
     * cancelled may be the user's and block; after a short time, the future is complete all the same.
     */
    private boolean endFromOutside(@Nullable T value, @Nullable Throwable failure) {
        // Once it is decided, the call must end: where the stack has no room for that, nothing is done.
        StackReserve.check();
        if (!decide()) {
            return false;
        }
        TimedTask soon = completeSoon(value, failure);
        goInwards(() -> {
            if (soon != null) {
                boolean ignored = soon.cancel();
            }
            completeDecided(value, failure);
        });
        return true;
    }

    private @Nullable TimedTask completeSoon(@Nullable T value, @Nullable Throwable failure) {
        try {
            TimedTask soon = new TimedTask() {
                @Override
                protected void fire() {
                    boolean ignored = hop(() -> completeDecided(value, failure));
                }
            };
            time.arm(soon, PATIENCE_NANOS);
            return soon;
        } catch (Throwable noTimer) {
            return null;
        }
    }

    /**
     * The policy further out does not want this call any longer, and waits for its end: when everything further in has
     * ended, too.
     *
     * @param awaited whether the result is wanted there all the same, to be discarded
     */
    final void giveUp(boolean awaited) {
        if (!isOver()) {
            StackReserve.check();
            this.awaited = awaited;
            givenUp = true;
            goInwards(() -> {});
        }
    }

    /**
     * For a call that was {@link #abandoned}: the one further in that it follows is not wanted any longer either. A
     * stage is cancelled; a {@link CallFuture} ends when all has ended that it had begun.
     */
    protected final void giveUp(CompletableFuture<?> furtherIn) {
        if (furtherIn instanceof CallFuture<?> ours) {
            ours.giveUp(awaited || takesLateResults());
        } else {
            boolean ignored = furtherIn.cancel(true);
        }
    }

    /**
     * The same; and if that one is complete then, its end is told, perhaps once more. The JDK drops callbacks on a full
     * stack.
     *
     * @param end changes nothing when it is called again
     */
    protected final <U extends @Nullable Object> void giveUp(
            CompletableFuture<U> furtherIn, BiConsumer<? super U, @Nullable Throwable> end) {
        giveUp(furtherIn);
        if (furtherIn.isDone()) {
            Stages.tell(furtherIn, end);
        }
    }

    /** Whether a result that comes when nobody waits for this call any longer is this one's to discard. */
    protected boolean takesLateResults() {
        return false;
    }

    /** Whether this call was given up, and its result is a policy's further out to discard. */
    protected final boolean isAwaited() {
        return givenUp && awaited;
    }

    /**
     * A cancel goes on inwards, and may do so through any number of calls: beyond some depth the rest goes elsewhere,
     * as it does with completions.
     */
    private void goInwards(Runnable then) {
        int[] depth = NestingDepth.depth();
        if (depth[0] >= NestingDepth.DEEPEST && hop(() -> goInwards(then))) {
            return;
        }
        depth[0]++;
        try {
            abandoned();
        } finally {
            depth[0]--;
            then.run();
        }
    }

    @Override
    public CompletableFuture<T> completeAsync(Supplier<? extends T> supplier) {
        return completeAsync(supplier, defaultExecutor());
    }

    @Override
    public CompletableFuture<T> completeAsync(Supplier<? extends T> supplier, Executor executor) {
        Objects.requireNonNull(supplier, "supplier");
        executor.execute(() -> {
            try {
                complete(supplier.get());
            } catch (Throwable failure) {
                completeExceptionally(new CompletionException(failure));
            }
        });
        return this;
    }

    /** The clock of the policy that made it. */
    public final TimeSource timeSource() {
        return time;
    }
}
