package dev.mainstay.breaker;

import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * How many of something there were in each of the last so many spans of time. The spans are numbered without end; a
 * number is called an epoch. Safe for use by many threads, which do not fight for it: one row of buckets until two of
 * them meet, one for each stripe from then on.
 */
final class StripedBuckets {

    /*
     * A bucket is one long: the epoch above, the count below. Counting into a bucket that belongs to an epoch gone by,
     * and giving it to the new one, is the same compare-and-set, so that nothing is lost or counted in the wrong place
     * when time moves on. A bucket that was given away to a later epoch than that of a call which comes late is left
     * alone: the call is older than the whole window.
     *
     * A span of w nanoseconds leaves 63 - log2(w) bits for the epoch, which the clock cannot use up, and log2(w) for
     * the count, which calls cannot use up: that would be one every other nanosecond. (Where time stands still they
     * can; then the count stays where it is.)
     */
    private static final VarHandle FIRST = ConstantBootstraps.fieldVarHandle(
            MethodHandles.lookup(), "first", VarHandle.class, StripedBuckets.class, AtomicLongArray.class);
    private static final VarHandle STRIPES = ConstantBootstraps.fieldVarHandle(
            MethodHandles.lookup(), "stripes", VarHandle.class, StripedBuckets.class, AtomicReferenceArray.class);

    private final int buckets;
    private final int slots;
    private final int countBits;
    private volatile @Nullable AtomicLongArray first;
    private volatile @Nullable AtomicReferenceArray<@Nullable AtomicLongArray> stripes;

    StripedBuckets(int buckets, long bucketNanos) {
        this.buckets = buckets;
        this.slots = buckets == 1 ? 1 : Integer.highestOneBit(buckets - 1) << 1;
        this.countBits = Long.SIZE - 1 - Long.numberOfLeadingZeros(bucketNanos);
    }

    /** Counts one. */
    void add(long epoch) {
        AtomicLongArray row = own();
        while (!add(row, epoch, 1)) {
            row = spread();
        }
    }

    /** Counts many; false if another thread came in between. */
    private boolean add(AtomicLongArray row, long epoch, long more) {
        int slot = slot(epoch);
        long before = row.get(slot);
        long had = before >>> countBits;
        if (had > epoch) {
            return true;
        }
        long room = (1L << countBits) - 1 - (had == epoch ? countIn(before) : 0);
        long after = (had == epoch ? before : epoch << countBits) + Math.min(more, room);
        return row.compareAndSet(slot, before, after);
    }

    /** Puts in what another one has for an epoch. Nobody else may know this one yet. */
    void copy(StripedBuckets other, long epoch) {
        long count = other.count(epoch);
        if (count > 0) {
            add(first(), epoch, count);
        }
    }

    /** How many the calling thread's row has for the epoch: no more than there are. */
    long ownCount(long epoch) {
        return count(own(), epoch);
    }

    /**
     * How many there are in the epoch and the ones before it that belong to the window; may stop adding up when it has
     * enough.
     */
    long sum(long epoch, long enough) {
        long sum = 0;
        for (long e = epoch; e >= 0 && e > epoch - buckets && sum < enough; e--) {
            sum += count(e);
        }
        return sum;
    }

    private long count(long epoch) {
        AtomicLongArray first = this.first;
        long count = first == null ? 0 : count(first, epoch);
        AtomicReferenceArray<@Nullable AtomicLongArray> stripes = this.stripes;
        if (stripes != null) {
            for (int i = 0; i < stripes.length(); i++) {
                AtomicLongArray row = stripes.get(i);
                count += row == null ? 0 : count(row, epoch);
            }
        }
        return count;
    }

    private long count(AtomicLongArray row, long epoch) {
        long bucket = row.get(slot(epoch));
        return bucket >>> countBits == epoch ? countIn(bucket) : 0;
    }

    private long countIn(long bucket) {
        return bucket & ((1L << countBits) - 1);
    }

    private int slot(long epoch) {
        return (int) epoch & (slots - 1);
    }

    private AtomicLongArray own() {
        AtomicReferenceArray<@Nullable AtomicLongArray> stripes = this.stripes;
        return stripes == null ? first() : stripe(stripes);
    }

    private AtomicLongArray first() {
        AtomicLongArray first = this.first;
        if (first != null) {
            return first;
        }
        AtomicLongArray fresh = new AtomicLongArray(slots);
        AtomicLongArray found = (AtomicLongArray) FIRST.compareAndExchange(this, null, fresh);
        return found == null ? fresh : found;
    }

    /** Two threads have met: each gets a row of its own, with those of its stripe. */
    @SuppressWarnings("unchecked")
    AtomicLongArray spread() {
        AtomicReferenceArray<@Nullable AtomicLongArray> stripes = this.stripes;
        if (stripes == null) {
            AtomicReferenceArray<@Nullable AtomicLongArray> fresh = new AtomicReferenceArray<>(Stripes.COUNT);
            stripes = (AtomicReferenceArray<@Nullable AtomicLongArray>) STRIPES.compareAndExchange(this, null, fresh);
            stripes = stripes == null ? fresh : stripes;
        }
        return stripe(stripes);
    }

    private AtomicLongArray stripe(AtomicReferenceArray<@Nullable AtomicLongArray> stripes) {
        int mine = Stripes.mine();
        AtomicLongArray row = stripes.get(mine);
        if (row != null) {
            return row;
        }
        // Longer than needed, so that the slots of two rows that lie side by side do not share a cache line.
        AtomicLongArray fresh = new AtomicLongArray(slots + Stripes.PADDING);
        AtomicLongArray found = stripes.compareAndExchange(mine, null, fresh);
        return found == null ? fresh : found;
    }
}
