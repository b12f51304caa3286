package dev.mainstay.ratelimit;

import dev.mainstay.time.Nanos;
import dev.mainstay.time.TimeSource;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLongArray;
import org.jspecify.annotations.Nullable;

/**
 * An exact window as a ring of the times of the newest permits: a permit may be used once the one that is a whole ring older has left the window.
 *
 * <h2>Why that is enough</h2>
 *
 * Permits are numbered, and those whose numbers differ by a multiple of the ring's length are a period apart or more. So no two of those in one window share a place in the
 * ring, and there are no more than it has places: whatever the order in which threads read the clock.
 *
 * <h2>How it is shared</h2>
 *
 * {@link #next} is the number of the next permit, as a lap and a place in it. Moving it on claims the places in between, and their owner then writes the times. A place
 * holds a time and, in its lowest bit, that of the lap in which it was written: until the owner has written, the bit is the wrong one, and others take the place for one
 * that was used just now. Nobody waits for anybody.
 */
final class WindowLedger extends Ledger {

    /** How far the clock, since the origin, and a wait may go. */
    private static final long REACH = 1L << 60;

    private static final long NEVER = -Limits.LONGEST_NANOS;
    private static final long CLOSED = Long.MIN_VALUE;

    /*
     * A number, from the highest bit: 1 bit closed, 31 bits lap, 12 bits retreats, 20 bits place. Retreats are counted so that a number that was given back and taken again
     * is not mistaken for what it was before.
     */
    private static final int LAP = 32;
    private static final long FIRST = 1L << LAP;
    private static final long RETREAT = 1L << 20;
    private static final long RETREATS = FIRST - RETREAT;
    private static final long PLACE = RETREAT - 1;

    private static final VarHandle NEXT;

    static {
        try {
            NEXT = MethodHandles.lookup().findVarHandle(WindowLedger.class, "next", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final RateLimit.AtMost limit;
    private final int size;
    private final long period;
    private final long origin;
    private final AtomicLongArray places;

    private volatile long next = FIRST;

    WindowLedger(RateLimit.AtMost limit, long now) {
        this.limit = limit;
        this.size = limit.limit();
        this.period = Nanos.of(limit.period());
        this.origin = now;
        long[] empty = new long[size];
        Arrays.fill(empty, NEVER << 1);
        this.places = new AtomicLongArray(empty);
    }

    /** A ledger in which so many permits are owed: the newest as if they had just been used, at the end of as many periods as it takes for those before. */
    static WindowLedger owing(RateLimit.AtMost limit, long permits, long now) {
        WindowLedger ledger = new WindowLedger(limit, now);
        long periods = Math.max(0, permits - 1) / ledger.size;
        long last = periods > REACH / ledger.period ? REACH : periods * ledger.period;
        for (int i = 1; i <= Math.min(permits, ledger.size); i++) {
            ledger.places.setPlain(ledger.size - i, last << 1);
        }
        return ledger;
    }

    @Override
    long take(int permits, long now) {
        long at = elapsed(now);
        if (at > REACH) {
            return MOVED;
        }
        return permits > size ? REFUSED : takeAt(permits, at);
    }

    private long takeAt(int permits, long at) {
        while (true) {
            long from = next;
            if (from < 0) {
                return MOVED;
            }
            if (!isFree(from, permits, at)) {
                if (from == next) {
                    return REFUSED;
                }
            } else if (NEXT.compareAndSet(this, from, plus(from, permits))) {
                write(from, permits, at);
                return from;
            }
            backOff();
        }
    }

    private boolean isFree(long from, int permits, long at) {
        for (int i = permits - 1; i >= 0; i--) {
            if (freeAt(plus(from, i), at) > at) {
                return false;
            }
        }
        return true;
    }

    /** When the permit with this number may be used; one whose place is still being written, a period from now. */
    private long freeAt(long number, long now) {
        return freeAt(number, places.get(place(number)), now);
    }

    private long freeAt(long number, long held, long now) {
        return (isFrom(number, held) ? now : held >> 1) + period;
    }

    private void write(long from, int permits, long at) {
        for (int i = 0; i < permits; i++) {
            long number = plus(from, i);
            places.set(place(number), held(number, at));
        }
    }

    @Override
    void giveBack(long ticket, int permits, long taken, TimeSource time) {
        long at = elapsed(taken);
        long[] before = new long[permits];
        for (int i = 0; i < permits; i++) {
            before[i] = heldBefore(plus(ticket, i), at - period);
        }
        if (!retreat(ticket, at, before)) {
            vacate(ticket, permits, at);
        }
    }

    /** Puts back what was there before, and the next number, unless somebody has taken a number since. */
    private boolean retreat(long from, long at, long[] before) {
        long to = next;
        if (!isSameNumber(to, plus(from, before.length))) {
            return false;
        }
        // From the first place that is put back, nobody gets past it, as it looks as if it were still to be written.
        for (int i = 0; i < before.length; i++) {
            long number = plus(from, i);
            places.compareAndSet(place(number), held(number, at), before[i]);
        }
        if (NEXT.compareAndSet(this, to, retreated(to, from))) {
            return true;
        }
        for (int i = 0; i < before.length; i++) {
            writeAgain(plus(from, i), at, before[i]);
        }
        return false;
    }

    /**
     * Takes back that a place was put back. Meanwhile, whoever had it a lap before may have given it up, which makes it older than it was; or it has gone on to the next lap, and is newer.
     */
    private void writeAgain(long number, long at, long before) {
        int place = place(number);
        long found = places.get(place);
        while (!isFrom(number, found) && found <= before) {
            long witness = places.compareAndExchange(place, found, held(number, at));
            if (witness == found) {
                return;
            }
            found = witness;
        }
    }

    /** The places were not used after all, and are free when their turn comes again. */
    private void vacate(long from, int permits, long at) {
        for (int i = 0; i < permits; i++) {
            long number = plus(from, i);
            places.compareAndSet(place(number), held(number, at), held(number, at - period));
        }
    }

    @Override
    @Nullable
    Claim claim(int permits, long now, long wait) {
        long elapsed = elapsed(now);
        if (elapsed > REACH) {
            return null;
        }
        long at = elapsed + wait;
        long from = next;
        if (from < 0) {
            return null;
        }
        // Read before they are claimed: afterwards, somebody who gives a claim back may for a moment have put an older
        // time there.
        long[] before = new long[permits];
        for (int i = 0; i < permits; i++) {
            long number = plus(from, i);
            before[i] = places.get(place(number));
            if (freeAt(number, before[i], at) > at) {
                return null;
            }
        }
        if (!NEXT.compareAndSet(this, from, plus(from, permits))) {
            return null;
        }
        write(from, permits, at);
        return new Stretch(from, at, before);
    }

    @Override
    long earliest(int permits, long now) {
        long at = elapsed(now);
        while (true) {
            long from = next;
            long free = at;
            for (int i = 0; i < permits; i++) {
                free = Math.max(free, freeAt(plus(from, i), at));
            }
            // Whoever has taken the first of these numbers meanwhile has written its place, which then looks as if it
            // were taken for long.
            if (free == at || from == next) {
                return free - at;
            }
        }
    }

    @Override
    int most() {
        return size;
    }

    @Override
    long longestWait() {
        return REACH;
    }

    @Override
    int remaining(long now) {
        long at = elapsed(now);
        long from = next;
        int free = 0;
        while (free < size && freeAt(plus(from, free), at) <= at) {
            free++;
        }
        return free;
    }

    @Override
    long resetAfter(long now) {
        return earliest(size, now);
    }

    @Override
    RateLimit tightest(int permits, long now) {
        return limit;
    }

    @Override
    boolean isAhead(long now) {
        int place = place(next);
        return places.get(place == 0 ? size - 1 : place - 1) >> 1 > elapsed(now);
    }

    @Override
    boolean reaches(long now) {
        return elapsed(now) <= REACH;
    }

    @Override
    boolean isClosed() {
        return next < 0;
    }

    @Override
    void close() {
        NEXT.getAndBitwiseOr(this, CLOSED);
    }

    @Override
    Ledger carriedOver(RateLimit other, long now) {
        long from = next & ~CLOSED;
        long[] times = new long[size];
        for (int i = 0; i < size; i++) {
            times[i] = written(plus(from, i));
        }
        return other instanceof RateLimit.AtMost atMost
                ? remembering(atMost, times, now)
                : SmoothLedger.owing((RateLimit.Smooth) other, owed(times, elapsed(now)), 1, now);
    }

    /** The time in a place whose owner may just be about to write it. */
    private long written(long number) {
        long held = places.get(place(number));
        for (int spins = 0; isFrom(number, held); spins++) {
            if (spins < 1000) {
                Thread.onSpinWait();
            } else {
                Thread.yield();
            }
            held = places.get(place(number));
        }
        return held >> 1;
    }

    private WindowLedger remembering(RateLimit.AtMost other, long[] times, long now) {
        WindowLedger ledger = new WindowLedger(other, now);
        long later = now - origin;
        for (int i = 1; i <= Math.min(size, ledger.size); i++) {
            long time = times[size - i];
            ledger.places.setPlain(ledger.size - i, (time == NEVER ? NEVER : Math.max(NEVER, time - later)) << 1);
        }
        return ledger;
    }

    /** How many permits are in the window, and how many more will have been when the last that was reserved is used. */
    private long owed(long[] times, long at) {
        long owed = 0;
        long ahead = 0;
        for (long time : times) {
            owed += time + period > at ? 1 : 0;
            ahead = Math.max(ahead, time - at);
        }
        long periods = (ahead + period - 1) / period;
        return owed + (periods > Nanos.FOREVER / 2 / size ? Nanos.FOREVER / 2 : periods * size);
    }

    private long elapsed(long now) {
        return Math.max(0, now - origin);
    }

    /** The number so many further on, at most a lap. */
    private long plus(long number, int permits) {
        int place = place(number) + permits;
        return place < size ? number + permits : ((number + FIRST) & ~CLOSED) + (permits - size);
    }

    private static int place(long number) {
        return (int) (number & PLACE);
    }

    private static boolean isSameNumber(long number, long other) {
        return ((number ^ other) & ~RETREATS) == 0;
    }

    private static long retreated(long to, long from) {
        return (from & ~RETREATS) | ((to + RETREAT) & RETREATS);
    }

    private static long held(long number, long time) {
        return time << 1 | (number >>> LAP & 1);
    }

    private static long heldBefore(long number, long time) {
        return time << 1 | (~(number >>> LAP) & 1);
    }

    /**
     * Whether a place that the permit with this number would take does not hold the time of the one a lap before: that one's owner has yet to write it.
     */
    private static boolean isFrom(long number, long held) {
        return (held & 1) == (number >>> LAP & 1);
    }

    /** A claim took the places from a number on. */
    private final class Stretch implements Claim {

        private final long from;
        private final long at;
        private final long[] before;

        Stretch(long from, long at, long[] before) {
            this.from = from;
            this.at = at;
            this.before = before;
        }

        @Override
        public boolean giveBack() {
            return retreat(from, at, before);
        }

        @Override
        public void undo(TimeSource time) {
            if (!giveBack()) {
                vacate(from, before.length, at);
            }
        }
    }
}
