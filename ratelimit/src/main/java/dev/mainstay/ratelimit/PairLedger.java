package dev.mainstay.ratelimit;

import dev.mainstay.time.TimeSource;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Two limits at once, of which the second may be two again: permits come from all or none. What was taken from the first is given back if the second refuses after all,
 * which it does only in a race, as it is asked before. In between, others may be refused for what is about to come back; never is too much let through.
 */
final class PairLedger extends Ledger {

    private final Ledger first;
    private final Ledger rest;
    private final TimeSource time;
    private final int most;

    PairLedger(Ledger first, Ledger rest, TimeSource time) {
        this.first = first;
        this.rest = rest;
        this.time = time;
        this.most = Math.min(first.most(), rest.most());
    }

    @Override
    long take(int permits, long now) {
        if (permits > most || rest.earliest(permits, now) > 0) {
            return REFUSED;
        }
        long ticket = first.take(permits, now);
        if (ticket < 0) {
            return ticket;
        }
        long outcome = rest.take(permits, now);
        if (outcome < 0) {
            first.giveBack(ticket, permits, now, time);
        }
        return outcome;
    }

    /** The ticket is that of the last limit only, so a pair is never the first of a pair. */
    @Override
    void giveBack(long ticket, int permits, long taken, TimeSource time) {
        throw new AssertionError("pairs are linked to the right");
    }

    @Override
    @Nullable
    Claim claim(int permits, long now, long wait) {
        Claim one = first.claim(permits, now, wait);
        if (one == null) {
            return null;
        }
        Claim other = rest.claim(permits, now, wait);
        if (other == null) {
            one.undo(time);
            return null;
        }
        return new Both(one, other);
    }

    @Override
    long earliest(int permits, long now) {
        return Math.max(first.earliest(permits, now), rest.earliest(permits, now));
    }

    @Override
    int most() {
        return most;
    }

    @Override
    long longestWait() {
        return Math.min(first.longestWait(), rest.longestWait());
    }

    @Override
    int remaining(long now) {
        return Math.min(first.remaining(now), rest.remaining(now));
    }

    @Override
    long resetAfter(long now) {
        return Math.max(first.resetAfter(now), rest.resetAfter(now));
    }

    @Override
    RateLimit tightest(int permits, long now) {
        if (permits > first.most()) {
            return first.tightest(permits, now);
        }
        boolean later = permits <= rest.most() && first.earliest(permits, now) >= rest.earliest(permits, now);
        return later ? first.tightest(permits, now) : rest.tightest(permits, now);
    }

    @Override
    boolean isAhead(long now) {
        return first.isAhead(now) || rest.isAhead(now);
    }

    @Override
    boolean reaches(long now) {
        return first.reaches(now) && rest.reaches(now);
    }

    @Override
    boolean isClosed() {
        return first.isClosed() || rest.isClosed();
    }

    /** The last first, so that whoever has just taken from the first and finds the second closed can mostly still give back. */
    @Override
    void close() {
        rest.close();
        first.close();
    }

    @Override
    List<Ledger> parts() {
        List<Ledger> parts = new ArrayList<>(first.parts());
        parts.addAll(rest.parts());
        return parts;
    }

    @Override
    Ledger carriedOver(RateLimit limit, long now) {
        throw new AssertionError("a pair is carried over part by part");
    }

    private record Both(Claim one, Claim other) implements Claim {

        @Override
        public boolean giveBack() {
            boolean otherWentBack = other.giveBack();
            return one.giveBack() && otherWentBack;
        }

        @Override
        public void undo(TimeSource time) {
            other.undo(time);
            one.undo(time);
        }
    }
}
