package dev.mainstay.ratelimit;

import dev.mainstay.time.Nanos;
import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.math.BigInteger;
import java.util.List;

/**
 * A smooth rate for which nobody stands in line, as the generic cell rate algorithm: one number, the <em>theoretical
 * arrival time</em> at which everything that was let through so far will have been paid for. A permit moves it on by
 * what a permit is worth; it may run ahead of the clock by what a burst is worth. Lock-free: taking is one
 * compare-and-set, and nothing follows it.
 *
 * <h2>Units</h2>
 *
 * Time is counted since {@link #origin} in parts of a nanosecond, so many that a permit is worth a whole number of
 * them: 3 permits a second are 10⁹ thirds of a nanosecond each, and nothing is ever rounded. Only where that does not
 * fit are the parts a power of two and a permit's worth is rounded up, which makes the limiter too strict by less than
 * {@code burst} parts in 2⁶⁰.
 *
 * <h2>Ranges, in units</h2>
 *
 * <pre>
 * the clock, since origin      0 … 2^60         later: MOVED, and the successor begins anew
 *                                               (36 years; at more than 10^9 a second half a second)
 * what a burst is worth        1 … 2^61
 * the arrival time             0 … 2^60+2^62    the sign bit says that the ledger is closed
 * a sum of it and one call     below 2^63
 * </pre>
 */
final class SmoothLedger extends Ledger {

    /** The most that is carried over, in units: what is owed beyond that is forgotten. */
    static final long MOST_OWED = 1L << 62;

    private static final long CLOSED = Long.MIN_VALUE;

    private static final VarHandle ARRIVAL = ConstantBootstraps.fieldVarHandle(
            MethodHandles.lookup(), "arrival", VarHandle.class, SmoothLedger.class, long.class);

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

    SmoothLedger(RateLimit.Smooth limit, long now) {
        this(limit, Debt.none(), now, now);
    }

    /**
     * @param debt what is owed from now on
     * @param since when the time of the ledger before began: threads that have read the clock before now are still
     *     about
     */
    SmoothLedger(RateLimit.Smooth limit, Debt debt, long since, long now) {
        Scale scale = Scale.of(limit);
        this.limit = limit;
        this.unitsPerNano = scale.unitsPerNano;
        this.permitUnits = scale.permitUnits;
        this.burst = limit.burst();
        this.burstUnits = scale.permitUnits * burst;
        this.reach = REACH / scale.unitsPerNano;
        this.origin = originFor(since, now, reach);
        this.arrival = elapsed(now) * unitsPerNano + debt.units(scale);
    }

    @Override
    long take(int permits, long now) {
        long elapsed = elapsed(now);
        if (elapsed > reach) {
            return MOVED;
        }
        if (permits > burst) {
            return NEVER;
        }
        long at = elapsed * unitsPerNano;
        long cost = permits * permitUnits;
        while (true) {
            long before = arrival;
            if (before < 0) {
                return MOVED;
            }
            long missing = before + cost - burstUnits - at;
            if (missing > 0) {
                return -nanos(missing);
            }
            if (ARRIVAL.weakCompareAndSet(this, before, Math.max(before, at) + cost)) {
                return TAKEN;
            }
            backOff();
        }
    }

    /** The arrival time itself, which only grows. */
    @Override
    long revision() {
        return arrival;
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
        return Limits.LONGEST_NANOS / unitsPerNano;
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
    boolean reaches(long now) {
        return elapsed(now) <= reach;
    }

    @Override
    void close() {
        ARRIVAL.getAndBitwiseOr(this, CLOSED);
    }

    @Override
    Ledger successor(List<RateLimit> limits, List<Debt> foreign, long now, boolean lined) {
        List<Debt> debts = Debt.larger(debts(now), foreign);
        return !lined && limits.size() == 1 && limits.get(0) instanceof RateLimit.Smooth smooth
                ? new SmoothLedger(smooth, debts.get(0), origin, now)
                : new QueueingLedger(limits, debts, origin, now);
    }

    @Override
    List<Debt> debts(long now) {
        return List.of(Debt.ofUnits(owed(now), permitUnits));
    }

    /**
     * Nanoseconds since the origin. A time before it was read by a thread that was held up, and the origin is nearer to
     * the truth.
     */
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
            return permitUnits.multiply(BigInteger.valueOf(burst)).compareTo(BigInteger.valueOf(Limits.LONGEST_NANOS))
                    <= 0;
        }

        static BigInteger ceilDiv(BigInteger dividend, BigInteger divisor) {
            return dividend.add(divisor).subtract(BigInteger.ONE).divide(divisor);
        }
    }
}
