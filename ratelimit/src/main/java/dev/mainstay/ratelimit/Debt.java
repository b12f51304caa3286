package dev.mainstay.ratelimit;

import dev.mainstay.time.Nanos;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** What is owed under one limit when another ledger takes over, and what that is worth under another limit. */
abstract class Debt {

    private static final long[] NOTHING = {};

    private static final Debt NONE = new Debt() {
        @Override
        long units(SmoothLedger.Scale scale) {
            return 0;
        }

        @Override
        long[] times(RateLimit.AtMost limit) {
            return NOTHING;
        }
    };

    private Debt() {}

    static Debt none() {
        return NONE;
    }

    /** How far the arrival time of a smooth rate is ahead of the clock. */
    static Debt ofUnits(long owed, long permitUnits) {
        return owed == 0 ? NONE : new OfUnits(owed, permitUnits);
    }

    /** The times of the newest permits of a window, oldest first, from now on. */
    static Debt ofTimes(long[] times, RateLimit.AtMost limit) {
        return new OfTimes(times, limit);
    }

    /**
     * The larger one of each two. A limiter may be told of the same debt twice, and need not pay for it twice.
     *
     * @param foreign in the order of the others; nothing for those that are missing
     */
    static List<Debt> larger(List<Debt> debts, List<Debt> foreign) {
        List<Debt> larger = new ArrayList<>(debts);
        for (int i = 0; i < Math.min(debts.size(), foreign.size()); i++) {
            larger.set(i, new Larger(debts.get(i), foreign.get(i)));
        }
        return larger;
    }

    /** How far ahead of the clock that brings the arrival time of a smooth rate; no more than it can hold. */
    abstract long units(SmoothLedger.Scale scale);

    /** When the newest permits count as used, oldest first and no more than the limit, from now on. */
    abstract long[] times(RateLimit.AtMost limit);

    /** As many units as the fraction of permits is worth. */
    private static long worth(long owed, long perPermit, SmoothLedger.Scale scale) {
        return SmoothLedger.Scale.ceilDiv(
                        BigInteger.valueOf(owed).multiply(BigInteger.valueOf(scale.permitUnits())),
                        BigInteger.valueOf(perPermit))
                .min(BigInteger.valueOf(SmoothLedger.MOST_OWED))
                .longValue();
    }

    private static final class OfUnits extends Debt {

        private final long owed;
        private final long permitUnits;

        OfUnits(long owed, long permitUnits) {
            this.owed = owed;
            this.permitUnits = permitUnits;
        }

        @Override
        long units(SmoothLedger.Scale scale) {
            return worth(owed, permitUnits, scale);
        }

        /** The newest as if they had just been used, at the end of as many periods as it takes for those before. */
        @Override
        long[] times(RateLimit.AtMost limit) {
            long permits = (owed - 1) / permitUnits + 1;
            long period = Nanos.of(limit.period());
            long periods = (permits - 1) / limit.limit();
            long[] times = new long[(int) Math.min(permits, limit.limit())];
            Arrays.fill(times, periods > Ledger.REACH / period ? Ledger.REACH : periods * period);
            return times;
        }
    }

    private static final class OfTimes extends Debt {

        private final long[] times;
        private final RateLimit.AtMost limit;

        OfTimes(long[] times, RateLimit.AtMost limit) {
            this.times = times;
            this.limit = limit;
        }

        /**
         * How many permits are in the window, and how many more will have been when the last that was reserved is used.
         */
        @Override
        long units(SmoothLedger.Scale scale) {
            long period = Nanos.of(limit.period());
            long permits = 0;
            long ahead = 0;
            for (long time : times) {
                permits += time + period > 0 ? 1 : 0;
                ahead = Math.max(ahead, time);
            }
            long periods = (ahead + period - 1) / period;
            long most = Nanos.FOREVER / 2;
            return worth(permits + (periods > most / limit.limit() ? most : periods * limit.limit()), 1, scale);
        }

        @Override
        long[] times(RateLimit.AtMost other) {
            return Arrays.copyOfRange(times, Math.max(0, times.length - other.limit()), times.length);
        }
    }

    private static final class Larger extends Debt {

        private final Debt one;
        private final Debt other;

        Larger(Debt one, Debt other) {
            this.one = one;
            this.other = other;
        }

        @Override
        long units(SmoothLedger.Scale scale) {
            return Math.max(one.units(scale), other.units(scale));
        }

        /** The newest of one and the newest of the other, the later counts; and so on with those before. */
        @Override
        long[] times(RateLimit.AtMost limit) {
            long[] some = one.times(limit);
            long[] others = other.times(limit);
            long[] more = (some.length >= others.length ? some : others).clone();
            long[] fewer = some.length >= others.length ? others : some;
            int apart = more.length - fewer.length;
            for (int i = 0; i < fewer.length; i++) {
                more[apart + i] = Math.max(more[apart + i], fewer[i]);
            }
            return more;
        }
    }
}
