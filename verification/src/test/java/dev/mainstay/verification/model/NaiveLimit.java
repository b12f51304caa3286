package dev.mainstay.verification.model;

import dev.mainstay.ratelimit.RateLimit;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;

/** One rate limit, as its documentation has it. */
abstract class NaiveLimit {

    final RateLimit limit;

    NaiveLimit(RateLimit limit) {
        this.limit = limit;
    }

    static NaiveLimit of(RateLimit limit, long now) {
        return limit instanceof RateLimit.Smooth smooth
                ? new Smooth(smooth, now, BigInteger.ZERO)
                : new Window((RateLimit.AtMost) limit, List.of());
    }

    /** How long until so many permits could be used, if nobody else came; they are no more than a burst. */
    abstract long earliest(int permits, long now);

    /**
     * Takes permits for use at a time.
     *
     * @param fits whether the limit says so; otherwise the time was promised under another limit
     */
    abstract void use(int permits, long at, boolean fits);

    /** Undoes the last {@link #use}. */
    abstract void undo();

    abstract long resetAfter(long now);

    /** What takes over if the options change. */
    abstract NaiveLimit changedTo(RateLimit other, long now);

    final int remaining(long now) {
        int permits = limit.burst();
        while (permits > 0 && earliest(permits, now) > 0) {
            permits--;
        }
        return permits;
    }

    /** The time at which all is paid for, in parts of a nanosecond of which a permit is worth a whole number. */
    private static final class Smooth extends NaiveLimit {

        private final BigInteger parts;
        private final BigInteger permit;
        private final List<BigInteger> paid = new ArrayList<>();

        Smooth(RateLimit.Smooth limit, long now, BigInteger owed) {
            super(limit);
            BigInteger count = BigInteger.valueOf(limit.limit());
            BigInteger period = BigInteger.valueOf(limit.period().toNanos());
            this.parts = count.divide(count.gcd(period));
            this.permit = period.divide(count.gcd(period));
            this.paid.add(at(now).add(owed));
        }

        /** One that owes so many permits, rounded up to a part of a nanosecond. */
        static Smooth owing(RateLimit.Smooth limit, long now, BigInteger permits, BigInteger of) {
            BigInteger worth = new Smooth(limit, now, BigInteger.ZERO).permit;
            return new Smooth(limit, now, ceiling(permits.multiply(worth), of));
        }

        private BigInteger at(long time) {
            return BigInteger.valueOf(time).multiply(parts);
        }

        private BigInteger paid() {
            return paid.get(paid.size() - 1);
        }

        private BigInteger owed(long now) {
            return paid().subtract(at(now)).max(BigInteger.ZERO);
        }

        private static BigInteger ceiling(BigInteger dividend, BigInteger divisor) {
            return dividend.add(divisor).subtract(BigInteger.ONE).divide(divisor);
        }

        @Override
        long earliest(int permits, long now) {
            BigInteger over = owed(now).add(permit.multiply(BigInteger.valueOf(permits - limit.burst())));
            return ceiling(over.max(BigInteger.ZERO), parts).longValueExact();
        }

        @Override
        void use(int permits, long at, boolean fits) {
            paid.add(paid().max(at(at)).add(permit.multiply(BigInteger.valueOf(permits))));
        }

        @Override
        void undo() {
            paid.remove(paid.size() - 1);
        }

        @Override
        long resetAfter(long now) {
            return ceiling(owed(now), parts).longValueExact();
        }

        @Override
        NaiveLimit changedTo(RateLimit other, long now) {
            return other instanceof RateLimit.Smooth smooth
                    ? owing(smooth, now, owed(now), permit)
                    : Window.owing(
                            (RateLimit.AtMost) other,
                            now,
                            ceiling(owed(now), permit).intValueExact());
        }
    }

    /** The times of all permits. */
    private static final class Window extends NaiveLimit {

        private final long period;
        private final List<Long> uses;
        private final List<Integer> counts = new ArrayList<>();

        /**
         * Whether some permits are used at a time that was promised under another limit, perhaps too early for this.
         */
        private boolean promised;

        Window(RateLimit.AtMost limit, List<Long> uses) {
            super(limit);
            this.period = limit.period().toNanos();
            this.uses = new ArrayList<>(uses);
        }

        /**
         * One that owes so many permits: as many as fit have just been used, at the end of as many periods as the
         * others take up.
         */
        static Window owing(RateLimit.AtMost limit, long now, int permits) {
            List<Long> uses = new ArrayList<>();
            long periods = Math.max(0, permits - 1) / limit.limit();
            for (int i = 0; i < Math.min(permits, limit.limit()); i++) {
                uses.add(now + periods * limit.period().toNanos());
            }
            return new Window(limit, uses);
        }

        /** A permit may be used once the one that came so many before it has left the window. */
        @Override
        long earliest(int permits, long now) {
            long free = now;
            for (int i = uses.size(); i < uses.size() + permits; i++) {
                int before = i - limit.limit();
                free = Math.max(free, before < 0 ? now : uses.get(before) + period);
            }
            return free - now;
        }

        @Override
        void use(int permits, long at, boolean fits) {
            // A permit counts as used no earlier than the one before.
            long counted = uses.isEmpty() ? at : Math.max(at, uses.get(uses.size() - 1));
            for (int i = 0; i < permits; i++) {
                uses.add(counted);
            }
            counts.add(permits);
            if (fits) {
                checkWindowsAround(counted);
            } else {
                promised = true;
            }
        }

        /**
         * What it is all about: never more than the limit in any window. What was carried over is that of another
         * limit.
         */
        private void checkWindowsAround(long at) {
            if (promised) {
                return;
            }
            for (long begin : own()) {
                long inWindow = own().stream()
                        .filter(use -> use >= begin && use < begin + period)
                        .count();
                if (begin <= at && at < begin + period && inWindow > limit.limit()) {
                    throw new AssertionError(inWindow + " from " + begin + " on for " + limit);
                }
            }
        }

        private List<Long> own() {
            int own = counts.stream().mapToInt(Integer::intValue).sum();
            return uses.subList(uses.size() - own, uses.size());
        }

        @Override
        void undo() {
            for (int i = counts.remove(counts.size() - 1); i > 0; i--) {
                uses.remove(uses.size() - 1);
            }
        }

        @Override
        long resetAfter(long now) {
            return earliest(limit.limit(), now);
        }

        @Override
        NaiveLimit changedTo(RateLimit other, long now) {
            if (other instanceof RateLimit.AtMost atMost) {
                return new Window(atMost, uses.subList(Math.max(0, uses.size() - newest(atMost)), uses.size()));
            }
            List<Long> newest = uses.subList(Math.max(0, uses.size() - limit.limit()), uses.size());
            long inWindow = newest.stream().filter(use -> use + period > now).count();
            long last = newest.stream().mapToLong(use -> use - now).max().orElse(0);
            // And the windows that are used up until the last one that is reserved.
            long windows = last <= 0 ? 0 : (last + period - 1) / period;
            return Smooth.owing(
                    (RateLimit.Smooth) other,
                    now,
                    BigInteger.valueOf(inWindow + windows * limit.limit()),
                    BigInteger.ONE);
        }

        private int newest(RateLimit.AtMost other) {
            return Math.min(limit.limit(), other.limit());
        }
    }
}
