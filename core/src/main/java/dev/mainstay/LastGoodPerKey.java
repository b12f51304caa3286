package dev.mainstay;

import dev.mainstay.call.CallContext;
import dev.mainstay.safe.Require;
import dev.mainstay.safe.StackReserve;
import dev.mainstay.time.TimeSource;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The last good result of each key, for so many keys at most. A call without a key has none.
 *
 * <p>A hash table without locks, because a key's {@code equals} and {@code hashCode} are the user's code: a {@code
 * ConcurrentHashMap} would call them while it holds a lock for which calls with other keys wait.
 */
final class LastGoodPerKey<T extends @Nullable Object> extends LastGood<T> {

    /*
     * Table
     *   Each bucket is an immutable chain of links, replaced as a whole by compare-and-set. The links of a key share
     *   one slot, so that a result written to the slot is not lost when somebody else copies the chain.
     *
     * Room
     *   'count' is raised before a slot is added and lowered after one was removed: it is never below the number of
     *   slots and never above the bound. Whoever finds it at the bound sweeps the table: all expired results go; if
     *   none has expired, the oldest sixteenth goes, at least one. So a sweep, which looks at every slot, pays for many
     *   new keys. One thread sweeps at a time. A new key that comes meanwhile is not remembered: nobody waits.
     *
     * A result that is written to a slot while that is being removed is lost, and its key is remembered with the next.
     */

    private static final int MOST_BUCKETS = 1 << 16;
    private static final int LARGEST_TABLE = 1 << 30;
    private static final int SWEPT_SHARE = 16;

    @SuppressWarnings("rawtypes")
    private static final AtomicIntegerFieldUpdater<LastGoodPerKey> COUNT =
            AtomicIntegerFieldUpdater.newUpdater(LastGoodPerKey.class, "count");

    @SuppressWarnings("rawtypes")
    private static final AtomicIntegerFieldUpdater<LastGoodPerKey> SWEEPING =
            AtomicIntegerFieldUpdater.newUpdater(LastGoodPerKey.class, "sweeping");

    private final int maxKeys;
    private final AtomicReferenceArray<@Nullable Link<T>> buckets;
    private volatile int count;

    /** 1 while a thread sweeps. Put back by a plain write, for which even a full stack has room. */
    private volatile int sweeping;

    LastGoodPerKey(Duration maxAge, int maxKeys, TimeSource time) {
        super(maxAge, time);
        this.maxKeys = Require.atLeast("maxKeys", maxKeys, 1);
        int size = maxKeys >= LARGEST_TABLE ? LARGEST_TABLE : Integer.highestOneBit(2 * maxKeys - 1);
        this.buckets = new AtomicReferenceArray<>(Math.min(size, MOST_BUCKETS));
    }

    @Override
    @Nullable
    Dated<T> get(CallContext context) {
        Object key = context.key();
        if (key == null) {
            return null;
        }
        int hash = spread(key.hashCode());
        Slot<T> slot = find(buckets.get(indexOf(hash)), key, hash);
        return slot == null ? null : slot.last;
    }

    @Override
    void put(CallContext context, Dated<T> result) {
        Object key = context.key();
        if (key == null) {
            return;
        }
        int hash = spread(key.hashCode());
        Slot<T> slot = find(buckets.get(indexOf(hash)), key, hash);
        if (slot != null) {
            slot.last = result;
            return;
        }
        // Room that was taken must be given back.
        StackReserve.check();
        if (takeRoom(result.nanoTime())) {
            boolean added = false;
            try {
                added = add(key, hash, result);
            } finally {
                if (!added) {
                    COUNT.getAndDecrement(this);
                }
            }
        }
    }

    /** False if somebody else was faster, and the result is in their slot. */
    private boolean add(Object key, int hash, Dated<T> result) {
        Slot<T> added = new Slot<>(key, hash, result);
        while (true) {
            Link<T> head = buckets.get(indexOf(hash));
            Slot<T> slot = find(head, key, hash);
            if (slot != null) {
                slot.last = result;
                return false;
            }
            if (buckets.compareAndSet(indexOf(hash), head, new Link<>(added, head))) {
                return true;
            }
        }
    }

    private static <T extends @Nullable Object> @Nullable Slot<T> find(@Nullable Link<T> head, Object key, int hash) {
        for (Link<T> link = head; link != null; link = link.next) {
            Slot<T> slot = link.slot;
            if (slot.hash == hash && (slot.key == key || key.equals(slot.key))) {
                return slot;
            }
        }
        return null;
    }

    private int indexOf(int hash) {
        return hash & (buckets.length() - 1);
    }

    private static int spread(int hash) {
        return hash ^ (hash >>> 16);
    }

    // ---- room

    private boolean takeRoom(long now) {
        while (true) {
            int taken = count;
            if (taken < maxKeys) {
                if (COUNT.compareAndSet(this, taken, taken + 1)) {
                    return true;
                }
            } else if (!sweep(now)) {
                return false;
            }
        }
    }

    /** False if another thread sweeps, or nothing was found to remove. */
    private boolean sweep(long now) {
        if (sweeping != 0 || !SWEEPING.compareAndSet(this, 0, 1)) {
            return false;
        }
        try {
            return remove(slot -> isTooOld(slot.last, now)) > 0 || removeOldest(now) > 0;
        } finally {
            sweeping = 0;
        }
    }

    private int removeOldest(long now) {
        long[] ages = new long[maxKeys];
        int found = 0;
        for (int i = 0; i < buckets.length(); i++) {
            for (Link<T> link = buckets.get(i); link != null && found < maxKeys; link = link.next) {
                ages[found++] = now - link.slot.last.nanoTime();
            }
        }
        if (found == 0) {
            return 0;
        }
        Arrays.sort(ages, 0, found);
        int leaving = Math.max(1, found / SWEPT_SHARE);
        long youngest = ages[found - leaving];
        // First those that are older for certain: of several of the same age, as many go as are needed.
        int removed = remove(slot -> now - slot.last.nanoTime() > youngest);
        int[] left = {leaving - removed};
        return removed + remove(slot -> now - slot.last.nanoTime() == youngest && left[0]-- > 0);
    }

    /** Removes slots. Runs no code of the user's. */
    private int remove(Predicate<Slot<T>> leaving) {
        int removed = 0;
        for (int i = 0; i < buckets.length(); i++) {
            Link<T> head = buckets.get(i);
            Link<T> rest = without(head, leaving);
            while (rest != head && !buckets.compareAndSet(i, head, rest)) {
                head = buckets.get(i);
                rest = without(head, leaving);
            }
            int fewer = lengthOf(head) - lengthOf(rest);
            COUNT.getAndAdd(this, -fewer);
            removed += fewer;
        }
        return removed;
    }

    private static <T extends @Nullable Object> @Nullable Link<T> without(
            @Nullable Link<T> head, Predicate<Slot<T>> leaving) {
        Link<T> rest = null;
        boolean same = true;
        for (Link<T> link = head; link != null; link = link.next) {
            if (leaving.test(link.slot)) {
                same = false;
            } else {
                rest = new Link<>(link.slot, rest);
            }
        }
        return same ? head : rest;
    }

    private static int lengthOf(@Nullable Link<?> head) {
        int length = 0;
        for (Link<?> link = head; link != null; link = link.next) {
            length++;
        }
        return length;
    }

    @Override
    public String toString() {
        return "last good value of up to " + maxKeys + " keys";
    }

    private static final class Link<T extends @Nullable Object> {

        final Slot<T> slot;
        final @Nullable Link<T> next;

        Link(Slot<T> slot, @Nullable Link<T> next) {
            this.slot = slot;
            this.next = next;
        }
    }

    private static final class Slot<T extends @Nullable Object> {

        final Object key;
        final int hash;
        volatile Dated<T> last;

        Slot(Object key, int hash, Dated<T> last) {
            this.key = key;
            this.hash = hash;
            this.last = last;
        }
    }
}
