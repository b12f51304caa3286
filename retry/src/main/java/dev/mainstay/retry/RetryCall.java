package dev.mainstay.retry;

import dev.mainstay.Chain;
import dev.mainstay.ThreadHandoff;
import dev.mainstay.call.AsyncCallBody;
import dev.mainstay.call.CallContext;
import dev.mainstay.future.CallFuture;
import dev.mainstay.future.Stages;
import dev.mainstay.outcome.Verdict;
import dev.mainstay.safe.LeafSection;
import dev.mainstay.time.Nanos;
import dev.mainstay.time.TimeSource;
import dev.mainstay.time.TimedTask;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * An asynchronous call in progress that may be attempted again.
 *
 * <pre>
 *            ┌──────── stage complete ─────────┐
 *            ▼                                 │
 *  null (a thread drives) ───────────▶ stage in progress
 *        ▲   │   │  │                        │
 *        │   │   │  └─── from outside ───────┴─▶ ABANDONED ── stage complete ──▶ ENDED
 *        │   │   └────── no other attempt ─────────────────────────────────────▶ ENDED
 *        │   └────▶ pause ── from outside ─────────────────────────────────────▶ ENDED
 *        └─ wait over ─┘
 * </pre>
 *
 * Who takes the call out of a state owns its {@link Attempts} until it is put into the next, and who takes it to ENDED
 * settles them and lets go of all that the call was made of. Some attempts that follow without a wait on one that was
 * complete at once are made in a loop on the same thread; every other goes through the {@link ThreadHandoff}.
 *
 * <p>The JDK drops callbacks on a full stack, and an executor may drop what it was given. So a cancel looks whether the
 * stage is complete, and a deadline ends a call whose next attempt no thread has begun.
 */
final class RetryCall<T extends @Nullable Object> extends CallFuture<T> implements BiConsumer<T, @Nullable Throwable> {

    /** How many attempts are made in one go on one thread. It may be the caller's, who wants it back. */
    static final int IN_A_ROW = 64;

    private static final Object ABANDONED = new Object();
    private static final Object ENDED = new Object();

    @SuppressWarnings("rawtypes")
    private static final AtomicReferenceFieldUpdater<RetryCall, @Nullable Object> HELD_BY =
            AtomicReferenceFieldUpdater.newUpdater(RetryCall.class, Object.class, "heldBy");

    @SuppressWarnings("rawtypes")
    private static final AtomicIntegerFieldUpdater<RetryCall> RESUMES =
            AtomicIntegerFieldUpdater.newUpdater(RetryCall.class, "resumes");

    // What the call is made of. Read by the owner only, and null after the end: the future may be kept for long.
    private Attempts attempts;
    private Chain inner;
    private AsyncCallBody<? extends T> body;
    private ThreadHandoff hop;

    private volatile @Nullable Object heldBy;

    /** How often {@link #resume()} was asked for and not done yet. */
    @SuppressWarnings("UnusedVariable")
    private volatile int resumes;

    RetryCall(TimeSource time, Attempts attempts, Chain inner, AsyncCallBody<? extends T> body, ThreadHandoff hop) {
        super(time);
        this.attempts = attempts;
        this.inner = inner;
        this.body = body;
        this.hop = hop;
    }

    /**
     * Follows an attempt that was begun on this thread; and for as long as they end at once, and the next is due at
     * once, some of those after it.
     *
     * @param verdict on the stage's result, if somebody has asked already
     */
    RetryCall<T> follow(CompletableFuture<T> begun, @Nullable Verdict verdict) {
        Attempts attempts = this.attempts;
        try {
            CompletableFuture<T> stage = begun;
            int made = 1;
            for (Verdict known = verdict; stage.isDone(); known = null) {
                long delay = outcomeOf(attempts, stage, known);
                if (delay != 0 || made++ == IN_A_ROW || isOver() || !attempts.begin()) {
                    goOn(attempts, delay);
                    return this;
                }
                stage = attempt(attempts);
            }
            hold(stage);
        } catch (Throwable broken) {
            giveUp(attempts, broken);
        }
        return this;
    }

    private long outcomeOf(Attempts attempts, CompletableFuture<T> complete, @Nullable Verdict verdict) {
        Throwable failure = Stages.failureOf(complete);
        if (failure != null) {
            return attempts.onFailure(failure);
        }
        T result = complete.join();
        return verdict == null ? attempts.onResult(result) : attempts.onResult(result, verdict);
    }

    private CompletableFuture<T> attempt(Attempts attempts) {
        CallContext context = attempts.context();
        @Nullable Object[] place = CallContext.place();
        Object before = place[0];
        place[0] = context;
        try {
            return inner.proceedAsync(context, TimeSource.UNREAD, body);
        } finally {
            place[0] = before;
        }
    }

    /** The attempt is in progress, and ends on whatever thread completes its stage. */
    @SuppressWarnings("NullAway") // which cannot see @Nullable within the types of another module's methods
    private void hold(CompletableFuture<T> stage) {
        boolean abandoned = !HELD_BY.compareAndSet(this, null, stage);
        try {
            Stages.follow(stage, this);
        } catch (Throwable notFollowed) {
            if (claim()) {
                throw notFollowed;
            }
        }
        if (abandoned) {
            cancel(stage);
        }
    }

    /** The attempt in progress has ended. */
    @Override
    public void accept(T result, @Nullable Throwable thrown) {
        Attempts attempts = this.attempts;
        if (attempts == null) {
            return;
        }
        if ((attempts.paid || attempts.watched) && !Attempts.hasRoom()) {
            acceptElsewhere(result, thrown);
        } else if (claim()) {
            try {
                if (isOver()) {
                    attempts.abandon();
                }
                goOn(attempts, thrown == null ? attempts.onResult(result) : attempts.onFailure(Stages.unwrap(thrown)));
            } catch (Throwable broken) {
                giveUp(attempts, broken);
            }
        }
    }

    private void acceptElsewhere(T result, @Nullable Throwable thrown) {
        try {
            timeSource().executor().execute(() -> accept(result, thrown));
        } catch (Throwable noThread) {
            // As if the JDK had dropped its callback: a cancel finds the stage complete.
        }
    }

    /** Whether the end of the stage that the call was held by is this thread's to deal with. */
    private boolean claim() {
        Object held;
        do {
            held = heldBy;
            if (held != ABANDONED && !(held instanceof CompletableFuture)) {
                return false;
            }
        } while (!HELD_BY.compareAndSet(this, held, held == ABANDONED ? ENDED : null));
        return true;
    }

    /** Waits, or ends; an attempt that is due at once is begun elsewhere. */
    private void goOn(Attempts attempts, long delay) {
        if (delay < 0) {
            end(attempts);
            return;
        }
        Pause pause = new Pause(hop);
        if (!HELD_BY.compareAndSet(this, null, pause)) {
            attempts.stop();
            end(attempts);
        } else if (delay == 0) {
            pause.fire();
        } else {
            arm(pause, attempts, delay);
        }
    }

    private void arm(Pause pause, Attempts attempts, long delay) {
        try {
            timeSource().arm(pause, delay);
        } catch (Throwable noTimer) {
            if (HELD_BY.compareAndSet(this, pause, null)) {
                giveUp(attempts, noTimer);
            }
            return;
        }
        if (heldBy != pause) {
            boolean ignored = pause.cancel();
        }
    }

    /**
     * The wait is over. An executor that runs its tasks at once may bring us here within ourselves: then the outer one
     * goes on, so that the stack does not grow.
     */
    private void resume() {
        if (RESUMES.getAndIncrement(this) != 0) {
            return;
        }
        do {
            if (heldBy instanceof RetryCall<?>.Pause pause && pause.end()) {
                proceed(attempts);
            }
        } while (RESUMES.decrementAndGet(this) != 0);
    }

    private void proceed(Attempts attempts) {
        try {
            if (isOver()) {
                attempts.stop();
            }
            if (attempts.begin()) {
                RetryCall<T> ignored = follow(attempt(attempts), null);
            } else {
                end(attempts);
            }
        } catch (Throwable broken) {
            giveUp(attempts, broken);
        }
    }

    @SuppressWarnings({"unchecked", "NullAway"}) // the last result is a T
    private void end(Attempts attempts) {
        letGo();
        Throwable failure = attempts.failure();
        if (failure == null) {
            succeed((T) attempts.result());
        } else {
            fail(failure);
        }
    }

    /** Something that must not throw has thrown: the caller must not wait for ever. */
    @LeafSection
    private void giveUp(Attempts attempts, Throwable broken) {
        letGo();
        try {
            attempts.abort();
        } catch (Throwable noRoom) {
            BudgetAccount account = attempts.account;
            synchronized (account) {
                if (attempts.paid) {
                    attempts.paid = false;
                    account.owed++;
                }
            }
        }
        fail(broken);
    }

    @SuppressWarnings("NullAway") // nobody reads them any more
    private void letGo() {
        heldBy = ENDED;
        attempts = null;
        letGoOfWork();
    }

    @SuppressWarnings("NullAway") // no attempt follows
    private void letGoOfWork() {
        inner = null;
        body = null;
        hop = null;
    }

    @Override
    protected void abandoned() {
        Object held = heldBy;
        while (held != ENDED) {
            if (held instanceof RetryCall<?>.Pause pause) {
                // On a full stack, the token comes back when the pause is over.
                if (!Attempts.hasRoom() || pause.abandon()) {
                    return;
                }
            } else if (HELD_BY.compareAndSet(this, held, ABANDONED)) {
                if (held instanceof CompletableFuture<?> stage) {
                    cancel(stage);
                }
                return;
            }
            held = heldBy;
        }
    }

    /** Cancels the attempt in progress. If its stage is complete and the callback was dropped, this ends the call. */
    @SuppressWarnings({"unchecked", "NullAway"}) // it is one of this call's; the result is null only where T admits it
    private void cancel(CompletableFuture<?> stage) {
        letGoOfWork(); // whose stage may ignore the cancel for ever
        giveUp(stage);
        if (stage.isDone() && heldBy == ABANDONED) {
            Throwable failure = Stages.failureOf(stage);
            accept(failure == null ? (T) stage.join() : null, failure);
        }
    }

    /** The wait before an attempt, until a thread begins that. */
    private final class Pause extends TimedTask {

        private final ThreadHandoff hop;
        private volatile @Nullable TimedTask overdue;

        Pause(ThreadHandoff hop) {
            this.hop = hop;
        }

        /** Only hands over. Without a thread of our own to hand over to, the call ends here: there is no other. */
        @Override
        protected void fire() {
            try {
                watchDeadline();
                hop.run(RetryCall.this::resume, this::rejected);
            } catch (Throwable noThread) {
                rejected(noThread);
            }
        }

        /** An executor may drop what it was given. With a deadline, the call ends all the same. */
        private void watchDeadline() {
            Attempts attempts = RetryCall.this.attempts;
            long remaining = attempts == null
                    ? Nanos.FOREVER
                    : attempts.context().remainingNanos(timeSource(), TimeSource.UNREAD);
            if (remaining < Nanos.FOREVER) {
                TimedTask task = new Overdue(this);
                overdue = task;
                timeSource().arm(task, Math.max(0, remaining));
                if (heldBy != this) {
                    boolean ignored = task.cancel();
                }
            }
        }

        /** Takes the call out of its pause, unless it was given up meanwhile. */
        boolean end() {
            return leave(null);
        }

        private boolean leave(@Nullable Object to) {
            if (!HELD_BY.compareAndSet(RetryCall.this, this, to)) {
                return false;
            }
            TimedTask task = overdue;
            if (task != null) {
                boolean ignored = task.cancel();
            }
            return true;
        }

        /** The caller gives up. */
        boolean abandon() {
            if (!leave(ENDED)) {
                return false;
            }
            boolean ignored = cancel();
            attempts.stop();
            letGo();
            fail(new CancellationException());
            return true;
        }

        /** The user's executor does not take the next attempt: the call ends as if it had had no other. */
        private void rejected(Throwable rejection) {
            if (end()) {
                Attempts attempts = RetryCall.this.attempts;
                attempts.stop();
                Throwable failure = attempts.failure();
                if (failure != null) {
                    EarlierFailures.suppress(failure, rejection);
                }
                RetryCall.this.end(attempts);
            }
        }

        private void isOverdue() {
            if (end()) {
                Attempts attempts = RetryCall.this.attempts;
                attempts.outOfTime();
                RetryCall.this.end(attempts);
            }
        }
    }

    /** The deadline of a call whose next attempt is due and has not begun. */
    private final class Overdue extends TimedTask {

        private final Pause pause;

        Overdue(Pause pause) {
            this.pause = pause;
        }

        @Override
        protected void fire() {
            timeSource().executor().execute(pause::isOverdue);
        }
    }
}
