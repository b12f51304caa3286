package dev.mainstay.time;

import dev.mainstay.safe.LeafSection;
import dev.mainstay.safe.StackReserve;
import dev.mainstay.time.TimedTask.TimerSlot;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A hierarchical timing wheel: timer tasks sorted by the tick at which they are due, to add and cancel in constant
 * time.
 *
 * <p>Knows no clock: the time is an argument. Any thread may add and cancel; one thread polls.
 */
final class TimerWheel implements TimerSlot {

    /*
     * After Varghese and Lauck, "Hashed and Hierarchical Timing Wheels" (1987), with the levels placed by the digits of
     * the due tick rather than by the distance to it.
     *
     * A tick is a number of LEVELS digits to the base 64. A task lies on the level of the highest digit in which its
     * due tick differs from the current one, in the bucket that this digit names. It follows that
     *
     *   - all that lies on a level is due before anything on the levels above it, and on one level the buckets are in
     *     order, so the lowest occupied bucket of the lowest occupied level is the next to come; one bit per bucket
     *     finds it;
     *   - buckets never mix the rounds of the wheel;
     *   - the current tick may jump ahead to any tick before that of the next bucket without anything being moved.
     *
     * When the current tick reaches a bucket above level 0, its tasks are sorted into the levels below, a bounded
     * number of them per step; those yet to be sorted wait in `unsorted`.
     *
     * A bucket is a ring of tasks around a sentinel, made when first needed. A task in no bucket is a ring of its own.
     *
     * Leaf sections
     *
     * The links, the bits and the states of the tasks change only in leaf sections: synchronized methods that call
     * nothing. A thread whose stack overflows therefore leaves nothing locked and nothing half done. What needs calls,
     * such as finding a bucket, is computed before; the section then checks that what it was computed from still holds,
     * and otherwise does nothing, and the caller begins anew:
     *
     *   - whoever adds a task depends on `current`, which only the polling thread changes;
     *   - the polling thread depends on it that no bucket has become occupied, which `additions` counts.
     *
     * A bit whose bucket was emptied by cancels is cleared by the polling thread when it gets there.
     *
     * Where a stack ends, HotSpot may even pass over the catch and finally clauses of compiled code. Nothing that may
     * overflow can therefore follow a section that has to be completed or undone by it. If the polling thread has to be
     * woken for a task, there must be room on the stack for that before the task is linked.
     */
    static final long NEVER = Long.MAX_VALUE;

    private static final int DIGIT_BITS = 6;
    private static final int BUCKETS = 1 << DIGIT_BITS;
    private static final int LEVELS = 8;

    /** The last tick that a task can be due at. */
    static final long LAST_TICK = (1L << (DIGIT_BITS * LEVELS)) - 1;

    private static final int SORTED_PER_STEP = 16;

    // What becomes of an attempt to link a task.
    private static final int LINKED = 0;
    /** It is due before the polling thread would look. */
    private static final int LINKED_TOO_EARLY = 1;
    /** It would be, and nobody has seen to it that there is room on the stack to wake that thread. */
    private static final int NEEDS_ROOM = 2;
    /** What the attempt was computed from holds no longer. */
    private static final int MOVED = 3;

    private final @Nullable Bucket[] buckets = new Bucket[LEVELS * BUCKETS];

    /** One bit for each bucket, a word for each level; set if the bucket may hold something. */
    private final long[] occupied = new long[LEVELS];

    private final Bucket unsorted = new Bucket(-1);

    private final Wake wake;

    /** Nothing that is due before this tick is left, except what is unsorted. */
    private volatile long current;

    /** How many times a bit was set. */
    private long additions;

    /** For the polling thread: the additions, and the bits of the level that it found, when it looked. */
    private long additionsSeen;

    private long bitsSeen;

    TimerWheel(long current, Wake wake) {
        this.current = current;
        this.wake = wake;
    }

    // ---- for any thread

    /**
     * Adds a new task; one that is due at a tick gone by is due at once. If this throws, the task is as it was.
     *
     * @return whether the polling thread must be woken for this task; the stack then has room for that
     * @throws IllegalStateException if the task was armed before
     */
    boolean add(TimedTask task, long dueTick) {
        boolean room = false;
        while (true) {
            if (task.state != TimedTask.NEW) {
                throw TimedTask.armedBefore();
            }
            long seen = current;
            long due = Math.max(dueTick, seen);
            int outcome = link(task, due, bucketOf(due, seen), seen, room);
            if (outcome == NEEDS_ROOM) {
                StackReserve.check();
                room = true;
            } else if (outcome != MOVED) {
                return outcome == LINKED_TOO_EARLY;
            }
        }
    }

    @LeafSection
    private synchronized int link(TimedTask task, long due, Bucket found, long seen, boolean room) {
        if (current != seen || task.state != TimedTask.NEW) {
            return MOVED;
        }
        // The polling thread plans by raising `tick` first and then looking into this wheel.
        boolean tooEarly = due < wake.tick;
        if (tooEarly && !room) {
            return NEEDS_ROOM;
        }
        Bucket bucket = buckets[found.index];
        if (bucket == null) {
            bucket = found;
            buckets[found.index] = found;
        }
        task.due = due;
        task.slot = this;
        TimedTask last = bucket.previous;
        task.previous = last;
        task.next = bucket;
        last.next = task;
        bucket.previous = task;
        long bit = 1L << bucket.index;
        int level = bucket.index >> DIGIT_BITS;
        if ((occupied[level] & bit) == 0) {
            occupied[level] |= bit;
            additions++;
        }
        task.state = TimedTask.ARMED;
        return tooEarly ? LINKED_TOO_EARLY : LINKED;
    }

    @Override
    @LeafSection
    public synchronized boolean cancel(TimedTask task) {
        if (task.state != TimedTask.ARMED) {
            return false;
        }
        task.state = TimedTask.CANCELLED;
        task.previous.next = task.next;
        task.next.previous = task.previous;
        task.previous = task;
        task.next = task;
        return true;
    }

    // ---- for the polling thread

    /**
     * One step of moving to a tick that is not before the current one.
     *
     * @return a task that is due by then, now removed and marked as fired; or null if this step found none, which is
     *     final if {@link #nextTick()} is later than the tick
     */
    @Nullable
    TimedTask poll(long tick) {
        sortSome();
        int level = look();
        if (level < 0) {
            return null;
        }
        Bucket bucket = level == LEVELS ? null : bucketSeen(level);
        if (bucket == null || startOf(bucket) > tick) {
            skipTo(tick);
            return null;
        }
        return open(bucket, startOf(bucket)) && level == 0 ? take(bucket) : null;
    }

    /** No task is due before this tick; {@link #NEVER} if there is none. */
    long nextTick() {
        while (true) {
            int level = look();
            if (level < 0) {
                return current;
            }
            if (level == LEVELS) {
                return NEVER;
            }
            Bucket bucket = bucketSeen(level);
            if (!forgetIfEmpty(bucket)) {
                return startOf(bucket);
            }
        }
    }

    private void sortSome() {
        for (int i = 0; i < SORTED_PER_STEP; i++) {
            TimedTask task = firstUnsorted();
            if (task == null) {
                return;
            }
            sort(task, bucketOf(task.due, current));
        }
    }

    @LeafSection
    private synchronized @Nullable TimedTask firstUnsorted() {
        TimedTask first = unsorted.next;
        return first == unsorted ? null : first;
    }

    @LeafSection
    private synchronized void sort(TimedTask task, Bucket found) {
        if (task.state != TimedTask.ARMED) {
            return;
        }
        Bucket bucket = buckets[found.index];
        if (bucket == null) {
            bucket = found;
            buckets[found.index] = found;
        }
        task.previous.next = task.next;
        task.next.previous = task.previous;
        TimedTask last = bucket.previous;
        task.previous = last;
        task.next = bucket;
        last.next = task;
        bucket.previous = task;
        occupied[bucket.index >> DIGIT_BITS] |= 1L << bucket.index;
    }

    /** The lowest occupied level, whose bits it notes; LEVELS if there is none, -1 if something is unsorted. */
    @LeafSection
    private synchronized int look() {
        if (unsorted.next != unsorted) {
            return -1;
        }
        additionsSeen = additions;
        int level = 0;
        while (level < LEVELS && occupied[level] == 0) {
            level++;
        }
        if (level < LEVELS) {
            bitsSeen = occupied[level];
        }
        return level;
    }

    /** Moves the current tick to one before that of every occupied bucket. */
    @LeafSection
    private synchronized void skipTo(long tick) {
        if (additions == additionsSeen) {
            current = tick;
        }
    }

    /** Moves the current tick to the start of the next bucket; what lies above level 0 is then to be sorted. */
    @LeafSection
    private synchronized boolean open(Bucket bucket, long start) {
        if (additions != additionsSeen) {
            return false;
        }
        current = start;
        if (bucket.index >= BUCKETS) {
            occupied[bucket.index >> DIGIT_BITS] &= ~(1L << bucket.index);
            if (bucket.next != bucket) {
                unsorted.next = bucket.next;
                unsorted.previous = bucket.previous;
                bucket.next.previous = unsorted;
                bucket.previous.next = unsorted;
                bucket.next = bucket;
                bucket.previous = bucket;
            }
        }
        return true;
    }

    @LeafSection
    private synchronized @Nullable TimedTask take(Bucket bucket) {
        TimedTask task = bucket.next;
        if (task == bucket) {
            occupied[0] &= ~(1L << bucket.index);
            return null;
        }
        task.state = TimedTask.FIRED;
        bucket.next = task.next;
        task.next.previous = bucket;
        task.previous = task;
        task.next = task;
        return task;
    }

    @LeafSection
    private synchronized boolean forgetIfEmpty(Bucket bucket) {
        if (bucket.next != bucket) {
            return false;
        }
        occupied[bucket.index >> DIGIT_BITS] &= ~(1L << bucket.index);
        return true;
    }

    private Bucket bucketSeen(int level) {
        return Objects.requireNonNull(buckets[level * BUCKETS + Long.numberOfTrailingZeros(bitsSeen)]);
    }

    /**
     * Where a task belongs that is due at a tick, as seen from a current one. A bucket that is not there yet is made,
     * and put into its place with the first task.
     */
    private Bucket bucketOf(long due, long current) {
        long distance = due ^ current;
        int level = (63 - Long.numberOfLeadingZeros(distance | 1)) / DIGIT_BITS;
        int index = level * BUCKETS + ((int) (due >>> (level * DIGIT_BITS)) & (BUCKETS - 1));
        Bucket bucket = buckets[index];
        return bucket == null ? new Bucket(index) : bucket;
    }

    private long startOf(Bucket bucket) {
        int shift = (bucket.index >> DIGIT_BITS) * DIGIT_BITS;
        long digitsAbove = (current >>> (shift + DIGIT_BITS)) << DIGIT_BITS;
        return (digitsAbove | (bucket.index & (BUCKETS - 1))) << shift;
    }

    /** When the polling thread looks next. */
    static final class Wake {

        /** Only the polling thread writes it. */
        volatile long tick;

        Wake(long tick) {
            this.tick = tick;
        }
    }

    /** The sentinel of a ring of tasks. */
    private static final class Bucket extends TimedTask {

        private final int index;

        Bucket(int index) {
            this.index = index;
        }

        @Override
        protected void fire() {
            throw new AssertionError("a sentinel is never armed");
        }
    }
}
