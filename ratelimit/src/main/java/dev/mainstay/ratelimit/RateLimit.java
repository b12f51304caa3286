package dev.mainstay.ratelimit;

import dev.mainstay.safe.Require;
import dev.mainstay.time.Nanos;
import java.io.Serializable;
import java.time.Duration;

/** How many permits in how long. A value; {@link RateLimiter} enforces it. */
public sealed interface RateLimit extends Serializable {

    /** How many permits there are in each period. */
    int limit();

    /** The period. */
    Duration period();

    /** How many permits can be had at once, at most; a call that costs more is never let in. */
    int burst();

    /**
     * A smooth rate, with a burst of as much as the limit; see {@link Smooth}.
     *
     * @throws IllegalArgumentException naming what is wrong, its value and what is allowed
     */
    static RateLimit smooth(int limit, Duration period) {
        return new Smooth(limit, period, limit);
    }

    /**
     * A smooth rate with a burst of its own: 1 spaces all permits evenly.
     *
     * @throws IllegalArgumentException naming what is wrong, its value and what is allowed
     */
    static RateLimit smooth(int limit, Duration period, int burst) {
        return new Smooth(limit, period, burst);
    }

    /**
     * Never more than so many in any stretch of time of that length; see {@link AtMost}.
     *
     * @throws IllegalArgumentException naming what is wrong, its value and what is allowed
     */
    static RateLimit atMost(int limit, Duration period) {
        return new AtMost(limit, period);
    }

    /**
     * Permits come back one by one, evenly over the period, up to a full burst: never more than {@code burst +
     * limit/period · t} permits in <em>any</em> stretch of time t. In one period that can be twice the limit, if the
     * burst is as much as the limit and was full. The generic cell rate algorithm (ITU-T I.371).
     *
     * @param limit permits per period, at least 1
     * @param period at least a nanosecond, so rates go up to 2·10⁹ permits per nanosecond; refilling a whole burst must
     *     take 73 years at most
     * @param burst at least 1
     */
    record Smooth(int limit, Duration period, int burst) implements RateLimit {

        /** Checks each number. */
        public Smooth {
            Require.atLeast("limitForPeriod", limit, 1);
            Limits.period("limitRefreshPeriod", period);
            Require.atLeast("burst", burst, 1);
            Require.check(
                    SmoothLedger.Scale.refillsInTime(limit, Nanos.of(period), burst),
                    "burst",
                    burst,
                    "refilled within " + Limits.LONGEST.toDays() + " days, which " + limit + " per " + period
                            + " does not");
        }

        @Override
        public String toString() {
            return Limits.rate(this) + ", burst " + burst;
        }
    }

    /**
     * The newest permits are remembered, each with its time: never more than the limit in any half-open stretch of time
     * that is as long as the period. Costs eight bytes for each permit in use, and up to sixteen for each of the limit.
     *
     * @param limit permits in any period, from 1 to 1,000,000
     * @param period from a nanosecond to 73 years
     */
    record AtMost(int limit, Duration period) implements RateLimit {

        /** Checks each number. */
        public AtMost {
            Require.check(
                    limit >= 1 && limit <= Limits.MOST_REMEMBERED,
                    "limit",
                    limit,
                    "between 1 and " + Limits.MOST_REMEMBERED + ", as each permit is remembered");
            Limits.period("period", period);
        }

        /** All at once is allowed: as much as the limit. */
        @Override
        public int burst() {
            return limit;
        }

        @Override
        public String toString() {
            return "at most " + limit + " in any " + Nanos.format(Nanos.of(period));
        }
    }
}
