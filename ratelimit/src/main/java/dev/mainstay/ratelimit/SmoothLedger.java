package dev.mainstay.ratelimit;

import dev.mainstay.time.Nanos;
import dev.mainstay.time.TimeSource;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.math.BigInteger;
import java.util.concurrent.atomic.AtomicLongFieldUpdater;
import org.jspecify.annotations.Nullable;

/**
 * A smooth rate as the generic cell rate algorithm: one number, the <em>theoretical arrival time</em> at which everything that was let through so far will have been
 * paid for. A permit moves it on by what a permit is worth; it may run ahead of the clock by what a burst is worth.
 *
 * <h2>Units</h2>
 *
 * Time is counted since {@link #origin} in parts of a nanosecond, so many that a permit is worth a whole number of them: 3 permits a second are 10⁹ thirds of a nanosecond
 * each, and nothing is ever rounded. Only where that does not fit are the parts a power of two and a permit's worth is rounded up, which makes the limiter too strict by
 * less than {@code burst} parts in 2⁶⁰.
 *
 * <h2>Ranges, in units</h2>
 *
 * <pre>
 * the clock, since origin      0 … 2^60         later: MOVED, and the successor begins anew (36 years, at more than 10^9 a second half a second)
 * a wait                       0 … 2^61
 * what a burst is worth        1 … 2^61
 * the arrival time             0 … 2^60+2^62    the sign bit says that the ledger is closed
 * a sum of it and one call     below 2^63
 * </pre>
 */
final class SmoothLedger extends Ledger {

    private static final long REACH = 1L << 60;
    private static final long LONGEST = Limits.LONGEST_NANOS;
    private static final long MOST_OWED = 1L << 62;
    private static final long CLOSED = Long.MIN_VALUE;

    private static final AtomicLongFieldUpdater<SmoothLedger> FARTHEST =
            AtomicLongFieldUpdater.newUpdater(SmoothLedger.class, "farthest");

    private static final VarHandle ARRIVAL;

    static {
        try {
            ARRIVAL = MethodHandles.lookup().findVarHandle(SmoothLedger.class, "arrival", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final RateLimit.Smooth limit;

    /** When this ledger's time began, on the clock. */
    private final long origin;

    /** How far its time goes, in nanoseconds. */
    private final long reach;

    private final long unitsPerNano;
    private final long permitUnits;
    private final long burstUnits;
    private final int burst;

    private volatile long arrival;

    /** The latest time for which permits were claimed, written before they are; not lowered when they are given back. */
    private volatile long farthest;

    SmoothLedger(RateLimit.Smooth limit, long now) {
        this(limit, Scale.of(limit), now, 0);
    }

    private SmoothLedger(RateLimit.Smooth limit, Scale scale, long now, long owedUnits) {
        this.limit = limit;
        this.origin = now;
        this.unitsPerNano = scale.unitsPerNano;
        this.permitUnits = scale.permitUnits;
        this.burst = limit.burst();
        this.burstUnits = scale.permitUnits * burst;
        this.reach = REACH / scale.unitsPerNano;
        this.arrival = owedUnits;
    }

    @Override
    long take(int permits, long now) {
        long elapsed = elapsed(now);
        if (elapsed > reach) {
            return MOVED;
        }
        if (permits > burst) {
            return REFUSED;
        }
        long at = elapsed * unitsPerNano;
        long cost = permits * permitUnits;
        while (true) {
            long before = arrival;
            long after = Math.max(before, at) + cost;
            if (after - at > burstUnits || before < 0) {
                return before < 0 ? MOVED : REFUSED;
            }
            if (ARRIVAL.weakCompareAndSet(this, before, after)) {
                return after;
            }
            backOff();
        }
    }

    @Override
    void giveBack(long ticket, int permits, long taken, TimeSource time) {
        long cost = permits * permitUnits;
        if (!ARRIVAL.compareAndSet(this, ticket, ticket - cost)) {
            giveBackBelow(cost, elapsed(taken) * unitsPerNano, time);
        }
    }

    /**
     * Others have taken since. For them, time may have caught up with what would have been owed without us, at most by as much as lies between our time and the latest of theirs: that
     * much is kept. The clock is read after the arrival time that it must not be behind.
     */
    private void giveBackBelow(long cost, long at, TimeSource time) {
        while (true) {
            long before = arrival;
            long elapsed = elapsed(time.nanoTime());
            if (before < 0 || elapsed > reach) {
                return;
            }
            long latest = Math.max(elapsed * unitsPerNano, farthest);
            long returned = cost - Math.max(0, latest - at);
            if (returned <= 0 || ARRIVAL.weakCompareAndSet(this, before, before - returned)) {
                return;
            }
        }
    }

    @Override
    @Nullable
    Claim claim(int permits, long now, long wait) {
        long elapsed = elapsed(now);
        if (elapsed > reach) {
            return null;
        }
        long at = (elapsed + wait) * unitsPerNano;
        FARTHEST.accumulateAndGet(this, at, Math::max);
        long before = arrival;
        long after = Math.max(before, at) + permits * permitUnits;
        return before >= 0 && after - at <= burstUnits && ARRIVAL.compareAndSet(this, before, after)
                ? new Advance(before, after, permits * permitUnits, at)
                : null;
    }

    @Override
    long earliest(int permits, long now) {
        return nanos(owed(now) + permits * permitUnits - burstUnits);
    }

    @Override
    int most() {
        return burst;
    }

    @Override
    long longestWait() {
        return LONGEST / unitsPerNano;
    }

    @Override
    int remaining(long now) {
        return (int) (Math.max(0, burstUnits - owed(now)) / permitUnits);
    }

    @Override
    long resetAfter(long now) {
        return nanos(owed(now));
    }

    @Override
    RateLimit tightest(int permits, long now) {
        return limit;
    }

    @Override
    boolean isAhead(long now) {
        return owed(now) > burstUnits;
    }

    @Override
    boolean reaches(long now) {
        return elapsed(now) <= reach;
    }

    @Override
    boolean isClosed() {
        return arrival < 0;
    }

    @Override
    void close() {
        ARRIVAL.getAndBitwiseOr(this, CLOSED);
    }

    @Override
    Ledger carriedOver(RateLimit other, long now) {
        long owed = owed(now);
        return other instanceof RateLimit.Smooth smooth
                ? owing(smooth, owed, permitUnits, now)
                : WindowLedger.owing((RateLimit.AtMost) other, (owed + permitUnits - 1) / permitUnits, now);
    }

    /** A ledger in which as many permits are owed as this fraction says, if that is not too long. */
    static SmoothLedger owing(RateLimit.Smooth limit, long owed, long perPermit, long now) {
        Scale scale = Scale.of(limit);
        BigInteger units = ceilDiv(
                BigInteger.valueOf(owed).multiply(BigInteger.valueOf(scale.permitUnits)),
                BigInteger.valueOf(perPermit));
        return new SmoothLedger(
                limit, scale, now, units.min(BigInteger.valueOf(MOST_OWED)).longValue());
    }

    /** Nanoseconds since the origin; a time before it was read by somebody slow, and the origin is nearer to the truth. */
    private long elapsed(long now) {
        return Math.max(0, now - origin);
    }

    /** How far the arrival time is ahead of the clock, also out of range. */
    private long owed(long now) {
        long ahead = arrival & ~CLOSED;
        long elapsed = elapsed(now);
        if (elapsed > reach && elapsed > ahead / unitsPerNano) {
            return 0;
        }
        return Math.max(0, ahead - elapsed * unitsPerNano);
    }

    /** Rounded up, so that nobody comes too early. */
    private long nanos(long units) {
        return units <= 0 ? 0 : (units - 1) / unitsPerNano + 1;
    }

    private static BigInteger ceilDiv(BigInteger dividend, BigInteger divisor) {
        return dividend.add(divisor).subtract(BigInteger.ONE).divide(divisor);
    }

    /** A claim moved the arrival time from here to there. */
    private final class Advance implements Claim {

        private final long before;
        private final long after;
        private final long cost;
        private final long at;

        Advance(long before, long after, long cost, long at) {
            this.before = before;
            this.after = after;
            this.cost = cost;
            this.at = at;
        }

        @Override
        public boolean giveBack() {
            return ARRIVAL.compareAndSet(SmoothLedger.this, after, before);
        }

        @Override
        public void undo(TimeSource time) {
            if (!giveBack()) {
                giveBackBelow(cost, at, time);
            }
        }
    }

    /** How time is counted: in how many parts of a nanosecond, and how many of them a permit is worth. */
    record Scale(long unitsPerNano, long permitUnits) {

        private static final int FINEST = 30;

        static boolean refillsInTime(int limit, long periodNanos, int burst) {
            return fits(BigInteger.valueOf(-Math.floorDiv(-periodNanos, limit)), burst);
        }

        static Scale of(RateLimit.Smooth limit) {
            BigInteger count = BigInteger.valueOf(limit.limit());
            BigInteger period = BigInteger.valueOf(Nanos.of(limit.period()));
            BigInteger common = count.gcd(period);
            BigInteger permit = period.divide(common);
            if (fits(permit, limit.burst())) {
                return new Scale(count.divide(common).longValue(), permit.longValue());
            }
            int bits = FINEST;
            do {
                permit = ceilDiv(period.shiftLeft(bits), count);
            } while (!fits(permit, limit.burst()) && --bits >= 0);
            return new Scale(1L << bits, permit.longValue());
        }

        private static boolean fits(BigInteger permitUnits, int burst) {
            return permitUnits.multiply(BigInteger.valueOf(burst)).compareTo(BigInteger.valueOf(LONGEST)) <= 0;
        }
    }
}
