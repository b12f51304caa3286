package dev.mainstay.breaker;

import dev.mainstay.time.Nanos;
import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * The calls of the last so much time, counted in buckets. Nothing has to happen for them to expire: a bucket of an
 * epoch gone by is not looked at.
 */
final class TimeWindow extends Window {

    private static final long NONE = Long.MIN_VALUE;
    private static final VarHandle NEWEST_BAD = ConstantBootstraps.fieldVarHandle(
            MethodHandles.lookup(), "newestBad", VarHandle.class, TimeWindow.class, long.class);

    private final SlidingWindow.Time kind;

    /** When it was made; and when epoch 0 began, which may have been in a window before. */
    private final long born;

    private final long origin;
    private final long bucketNanos;
    private final int buckets;
    private final StripedBuckets calls;
    private final StripedBuckets failures;
    private final StripedBuckets slowCalls;
    private final StripedBuckets slowFailures;

    /** The epoch of the newest failure or slow call, so that a success knows whether there is any. */
    private volatile long newestBad = NONE;

    /**
     * The bucket that somebody was in last: a guess that is checked, so that it need not be read and written with care.
     */
    private long lastEpoch;

    TimeWindow(SlidingWindow.Time kind, long now) {
        this(kind, now, now);
    }

    private TimeWindow(SlidingWindow.Time kind, long born, long origin) {
        this.kind = kind;
        this.born = born;
        this.origin = origin;
        this.buckets = kind.buckets();
        this.bucketNanos = kind.bucketNanos();
        this.calls = new StripedBuckets(buckets, bucketNanos);
        this.failures = new StripedBuckets(buckets, bucketNanos);
        this.slowCalls = new StripedBuckets(buckets, bucketNanos);
        this.slowFailures = new StripedBuckets(buckets, bucketNanos);
        Stripes.prepare();
    }

    @Override
    int recordGood(long now, int minimumCalls) {
        long epoch = epoch(now);
        if (newestBad <= epoch - buckets) {
            calls.add(epoch);
            // A failure that came in between may have looked before this call was counted.
            return newestBad <= epoch - buckets ? CLEAN : DUE;
        }
        if (calls.ownCount(epoch) >= minimumCalls) {
            calls.add(epoch);
            return COUNTED;
        }
        // Each success looks before and after itself, so that of several at once at least the last to be counted finds
        // the minimum regained by it.
        boolean tooFew = calls.sum(epoch, minimumCalls) < minimumCalls;
        calls.add(epoch);
        return tooFew && calls.sum(epoch, minimumCalls) >= minimumCalls ? DUE : COUNTED;
    }

    @Override
    Tally recordBad(boolean failed, boolean slow, long now) {
        long epoch = epoch(now);
        long newest = newestBad;
        while (newest < epoch && !NEWEST_BAD.compareAndSet(this, newest, epoch)) {
            newest = newestBad;
        }
        // The whole before its parts, and read the other way round, so that no rate is over 100 %.
        calls.add(epoch);
        if (failed) {
            failures.add(epoch);
        }
        if (slow) {
            slowCalls.add(epoch);
        }
        if (failed && slow) {
            slowFailures.add(epoch);
        }
        return tallyAt(epoch);
    }

    @Override
    Tally tally(long now) {
        return tallyAt(epoch(now));
    }

    private Tally tallyAt(long epoch) {
        long slowFailed = slowFailures.sum(epoch, Long.MAX_VALUE);
        long slow = slowCalls.sum(epoch, Long.MAX_VALUE);
        long failed = failures.sum(epoch, Long.MAX_VALUE);
        long all = calls.sum(epoch, Long.MAX_VALUE);
        // Of a time that is a whole window ago, because its reader was held up, some buckets may have been given away.
        failed = Math.min(failed, all);
        slow = Math.min(slow, all);
        return new Tally(all, failed, slow, Math.min(slowFailed, Math.min(failed, slow)));
    }

    /** What it holds is new: it forgets by itself what is not. */
    @Override
    boolean isCleanSince(long now, long time) {
        return newestBad <= epoch(now) - buckets;
    }

    @Override
    boolean hasTurnedOver(long now) {
        return now - born >= Nanos.of(kind.duration());
    }

    @Override
    Window changedTo(SlidingWindow kind, long now) {
        if (kind.equals(this.kind)) {
            return this;
        }
        if (!(kind instanceof SlidingWindow.Time time) || time.bucketNanos() != bucketNanos) {
            return of(kind, now);
        }
        TimeWindow other = new TimeWindow(time, born, origin);
        long epoch = epoch(now);
        for (long e = Math.max(0, epoch - Math.min(buckets, other.buckets) + 1); e <= epoch; e++) {
            other.calls.copy(calls, e);
            other.failures.copy(failures, e);
            other.slowCalls.copy(slowCalls, e);
            other.slowFailures.copy(slowFailures, e);
        }
        other.newestBad = newestBad;
        return other;
    }

    /**
     * The number of the bucket that the time is in: mostly the one that it was in last, which takes less to check than
     * to divide.
     */
    private long epoch(long now) {
        long elapsed = Math.max(0, now - origin);
        long epoch = lastEpoch;
        long since = elapsed - epoch * bucketNanos;
        if (since < 0 || since >= bucketNanos) {
            epoch = elapsed / bucketNanos;
            lastEpoch = epoch;
        }
        return epoch;
    }
}
