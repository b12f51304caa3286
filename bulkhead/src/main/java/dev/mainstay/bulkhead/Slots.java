package dev.mainstay.bulkhead;

import dev.mainstay.Waiter;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * So many slots, and those in line for one: what every bulkhead is inside. Nobody overtakes the line, and no slot stays free while somebody waits. Safe for use by
 * many threads.
 */
final class Slots {

    /*
     * One number holds all that decides whether a call gets in:
     *
     *   bits 0–30    slots in use; more than the limit for a while after that was lowered
     *   bit 31       LINE: somebody waits
     *   bits 32–62   the limit
     *
     * Taking a slot is one compare-and-set, which LINE forbids; giving it back is one subtraction, which hears of LINE in the same instant.
     *
     *   state of the word          set by               means
     *   LINE off                                        the line is empty
     *   LINE on, slots all taken   join, if it is full  whoever gives a slot back, or raises the limit, must serve the line
     *   LINE on, a slot free       give, resize         whoever did that is about to serve the line; the slot belongs to the first in it
     *
     * LINE changes only under the lock, together with the line itself, and is only set where no slot is free: so a slot that is given back is either seen by
     * the one who wanted to queue, or its giver has seen LINE. Calls are let in outside the lock, because what follows may be the code of others (an
     * executor). A slot is taken on behalf of a waiter before; if that has given up in the meantime, the slot goes on to the next.
     */
    private static final long LINE = 1L << 31;
    private static final int LIMIT_SHIFT = 32;
    private static final long CALLS = (1L << LIMIT_SHIFT) - 1;

    /** How often one line may be served within itself: a call that is let in may wait for another in line, which then must not have to wait for it. */
    private static final int DEEPEST = 16;

    /** How long a thread keeps away that was too late: so that the other can make several short calls while it has the cache line. */
    private static final int PAUSES = 32;

    private static final ThreadLocal<@Nullable Serving> SERVING = new ThreadLocal<>();

    /** Bulkheads have nothing to write on a permit. */
    static final long PERMIT = 0;

    private static final VarHandle STATE;

    static {
        try {
            STATE = MethodHandles.lookup().findVarHandle(Slots.class, "state", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private volatile long state;

    private final LongConsumer onLetIn;
    private final ReentrantLock lock = new ReentrantLock();

    /** Guarded by the lock. */
    private @Nullable Line line;

    /** The length of the line; written under the lock. */
    private volatile int queued;

    /** @param onLetIn hears of each call that is let in from the line, with the time at which it joined that */
    Slots(int limit, LongConsumer onLetIn) {
        this.state = (long) limit << LIMIT_SHIFT;
        this.onLetIn = onLetIn;
    }

    int limit() {
        return limit(state);
    }

    int inUse() {
        return inUse(state);
    }

    int queued() {
        return queued;
    }

    /** Whether there is neither a slot nor a place in a line of this length; it may be otherwise in a moment. */
    boolean isFull(int longest) {
        return !hasRoom(state) && queued >= longest;
    }

    /** Takes a slot, if one is free and nobody waits for it. */
    boolean tryTake() {
        long seen = state;
        while (hasRoom(seen)) {
            long witness = (long) STATE.compareAndExchange(this, seen, seen + 1);
            if (witness == seen) {
                return true;
            }
            backOff();
            seen = state;
        }
        return false;
    }

    /** For whoever has lost a race: trying again at once would only take the cache line away from the other, who gives back before long what it has taken. */
    private static void backOff() {
        for (int i = 0; i < PAUSES; i++) {
            Thread.onSpinWait();
        }
    }

    /** Gives a slot back. */
    void give() {
        long before = (long) STATE.getAndAdd(this, -1L);
        if (isLine(before)) {
            serveLine();
        }
    }

    /**
     * Lets a call in if a slot has come free, or else puts it at the end of the line.
     *
     * @param longest how long the line may be
     * @return false if it is as long as that
     */
    boolean join(Waiter waiter, long now, int longest) {
        lock.lock();
        try {
            boolean taken = queued == 0 && (longest > 0 ? takeOrFormLine() : tryTake());
            if (!taken) {
                if (queued >= longest) {
                    return false;
                }
                Line line = line();
                line.add(waiter, now);
                queued = line.size();
                return true;
            }
        } finally {
            lock.unlock();
        }
        waiter.ticket(now);
        if (!letIn(waiter)) {
            give();
        }
        return true;
    }

    /** Forgets a call that gave up. Does nothing if it is not in line any more. */
    void leave(Waiter waiter) {
        lock.lock();
        try {
            takeOut(waiter);
        } finally {
            lock.unlock();
        }
    }

    /** Takes the first out of the line without a slot; null if nobody waits. */
    @Nullable
    Waiter dismissFirst() {
        lock.lock();
        try {
            Waiter first = line().first();
            if (first != null) {
                takeOut(first);
            }
            return first;
        } finally {
            lock.unlock();
        }
    }

    /** Changes the limit. If it grows, those for whom there is room now are let in; if it shrinks, no slot is taken from anybody. */
    void resize(int limit) {
        long seen = state;
        while (true) {
            long wanted = (seen & CALLS) | ((long) limit << LIMIT_SHIFT);
            long witness = (long) STATE.compareAndExchange(this, seen, wanted);
            if (witness == seen) {
                break;
            }
            seen = witness;
        }
        if (isLine(seen)) {
            serveLine();
        }
    }

    /**
     * Lets in those in line, as many as there are slots for. An executor that runs its tasks at once may bring us here within ourselves, with the slot of a call
     * that was let in and has ended: beyond some depth the outer one goes on with it, so that the stack does not grow with the line.
     */
    private void serveLine() {
        Serving outer = SERVING.get();
        if (Serving.depth(this, outer) == DEEPEST) {
            return;
        }
        SERVING.set(new Serving(this, outer));
        try {
            for (Waiter next = next(); next != null; next = next()) {
                if (!letIn(next)) {
                    STATE.getAndAdd(this, -1L);
                }
            }
        } finally {
            SERVING.set(outer);
        }
    }

    /** Takes a slot for the first in line, and that out of it; null if there is no slot or nobody. */
    private @Nullable Waiter next() {
        lock.lock();
        try {
            Waiter first = line().first();
            if (first == null || !takeForLine()) {
                return null;
            }
            takeOut(first);
            return first;
        } finally {
            lock.unlock();
        }
    }

    private boolean letIn(Waiter waiter) {
        long joined = waiter.ticket();
        if (!waiter.grant(PERMIT)) {
            return false;
        }
        onLetIn.accept(joined);
        return true;
    }

    /** Takes a slot, or else announces a line; only for an empty line, under the lock. */
    private boolean takeOrFormLine() {
        long seen = state;
        while (true) {
            boolean room = hasRoom(seen);
            long wanted = room ? seen + 1 : seen | LINE;
            long witness = (long) STATE.compareAndExchange(this, seen, wanted);
            if (witness == seen) {
                return room;
            }
            seen = witness;
        }
    }

    /** Takes a slot on behalf of somebody in line, under the lock. */
    private boolean takeForLine() {
        long seen = state;
        while (inUse(seen) < limit(seen)) {
            long witness = (long) STATE.compareAndExchange(this, seen, seen + 1);
            if (witness == seen) {
                return true;
            }
            seen = witness;
        }
        return false;
    }

    private void takeOut(Waiter waiter) {
        Line line = line();
        line.remove(waiter);
        boolean last = queued > 0 && line.size() == 0;
        queued = line.size();
        if (last) {
            STATE.getAndBitwiseAnd(this, ~LINE);
        }
    }

    private Line line() {
        Line line = this.line;
        if (line == null) {
            line = new Line();
            this.line = line;
        }
        return line;
    }

    /** LINE, taken for the sign of the lower half, makes that greater than any limit. */
    private static boolean hasRoom(long state) {
        return Integer.compareUnsigned((int) state, limit(state)) < 0;
    }

    private static boolean isLine(long state) {
        return (int) state < 0;
    }

    private static int inUse(long state) {
        return (int) state & Integer.MAX_VALUE;
    }

    private static int limit(long state) {
        return (int) (state >>> LIMIT_SHIFT);
    }

    /** The lines that a thread is serving, one within another. */
    private record Serving(Slots slots, @Nullable Serving outer) {

        static int depth(Slots slots, @Nullable Serving innermost) {
            int depth = 0;
            for (Serving serving = innermost; serving != null; serving = serving.outer) {
                if (serving.slots == slots) {
                    depth++;
                }
            }
            return depth;
        }
    }
}
