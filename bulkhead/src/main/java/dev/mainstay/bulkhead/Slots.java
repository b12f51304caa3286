package dev.mainstay.bulkhead;

import dev.mainstay.Waiter;
import dev.mainstay.call.CallContext;
import dev.mainstay.safe.LeafSection;
import dev.mainstay.safe.SafeLog;
import dev.mainstay.safe.StackReserve;
import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A limited number of slots, and the line of calls that wait for one: what every bulkhead is inside. Calls in line are
 * served first come, first served; nobody overtakes them, and no slot stays free while a call waits. Safe for use by
 * many threads.
 */
final class Slots {

    /*
     * The word
     * ========
     * One number holds all that decides whether a call gets in:
     *
     *   bits 0–30    the limit
     *   bit 31       LINE: look at the line before taking a slot
     *   bits 32–63   slots in use; more than the limit for a while after that was lowered
     *
     * Taking a slot is one compare-and-set, which LINE forbids; giving it back is one addition, which hears of LINE in
     * the same instant. The count is the upper half, so that a slot given back too often borrows from nothing: the
     * count is below zero for the moment until its giver has seen that and added one again.
     *
     *   state of the word          set by                       means
     *   LINE off                   serve, if nobody waits       the line is empty
     *   LINE on, slots all taken   join, if it is full          who frees a slot, or raises the limit, serves the line
     *   LINE on, a slot free       give, resize                 who did that is about to serve the line
     *
     * A call joins only while LINE is on, or by setting it where no slot is free. So a slot that is given back is
     * either seen by the call that wants to queue, or its giver sees LINE. LINE may stay on after the last call has
     * left: who serves next switches it off.
     *
     * The line
     * ========
     * A doubly linked list, guarded by this object's monitor. Every section that holds the monitor is a leaf: it makes
     * no call but one compare-and-set on the word, and writes the list after that. A full stack can neither leave the
     * monitor locked nor the list half written. Calls are let in outside the monitor.
     *
     * When the stack is full
     * ======================
     * give() has given the slot back before it serves the line. If serving fails, a slot is free and LINE is on. Nobody
     * else need know: every call that finds no room looks for that state, and so does everybody who leaves the line or
     * asks how full it is; they serve the line first. A server that has taken a slot for a call and cannot let it in
     * puts the call back to the head of the line and notes the slot as owed, by plain writes where the failure is
     * caught; the same people settle what is owed.
     */
    private static final long LINE = 1L << 31;
    private static final int USED_SHIFT = 32;
    private static final long ONE = 1L << USED_SHIFT;
    private static final long LIMIT = LINE - 1;

    /** Bits that a number has in a rejection code, of which there are three. */
    private static final int NUMBER_BITS = 18;

    private static final int LARGEST_NUMBER = (1 << NUMBER_BITS) - 1;

    /**
     * How often one line may be served within itself: a call that is let in may wait for another in line, which then
     * must not have to wait for it.
     */
    private static final int DEEPEST = 16;

    /**
     * How long a thread keeps away that was too late: so that the other can make several short calls while it has the
     * cache line.
     */
    private static final int PAUSES = 32;

    /**
     * What a thread is serving, at index 0. An array, since it is written without a call: a full stack must not leave
     * it wrong.
     */
    private static final ThreadLocal<@Nullable Object[]> SERVING = new ThreadLocal<>();

    private static final SafeLog LOG = SafeLog.of(Slots.class);

    /** Bulkheads have nothing to write on a permit. */
    static final long PERMIT = 0;

    /** What {@link #take} gives if it has taken a slot. No word is zero, since a limit is not. */
    static final long TAKEN = 0;

    private static final int JOINED = 0;
    private static final int LET_IN = 1;
    private static final int NO_PLACE = 2;
    private static final int AGAIN = 3;

    /** Stands at the ends of every line. */
    private static final Nobody NOBODY = new Nobody();

    private static final VarHandle STATE = ConstantBootstraps.fieldVarHandle(
            MethodHandles.lookup(), "state", VarHandle.class, Slots.class, long.class);

    /** Means that the word has changed meanwhile. */
    private static final QueueNode CHANGED;

    static {
        CHANGED = new QueueNode(NOBODY, 0);
        rehearse();
    }

    private final String name;
    private final LongConsumer onLetIn;

    private volatile long state;

    /** The length of the line; written under the monitor. */
    private volatile int queued;

    /** Slots that are counted as in use and belong to no call; guarded by the monitor, and looked at without it. */
    int owed;

    /**
     * How many could not even be noted as owed. Written without the monitor, which the interpreter does not enter on a
     * full stack: of two threads that fail at the very same moment, one may go uncounted.
     */
    volatile int strays;

    /** How many of these were given back; guarded by the monitor, and looked at without it. */
    private int straysBack;

    /** The ends of the line: the head is its next. Guarded by the monitor. */
    private final QueueNode ends;

    /** Whether the log was told that a slot was given back too often; guarded by the monitor. */
    private boolean toldOfTooMany;

    /**
     * @param name whose slots these are, for the log
     * @param onLetIn hears of each call that is let in from the line, with the time at which it joined that; only hands
     *     over
     */
    Slots(String name, int limit, LongConsumer onLetIn) {
        this.name = name;
        this.state = limit;
        this.onLetIn = onLetIn;
        this.ends = new QueueNode(NOBODY, 0);
    }

    /**
     * Links each call site of the compare-and-sets and initialises the classes: on a full stack, both would fail for
     * ever.
     */
    private static void rehearse() {
        Slots slots = new Slots("rehearsal", 1, joined -> {});
        long ignored = slots.take() + slots.take();
        boolean joining = slots.join(new Nobody(), 0, 2);
        Nobody second = new Nobody();
        if (joining && slots.join(second, 0, 2)) {
            slots.leave(second);
        }
        slots.give();
        slots.resize(2);
        slots.owed = 1;
        slots.settle();
        StackReserve.check();
    }

    int limit() {
        return limit(state);
    }

    int inUse() {
        settle();
        return inUse(state);
    }

    int queued() {
        settle();
        return queued;
    }

    /** How full it is, in one number of 54 bits for a rejection code; 0 if the numbers are too large for that. */
    long numbers() {
        return numbers(state);
    }

    /** The same, of a word that {@link #take} gave. */
    long numbers(long word) {
        int limit = limit(word);
        int inUse = inUse(word);
        int waiting = queued;
        return limit > LARGEST_NUMBER || inUse > LARGEST_NUMBER || waiting > LARGEST_NUMBER
                ? 0
                : limit | ((long) inUse << NUMBER_BITS) | ((long) waiting << (2 * NUMBER_BITS));
    }

    /** The limit that such numbers say. */
    static int limitIn(long numbers) {
        return (int) numbers & LARGEST_NUMBER;
    }

    /** How many slots were in use. */
    static int inUseIn(long numbers) {
        return (int) (numbers >>> NUMBER_BITS) & LARGEST_NUMBER;
    }

    /** How many calls were in line. */
    static int queuedIn(long numbers) {
        return (int) (numbers >>> (2 * NUMBER_BITS)) & LARGEST_NUMBER;
    }

    /** Whether there is neither a slot nor a place in a line of this length; it may be otherwise in a moment. */
    boolean isFull(int longest) {
        return !hasRoom(state) && queued >= longest && !needsCare(state);
    }

    /**
     * Takes a slot, if one is free and nobody waits for it.
     *
     * @return {@link #TAKEN}, or the word that says why not
     */
    long take() {
        long seen = state;
        while (hasRoom(seen)) {
            long witness = (long) STATE.compareAndExchange(this, seen, seen + ONE);
            if (witness == seen) {
                return TAKEN;
            }
            backOff();
            seen = state;
        }
        return needsCare(seen) ? takeAfterCare() : seen;
    }

    private long takeAfterCare() {
        giveOwed();
        long seen = state;
        while (hasRoom(seen) || isNeglected(seen)) {
            if (hasRoom(seen)) {
                long witness = (long) STATE.compareAndExchange(this, seen, seen + ONE);
                if (witness == seen) {
                    return TAKEN;
                }
            } else if (!serveLine()) {
                return state;
            }
            seen = state;
        }
        return seen;
    }

    /**
     * For a thread that has lost a race: trying again at once would only take the cache line away from the other, which
     * gives back before long what it has taken.
     */
    private static void backOff() {
        for (int i = 0; i < PAUSES; i++) {
            Thread.onSpinWait();
        }
    }

    /**
     * Gives a slot back. Throws only if it has not. With no slot in use, it says so in the log, once, and changes
     * nothing: somebody gives back what was given back before, and neither the limit nor other calls may suffer from
     * it.
     */
    void give() {
        if ((int) free() < 0) {
            try {
                boolean ignored = serveLine();
            } catch (Throwable noRoom) {
                // Whoever comes next finds a slot free and LINE on, and serves the line.
            }
        }
    }

    /** Gives a slot back, and leaves the line alone. Returns the word before. */
    private long free() {
        long before = (long) STATE.getAndAdd(this, -ONE);
        if (before < ONE) {
            takeBackTooMany();
        }
        return before;
    }

    /** The count was zero, and would stay below that. */
    private void takeBackTooMany() {
        long ignored = (long) STATE.getAndAdd(this, ONE);
        try {
            tellOfTooMany();
        } catch (Throwable noRoom) {
            // The count is right all the same.
        }
    }

    private void tellOfTooMany() {
        if (isFirstTooMany()) {
            LOG.error(
                    "A slot of '{policy}' was given back that nobody had; ignored, as will be others",
                    new IllegalStateException("given back twice"),
                    "policy",
                    name);
        }
    }

    @LeafSection
    private synchronized boolean isFirstTooMany() {
        boolean first = !toldOfTooMany;
        toldOfTooMany = true;
        return first;
    }

    /**
     * Lets a call in if a slot has come free, or else puts it at the end of the line.
     *
     * @param longest how long the line may be
     * @return false if it is as long as that
     */
    @LeafSection
    boolean join(Waiter waiter, long now, int longest) {
        QueueNode place = new QueueNode(waiter, now);
        settle();
        int joined = tryJoin(place, longest);
        while (joined == AGAIN) {
            joined = tryJoin(place, longest);
        }
        if (joined == LET_IN) {
            try {
                letIn(place);
            } catch (Throwable noRoom) {
                synchronized (this) {
                    owed = owed + 1;
                }
                throw noRoom;
            }
        }
        settle();
        return joined != NO_PLACE;
    }

    /** Takes a slot, or else announces a line and joins it. */
    @LeafSection
    private synchronized int tryJoin(QueueNode place, int longest) {
        long seen = state;
        int length = queued;
        if (seen >> USED_SHIFT < (int) seen) {
            return STATE.compareAndSet(this, seen, seen + ONE) ? LET_IN : AGAIN;
        }
        if (length >= longest) {
            return NO_PLACE;
        }
        if ((seen & LINE) == 0 && !STATE.compareAndSet(this, seen, seen | LINE)) {
            return AGAIN;
        }
        QueueNode last = ends.previous;
        place.previous = last;
        place.next = ends;
        last.next = place;
        ends.previous = place;
        queued = length + 1;
        return JOINED;
    }

    /** Forgets a call that gave up. Does nothing if it is not in line any more. */
    void leave(Waiter waiter) {
        if (waiter.attachment() instanceof QueueNode place) {
            takeOut(place);
        }
        careGuarded();
    }

    @LeafSection
    private synchronized boolean takeOut(QueueNode place) {
        QueueNode next = place.next;
        if (next == place) {
            return false;
        }
        place.previous.next = next;
        next.previous = place.previous;
        place.previous = place;
        place.next = place;
        queued = queued - 1;
        return true;
    }

    /** Takes the first out of the line without a slot; null if nobody waits. */
    @Nullable
    Waiter dismissFirst() {
        QueueNode first = first();
        while (first != null) {
            if (takeOut(first)) {
                return first.waiter;
            }
            first = first();
        }
        return null;
    }

    @LeafSection
    private synchronized @Nullable QueueNode first() {
        QueueNode first = ends.next;
        return first == ends ? null : first;
    }

    /**
     * Changes the limit. If it grows, those for whom there is room now are let in; if it shrinks, no slot is taken from
     * anybody.
     */
    void resize(int limit) {
        long seen = state;
        while (true) {
            long wanted = (seen & ~LIMIT) | limit;
            long witness = (long) STATE.compareAndExchange(this, seen, wanted);
            if (witness == seen) {
                break;
            }
            seen = witness;
        }
        careGuarded();
    }

    // ---- serving the line

    /** Gives back what is owed, and serves the line if somebody should have. For those who show or change the state. */
    void settle() {
        if (needsCare(state)) {
            careGuarded();
        }
    }

    private void careGuarded() {
        try {
            giveOwed();
            if (isNeglected(state)) {
                boolean ignored = serveLine();
            }
        } catch (Throwable noRoom) {
            // Whoever comes next does it.
        }
    }

    private boolean needsCare(long word) {
        return owes() || isNeglected(word);
    }

    /** Whether a slot is free that belongs to the line. It may be that somebody is just about to serve that. */
    private static boolean isNeglected(long word) {
        return (word & LINE) != 0 && word >> USED_SHIFT < (word & LIMIT);
    }

    private boolean owes() {
        return owed != 0 || strays != straysBack;
    }

    private void giveOwed() {
        while (owes()) {
            giveOneOwed();
        }
    }

    /** Changes nothing if the word has changed meanwhile. */
    @LeafSection
    private synchronized void giveOneOwed() {
        int before = owed;
        int back = straysBack;
        boolean any = before != 0 || strays != back;
        long seen = state;
        if (any && (seen < ONE || STATE.compareAndSet(this, seen, seen - ONE))) {
            if (before != 0) {
                owed = before - 1;
            } else {
                straysBack = back + 1;
            }
        }
    }

    /**
     * Lets in those in line, as many as there are slots for. An executor that runs its tasks at once may bring us here
     * within ourselves, with the slot of a call that was let in and has ended: beyond some depth the outer one goes on
     * with it, so that the stack does not grow with the line.
     *
     * @return false if an outer one goes on with it
     */
    @LeafSection
    private boolean serveLine() {
        @Nullable Object[] serving = serving();
        Object outer = serving[0];
        Serving inner = new Serving(this, (Serving) outer);
        if (inner.depth > DEEPEST) {
            return false;
        }
        StackReserve.check();
        serving[0] = inner;
        try {
            for (QueueNode next = next(); next != null; next = next()) {
                if (next == CHANGED) {
                    continue;
                }
                try {
                    letIn(next);
                } catch (Throwable noRoom) {
                    // What letIn(…) has not done. Written out: there may be no room for a call.
                    synchronized (this) {
                        owed = owed + 1;
                        if (next.next == next) {
                            QueueNode first = ends.next;
                            next.previous = ends;
                            next.next = first;
                            first.previous = next;
                            ends.next = next;
                            queued = queued + 1;
                        }
                    }
                    throw noRoom;
                }
            }
        } finally {
            serving[0] = outer;
        }
        return true;
    }

    private static @Nullable Object[] serving() {
        @Nullable Object[] serving = SERVING.get();
        if (serving == null) {
            serving = new Object[1];
            SERVING.set(serving);
        }
        return serving;
    }

    /**
     * Takes a slot for the first in line, and that out of it; null if there is no slot or nobody. Switches LINE off if
     * nobody waits.
     */
    @LeafSection
    private synchronized @Nullable QueueNode next() {
        long seen = state;
        QueueNode first = ends.next;
        if (first == ends) {
            return (seen & LINE) == 0 || STATE.compareAndSet(this, seen, seen & ~LINE) ? null : CHANGED;
        }
        if (seen >> USED_SHIFT >= (seen & LIMIT)) {
            return null;
        }
        if (!STATE.compareAndSet(this, seen, seen + ONE)) {
            return CHANGED;
        }
        QueueNode second = first.next;
        ends.next = second;
        second.previous = ends;
        first.previous = first;
        first.next = first;
        queued = queued - 1;
        return first;
    }

    /**
     * Lets a call in for which a slot was taken. If the call has given up meanwhile, the slot is free again. Throws
     * only if neither was done.
     */
    private void letIn(QueueNode place) {
        if (!place.waiter.grant(PERMIT)) {
            long ignored = free();
            return;
        }
        try {
            onLetIn.accept(place.joined);
        } catch (Throwable noRoom) {
            // The call is in all the same.
        }
    }

    /** LINE makes the lower half a number below zero, and so less than any count. */
    private static boolean hasRoom(long word) {
        return (int) (word >> USED_SHIFT) < (int) word;
    }

    private static int inUse(long word) {
        return Math.max(0, (int) (word >> USED_SHIFT));
    }

    private static int limit(long word) {
        return (int) (word & LIMIT);
    }

    /** The lines that a thread is serving, one within another. */
    private static final class Serving {

        private final Slots slots;
        private final @Nullable Serving outer;
        final int depth;

        Serving(Slots slots, @Nullable Serving outer) {
            this.slots = slots;
            this.outer = outer;
            int depth = 1;
            for (Serving serving = outer; serving != null; serving = serving.outer) {
                if (serving.slots == slots) {
                    depth++;
                }
            }
            this.depth = depth;
        }
    }

    /** Stands where no call does. */
    private static final class Nobody extends Waiter {

        Nobody() {
            super(CallContext.plain());
        }
    }
}
