package dev.mainstay.time;

import org.jspecify.annotations.Nullable;

/**
 * A hierarchical timing wheel: timer tasks sorted by the tick at which they are due, to add and remove in constant
 * time.
 *
 * <p>Knows no clock and no thread: the time is an argument, and the caller sees to exclusion.
 */
final class TimerWheel {

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
     * When the current tick reaches a bucket above level 0, its tasks are sorted into the levels below. That takes a
     * bounded number of them per step, so that the caller's lock is never held for long; those yet to be sorted wait in
     * `unsorted`.
     *
     * A bucket is a ring of tasks around a sentinel, made when first needed. A task in no bucket is a ring of its own.
     */
    static final long NEVER = Long.MAX_VALUE;

    private static final int DIGIT_BITS = 6;
    private static final int BUCKETS = 1 << DIGIT_BITS;
    private static final int LEVELS = 8;

    /** The last tick that a task can be due at. */
    static final long LAST_TICK = (1L << (DIGIT_BITS * LEVELS)) - 1;

    private static final int SORTED_PER_STEP = 16;

    private static final int CACHE_LINE = 64 / Long.BYTES;

    private final @Nullable Bucket[] buckets = new Bucket[LEVELS * BUCKETS];

    /** One bit per bucket that is not empty; a cache line is left free at either end, since wheels lie side by side. */
    private final long[] occupied = new long[LEVELS + 2 * CACHE_LINE];

    private final Bucket unsorted = new Bucket(-1);

    /** Nothing that is due before this tick is left, except what is unsorted. */
    private long current;

    TimerWheel(long current) {
        this.current = current;
    }

    /** Adds a task; one that is due at a tick gone by is due at once. */
    void add(TimerTask task, long dueTick) {
        task.due = Math.max(dueTick, current);
        put(task, bucketOf(task));
    }

    /** Removes a task if it is here. */
    void remove(TimerTask task) {
        TimerTask previous = task.previous;
        TimerTask next = task.next;
        if (next == task) {
            return;
        }
        previous.next = next;
        next.previous = previous;
        task.previous = task;
        task.next = task;
        if (previous == next) {
            // One neighbour on both sides: the sentinel, now alone.
            emptied((Bucket) next);
        }
    }

    /**
     * One step of moving to a tick that is not before the current one.
     *
     * @return a task that is due by then, now removed; or null if this step found none, which is final if {@link
     *     #nextTick()} is later than the tick
     */
    @Nullable
    TimerTask poll(long tick) {
        sortSome();
        if (!unsorted.isEmpty()) {
            return null;
        }
        int level = lowestOccupiedLevel();
        long start = startOfNextBucket(level);
        if (start > tick) {
            current = tick;
            return null;
        }
        current = start;
        Bucket bucket = nextBucket(level);
        if (level == 0) {
            TimerTask first = bucket.first();
            remove(first);
            return first;
        }
        bucket.moveTo(unsorted);
        emptied(bucket);
        return null;
    }

    /** No task is due before this tick; {@link #NEVER} if there is none. */
    long nextTick() {
        return unsorted.isEmpty() ? startOfNextBucket(lowestOccupiedLevel()) : current;
    }

    private void sortSome() {
        for (int i = 0; i < SORTED_PER_STEP && !unsorted.isEmpty(); i++) {
            TimerTask task = unsorted.first();
            Bucket bucket = bucketOf(task);
            remove(task);
            put(task, bucket);
        }
    }

    /** Where a task belongs now; may fail for lack of memory, before anything has been changed. */
    private Bucket bucketOf(TimerTask task) {
        long distance = task.due ^ current;
        int level = (63 - Long.numberOfLeadingZeros(distance | 1)) / DIGIT_BITS;
        return bucket(level, (int) (task.due >>> (level * DIGIT_BITS)) & (BUCKETS - 1));
    }

    private void put(TimerTask task, Bucket bucket) {
        bucket.append(task);
        occupied[CACHE_LINE + bucket.index / BUCKETS] |= 1L << (bucket.index % BUCKETS);
    }

    private void emptied(Bucket bucket) {
        if (bucket != unsorted) {
            occupied[CACHE_LINE + bucket.index / BUCKETS] &= ~(1L << (bucket.index % BUCKETS));
        }
    }

    private Bucket bucket(int level, int digit) {
        int index = level * BUCKETS + digit;
        Bucket bucket = buckets[index];
        if (bucket == null) {
            bucket = new Bucket(index);
            buckets[index] = bucket;
        }
        return bucket;
    }

    private int lowestOccupiedLevel() {
        int level = 0;
        while (level < LEVELS && occupied[CACHE_LINE + level] == 0) {
            level++;
        }
        return level;
    }

    private Bucket nextBucket(int level) {
        return bucket(level, Long.numberOfTrailingZeros(occupied[CACHE_LINE + level]));
    }

    private long startOfNextBucket(int level) {
        if (level == LEVELS) {
            return NEVER;
        }
        int shift = level * DIGIT_BITS;
        long digitsAbove = (current >>> (shift + DIGIT_BITS)) << DIGIT_BITS;
        return (digitsAbove | Long.numberOfTrailingZeros(occupied[CACHE_LINE + level])) << shift;
    }

    /** The sentinel of a ring of tasks. */
    private static final class Bucket extends TimerTask {

        private final int index;

        Bucket(int index) {
            this.index = index;
        }

        boolean isEmpty() {
            return next == this;
        }

        TimerTask first() {
            return next;
        }

        void append(TimerTask task) {
            task.previous = previous;
            task.next = this;
            previous.next = task;
            previous = task;
        }

        /** Moves all tasks to an empty bucket. */
        void moveTo(Bucket other) {
            other.next = next;
            other.previous = previous;
            next.previous = other;
            previous.next = other;
            next = this;
            previous = this;
        }

        @Override
        protected void fire() {
            throw new AssertionError("a sentinel is never armed");
        }
    }
}
