package dev.mainstay.ratelimit;

import dev.mainstay.safe.LeafSection;
import dev.mainstay.time.Nanos;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Limits of any kind, one or several, and the line of those who were promised permits ahead of the clock.
 *
 * <h2>Permits are numbered</h2>
 *
 * Each permit has a number, the same under all limits, and a time at which it may be used. An exact window remembers
 * the times of the newest permits in a ring: permit k may be used once permit k minus the limit has left the window. So
 * any two permits whose numbers differ by a multiple of the limit are a period apart or more, and no window holds more
 * than the limit. Times in a ring never go back: a thread that was held up after it had read the clock uses its permit
 * no earlier than the newest one. A smooth rate keeps the theoretical arrival time, as {@link SmoothLedger} does, and
 * in the same units.
 *
 * <h2>The line</h2>
 *
 * A claim takes the next numbers for the earliest time at which all limits let them through, and its {@link Place} goes
 * to the end of the line. As the claims are part of what is owed, whoever comes later stands behind them. When a
 * waiting call leaves the line, the numbers go back to where they were before its claim, and the places behind it are
 * claimed anew, in the same order: calls move up, and never get a later time than before. A reservation keeps its time.
 *
 * <p>Permits that were taken for use at once stand behind all that is in line, and can only be taken once all calls in
 * line are due. They make the numbers before them {@link #firm}: what has a lower number is spent if it is given up.
 *
 * <h2>Who may touch what</h2>
 *
 * All state is guarded by the ledger's monitor, and is changed in leaf sections only. They hold plain reads and writes
 * and no call, so that no stack overflow can leave them locked or half done. That is why they repeat themselves a
 * little, and why rings grow in two steps: one asks for a larger array, and another puts it in.
 *
 * <p>Ranges are those of {@link SmoothLedger}. A time beyond {@link #farthest} counts as that.
 */
final class QueueingLedger extends Ledger {

    /** For a place that has no time yet. */
    private static final long UNSET = Long.MAX_VALUE;

    /** A ring is too small, and nothing was done. */
    private static final long GROW = MOVED + 1;

    /** The claim could not go back. */
    private static final long SPENT = 0;

    /** The claim went back. */
    static final long WENT_BACK = 1;

    private static final long MOST_UNITS = REACH + SmoothLedger.MOST_OWED;
    private static final long NO_TIME = -Limits.LONGEST_NANOS;
    private static final int SMALLEST_RING = 16;

    private final List<RateLimit> limits;
    private final int most;

    /** Whether a {@link SmoothLedger} would do if nobody were in line. */
    private final boolean simple;

    /** When this ledger's time began, on the clock. */
    private final long origin;

    /** How far its time goes, in nanoseconds, and how far ahead of it permits can be claimed. */
    private final long reach;

    private final long longestWait;

    // ---- smooth rates, by their place among them

    private final long[] unitsPerNano;
    private final long[] permitUnits;
    private final long[] burstUnits;
    private final long[] farthest;
    private final long[] arrivals;

    // ---- windows, by their place among them

    private final int[] sizes;
    private final long[] periods;

    /** The time of permit k is at k modulo the length, which is a power of two. */
    private final long[][] rings;

    /** The number of the next permit. */
    private long count;

    /** Numbers below this one cannot go back any more. */
    private long firm;

    /** How often anything of this was changed. */
    private long revision;

    private @Nullable Place head;
    private @Nullable Place tail;
    private boolean closed;

    /**
     * @param debts what is owed under the limits from now on, in their order; nothing under those that are missing
     * @param since when the time of the ledger before began: threads that have read the clock before now are still
     *     about
     */
    QueueingLedger(List<RateLimit> limits, List<Debt> debts, long since, long now) {
        this.limits = limits;
        this.most = limits.stream().mapToInt(RateLimit::burst).min().orElseThrow();
        this.simple = limits.size() == 1 && limits.get(0) instanceof RateLimit.Smooth;
        int windows =
                (int) limits.stream().filter(RateLimit.AtMost.class::isInstance).count();
        int rates = limits.size() - windows;
        this.unitsPerNano = new long[rates];
        this.permitUnits = new long[rates];
        this.burstUnits = new long[rates];
        this.farthest = new long[rates];
        this.arrivals = new long[rates];
        this.sizes = new int[windows];
        this.periods = new long[windows];
        this.rings = new long[windows][];
        long reach = REACH;
        long longestWait = windows > 0 ? REACH : Limits.LONGEST_NANOS;
        List<long[]> pasts = new ArrayList<>();
        for (int i = 0, rate = 0, window = 0; i < limits.size(); i++) {
            Debt debt = i < debts.size() ? debts.get(i) : Debt.none();
            if (limits.get(i) instanceof RateLimit.Smooth smooth) {
                SmoothLedger.Scale scale = SmoothLedger.Scale.of(smooth);
                unitsPerNano[rate] = scale.unitsPerNano();
                permitUnits[rate] = scale.permitUnits();
                burstUnits[rate] = scale.permitUnits() * smooth.burst();
                farthest[rate] = (REACH + Limits.LONGEST_NANOS) / scale.unitsPerNano();
                arrivals[rate] = debt.units(scale);
                reach = Math.min(reach, REACH / scale.unitsPerNano());
                longestWait = Math.min(longestWait, Limits.LONGEST_NANOS / scale.unitsPerNano());
                rate++;
            } else {
                RateLimit.AtMost atMost = (RateLimit.AtMost) limits.get(i);
                sizes[window] = atMost.limit();
                periods[window] = Nanos.of(atMost.period());
                pasts.add(debt.times(atMost));
                window++;
            }
        }
        this.reach = reach;
        this.origin = originFor(since, now, reach);
        long at = elapsed(now);
        for (int i = 0; i < rates; i++) {
            arrivals[i] += at * unitsPerNano[i];
        }
        this.longestWait = longestWait;
        this.count = pasts.stream().mapToInt(past -> past.length).max().orElse(0);
        this.firm = count;
        for (int i = 0; i < windows; i++) {
            rings[i] = ringOf(pasts.get(i), at);
        }
    }

    private long[] ringOf(long[] past, long at) {
        long[] ring = new long[lengthFor(count)];
        Arrays.fill(ring, NO_TIME);
        for (int i = 0; i < past.length; i++) {
            ring[(int) count - past.length + i] = past[i] == NO_TIME ? NO_TIME : past[i] + at;
        }
        return ring;
    }

    private static int lengthFor(long times) {
        return Math.max(SMALLEST_RING, Math.toIntExact(Long.highestOneBit(Math.max(1, times - 1)) * 2));
    }

    // ---- in and out

    @Override
    long take(int permits, long now) {
        long at = elapsed(now);
        if (at > reach) {
            return MOVED;
        }
        if (permits > most) {
            return NEVER;
        }
        long wait = enter(permits, at, 0, null, null);
        while (wait == GROW) {
            grow(permits);
            wait = enter(permits, at, 0, null, null);
        }
        return wait >= 0 || wait == MOVED ? wait : wait + 1;
    }

    /** Read outside of the monitor, by who has just left it: it sees all changes of which its own decision knew. */
    @Override
    long revision() {
        return revision;
    }

    /**
     * Claims permits for use after the shortest wait that is possible, and puts the claim in line.
     *
     * @param longest the longest wait that is allowed, at most {@link #longestWait()}
     * @return how long the wait is; {@link #MOVED}; or -1 minus the wait that would be longer than is allowed
     */
    long claim(Claim claim, long now, long longest) {
        long at = elapsed(now);
        if (at > reach) {
            return MOVED;
        }
        Place place = new Place(claim, arrivals.length, UNSET);
        long wait = enter(claim.permits, at, longest, place, null);
        while (wait == GROW) {
            grow(claim.permits);
            wait = enter(claim.permits, at, longest, place, null);
        }
        return wait;
    }

    /**
     * Takes a claim out of the line. A call's permits go back unless others were taken after it came; those of a
     * reservation, only if it is the last.
     *
     * @return 1 if they went back, 0 if not, or {@link #MOVED}
     */
    long cancel(Claim claim, long now) {
        return enter(0, elapsed(now), Long.MAX_VALUE, null, claim);
    }

    /**
     * The one step in which the state changes. A claim that leaves goes first; then the places behind it, the one that
     * joins with those behind that, or the permits that are taken without a place, enter one after the other.
     *
     * @param permits how many are taken, by all together
     * @param at the time since {@link #origin}
     * @param allowed the longest wait that is allowed; -1 only asks how long it would be
     * @return without a claim that leaves, as {@link #claim}, or {@link #GROW}
     */
    @LeafSection
    private synchronized long enter(
            long permits, long at, long allowed, @Nullable Place joining, @Nullable Claim leaving) {
        if (closed) {
            return MOVED;
        }
        Place place = joining;
        if (leaving != null) {
            Place before = null;
            Place left = head;
            while (left != null && left.claim != leaving) {
                before = left;
                left = left.next;
            }
            if (left == null || left.number < firm || (left.fixed && left.next != null)) {
                return SPENT;
            }
            place = left.next;
            if (before == null) {
                head = place;
            } else {
                before.next = place;
            }
            if (place == null) {
                tail = before;
            }
            revision++;
            count = left.number;
            for (int i = 0; i < arrivals.length; i++) {
                arrivals[i] = left.arrivals[i];
            }
            if (place == null) {
                return WENT_BACK;
            }
        }
        // Claims whose time has come, and for whom nobody waits any more, are as firm as permits taken at once.
        while (leaving == null && head != null && head.slot <= at && head.claim.waiter == null) {
            if (head.number >= firm) {
                firm = head.number + head.permits;
            }
            head = head.next;
            if (head == null) {
                tail = null;
            }
        }
        long wait = 0;
        boolean fits = leaving != null;
        Place last = place;
        do {
            int cost = place == null ? (int) permits : place.permits;
            long slot = at;
            if (place != null && (cost > most || place.slot <= at || (place.fixed && place.slot != UNSET))) {
                slot = place.slot;
            } else {
                for (int i = 0; i < arrivals.length; i++) {
                    long missing = arrivals[i] + cost * permitUnits[i] - burstUnits[i];
                    if (missing > 0) {
                        long free = (missing - 1) / unitsPerNano[i] + 1;
                        slot = free > slot ? free : slot;
                    }
                }
                for (int i = 0; i < sizes.length; i++) {
                    long older = count + cost - 1 - sizes[i];
                    if (older >= 0) {
                        long[] ring = rings[i];
                        long free = ring[(int) older & (ring.length - 1)] + periods[i];
                        slot = free > slot ? free : slot;
                    }
                }
                if (place != null && slot > place.slot) {
                    slot = place.slot;
                }
            }
            wait = slot - at;
            if (wait > allowed) {
                return -1 - wait;
            }
            if (!fits) {
                // All that can still be asked for: a limit before the next permit, or before the first that is not
                // firm.
                long first = joining == null && head == null ? count + permits : firm;
                for (int i = 0; i < sizes.length; i++) {
                    long needed = count + permits - first + sizes[i];
                    if (rings[i].length < needed && rings[i].length < count + permits) {
                        return GROW;
                    }
                }
                fits = true;
            }
            revision++;
            for (int i = 0; i < arrivals.length; i++) {
                long arrival = arrivals[i];
                long from = (slot > farthest[i] ? farthest[i] : slot) * unitsPerNano[i];
                if (place != null) {
                    place.arrivals[i] = arrival;
                }
                arrival = arrival > from ? arrival : from;
                boolean tooMuch = cost > most && cost > (MOST_UNITS - arrival) / permitUnits[i];
                arrival = tooMuch ? MOST_UNITS : arrival + cost * permitUnits[i];
                arrivals[i] = arrival > MOST_UNITS ? MOST_UNITS : arrival;
            }
            for (int i = 0; i < sizes.length; i++) {
                long[] ring = rings[i];
                int mask = ring.length - 1;
                long time = slot;
                if (count > 0 && ring[(int) (count - 1) & mask] > time) {
                    time = ring[(int) (count - 1) & mask];
                }
                for (int k = 0; k < cost; k++) {
                    ring[(int) (count + k) & mask] = time;
                }
            }
            if (place == null) {
                count += cost;
                firm = count;
            } else {
                if (place.slot == UNSET) {
                    place.claim.promised = slot + origin;
                }
                place.number = count;
                place.slot = slot;
                count += cost;
                last = place;
                place = place.next;
            }
        } while (place != null);
        if (leaving != null) {
            return WENT_BACK;
        }
        if (joining != null) {
            if (tail == null) {
                head = joining;
            } else {
                tail.next = joining;
            }
            tail = last;
        }
        return wait;
    }

    /** Makes the rings large enough for so many permits more. */
    private void grow(long permits) {
        for (int i = 0; i < rings.length; i++) {
            long needed = roomFor(i, permits);
            if (needed > 0) {
                enlarge(i, new long[lengthFor(needed)]);
            }
        }
    }

    /** How many times a ring must hold if so many permits are added; 0 if it can. */
    @LeafSection
    private synchronized long roomFor(int window, long permits) {
        long needed = count + permits - firm + sizes[window];
        needed = needed < count + permits ? needed : count + permits;
        return needed > rings[window].length ? needed : 0;
    }

    @LeafSection
    private synchronized void enlarge(int window, long[] larger) {
        long[] ring = rings[window];
        if (closed || larger.length <= ring.length) {
            return;
        }
        for (int i = 0; i < larger.length; i++) {
            larger[i] = NO_TIME;
        }
        for (long k = count > ring.length ? count - ring.length : 0; k < count; k++) {
            larger[(int) k & (larger.length - 1)] = ring[(int) k & (ring.length - 1)];
        }
        rings[window] = larger;
    }

    // ---- the line

    /** The first call in line that has moved up: it may go on earlier than it was promised. Null if there is none. */
    @LeafSection
    @Nullable
    synchronized Place firstMovedUp() {
        Place place = head;
        while (place != null && (place.claim.waiter == null || place.slot + origin - place.claim.promised >= 0)) {
            place = place.next;
        }
        return place;
    }

    /** The first call in line whose turn has come. Null if there is none. */
    @LeafSection
    @Nullable
    synchronized Place firstDue(long now) {
        Place place = head;
        while (place != null && (place.claim.waiter == null || place.slot + origin - now > 0)) {
            place = place.next;
        }
        return place;
    }

    /** When a place's turn is, on the clock. */
    long turnOf(Place place) {
        return place.slot + origin;
    }

    /** Whether a {@link SmoothLedger} will do from now on; a hint. */
    boolean isIdleLine() {
        return simple && head == null;
    }

    // ---- what is owed

    @Override
    long earliest(int permits, long now) {
        long code = enter(permits, elapsed(now), -1, null, null);
        return code == MOVED ? frozenEarliest(permits, elapsed(now)) : -1 - code;
    }

    private long frozenEarliest(int permits, long at) {
        long slot = at;
        for (int i = 0; i < limits.size(); i++) {
            slot = Math.max(slot, freeAt(i, permits));
        }
        return slot - at;
    }

    /** When so many permits are free under the limit at that place, as far as it is concerned; its burst is enough. */
    private long freeAt(int limit, int permits) {
        int index = indexOf(limit);
        return limits.get(limit) instanceof RateLimit.Smooth
                ? freeAtRate(index, permits)
                : freeInWindow(index, permits);
    }

    /** Which of the smooth rates a smooth rate is, or which of the windows a window. */
    private int indexOf(int limit) {
        int index = 0;
        for (int i = 0; i < limit; i++) {
            index += limits.get(i).getClass() == limits.get(limit).getClass() ? 1 : 0;
        }
        return index;
    }

    @LeafSection
    private synchronized long freeAtRate(int rate, int permits) {
        long missing = arrivals[rate] + permits * permitUnits[rate] - burstUnits[rate];
        return missing <= 0 ? 0 : (missing - 1) / unitsPerNano[rate] + 1;
    }

    @LeafSection
    private synchronized long freeInWindow(int window, int permits) {
        long older = count + permits - 1 - sizes[window];
        return older < 0 ? NO_TIME : rings[window][(int) older & (rings[window].length - 1)] + periods[window];
    }

    @Override
    int most() {
        return most;
    }

    @Override
    long longestWait() {
        return longestWait;
    }

    @Override
    int remaining(long now) {
        int few = 0;
        int many = most + 1;
        while (many - few > 1) {
            int some = few + (many - few) / 2;
            if (earliest(some, now) == 0) {
                few = some;
            } else {
                many = some;
            }
        }
        return few;
    }

    @Override
    long resetAfter(long now) {
        long at = elapsed(now);
        long reset = at;
        for (int i = 0; i < limits.size(); i++) {
            reset = Math.max(reset, freeAt(i, limits.get(i).burst()));
        }
        return reset - at;
    }

    @Override
    RateLimit tightest(int permits, long now) {
        RateLimit tightest = limits.get(0);
        long latest = Long.MIN_VALUE;
        for (int i = 0; i < limits.size(); i++) {
            RateLimit limit = limits.get(i);
            if (permits > limit.burst()) {
                return limit;
            }
            long free = Math.max(elapsed(now), freeAt(i, permits));
            if (free > latest) {
                latest = free;
                tightest = limit;
            }
        }
        return tightest;
    }

    @Override
    boolean reaches(long now) {
        return elapsed(now) <= reach;
    }

    // ---- another takes over

    @Override
    @LeafSection
    synchronized void close() {
        closed = true;
    }

    @Override
    Ledger successor(List<RateLimit> limits, List<Debt> foreign, long now, boolean lined) {
        // As in enter: what is firm, or is over, does not move any more.
        Place first = head;
        while (first != null && (first.number < firm || (first.slot <= elapsed(now) && first.claim.waiter == null))) {
            first = first.next;
        }
        long end = first == null ? count : first.number;
        long at = elapsed(now);
        List<Debt> own = new ArrayList<>();
        for (int i = 0; i < this.limits.size(); i++) {
            own.add(debt(i, at, end, first));
        }
        List<Debt> debts = Debt.larger(own, foreign);
        boolean empty = liveFrom(head) == null;
        if (!lined && empty && limits.size() == 1 && limits.get(0) instanceof RateLimit.Smooth smooth) {
            return new SmoothLedger(smooth, debts.get(0), origin, now);
        }
        QueueingLedger next = new QueueingLedger(limits, debts, origin, now);
        next.takeOver(head, first, next.origin - origin, next.elapsed(now));
        return next;
    }

    private static @Nullable Place liveFrom(@Nullable Place place) {
        Place live = place;
        while (live != null && live.claim.waiter == null && !live.fixed) {
            live = live.next;
        }
        return live;
    }

    private Debt debt(int limit, long at, long end, @Nullable Place first) {
        int index = indexOf(limit);
        if (limits.get(limit) instanceof RateLimit.Smooth) {
            long arrival = first == null ? arrivals[index] : first.arrivals[index];
            return rateDebt(index, arrival, at);
        }
        int known = (int) Math.min(sizes[index], end);
        long[] times = new long[known];
        long[] ring = rings[index];
        for (int i = 0; i < known; i++) {
            times[i] = ring[(int) (end - known + i) & (ring.length - 1)];
        }
        return windowDebt(limit, times, at);
    }

    private Debt rateDebt(int rate, long arrival, long at) {
        return Debt.ofUnits(owed(arrival, at, unitsPerNano[rate]), permitUnits[rate]);
    }

    private Debt windowDebt(int limit, long[] times, long at) {
        for (int i = 0; i < times.length; i++) {
            times[i] = times[i] == NO_TIME ? NO_TIME : Math.max(NO_TIME, times[i] - at);
        }
        return Debt.ofTimes(times, (RateLimit.AtMost) limits.get(limit));
    }

    @Override
    List<Debt> debts(long now) {
        long[] arrivals = new long[this.arrivals.length];
        long[][] newest = new long[sizes.length][];
        for (int i = 0; i < sizes.length; i++) {
            newest[i] = new long[sizes[i]];
        }
        long count = copyTo(arrivals, newest);
        long at = elapsed(now);
        List<Debt> debts = new ArrayList<>();
        for (int i = 0; i < limits.size(); i++) {
            int index = indexOf(i);
            if (limits.get(i) instanceof RateLimit.Smooth) {
                debts.add(rateDebt(index, arrivals[index], at));
            } else {
                int unknown = (int) Math.max(0, sizes[index] - count);
                debts.add(windowDebt(i, Arrays.copyOfRange(newest[index], unknown, sizes[index]), at));
            }
        }
        return debts;
    }

    /**
     * Copies the arrival times of the rates, and the times of the newest permits in the windows to the ends of the
     * arrays; says how many permits there were.
     */
    @LeafSection
    private synchronized long copyTo(long[] arrivals, long[][] newest) {
        for (int i = 0; i < arrivals.length; i++) {
            arrivals[i] = this.arrivals[i];
        }
        for (int i = 0; i < newest.length; i++) {
            long[] ring = rings[i];
            long[] times = newest[i];
            long older = count - times.length;
            for (long k = older < 0 ? 0 : older; k < count; k++) {
                times[(int) (k - older)] = ring[(int) k & (ring.length - 1)];
            }
        }
        return count;
    }

    private static long owed(long arrival, long elapsed, long unitsPerNano) {
        return elapsed > arrival / unitsPerNano ? 0 : Math.max(0, arrival - elapsed * unitsPerNano);
    }

    /** Before anybody else knows this ledger: places come from another, those that are firm there first. */
    private void takeOver(@Nullable Place line, @Nullable Place firstNotFirm, long later, long at) {
        for (Place place = line; place != firstNotFirm && place != null; place = place.next) {
            if (place.claim.waiter == null && !place.fixed) {
                continue;
            }
            Place copy = new Place(place.claim, arrivals.length, place.slot - later);
            copy.number = -1;
            link(copy);
        }
        Place joining = null;
        Place last = null;
        long permits = 0;
        for (Place place = firstNotFirm; place != null; place = place.next) {
            Place copy = new Place(place.claim, arrivals.length, place.slot - later);
            permits += place.permits;
            if (last == null) {
                joining = copy;
            } else {
                last.next = copy;
            }
            last = copy;
        }
        if (joining != null) {
            grow(permits);
            enter(permits, at, Long.MAX_VALUE, joining, null);
        }
    }

    private void link(Place place) {
        if (tail == null) {
            head = place;
        } else {
            tail.next = place;
        }
        tail = place;
    }

    /**
     * Nanoseconds since the origin. A time before it was read by a thread that was held up, and the origin is nearer to
     * the truth.
     */
    private long elapsed(long now) {
        return Math.max(0, now - origin);
    }

    /** A place in the line of one ledger. */
    static final class Place {

        private final Claim claim;
        private final int permits;
        private final boolean fixed;

        /** What the arrival times were before the claim. */
        private final long[] arrivals;

        private @Nullable Place next;

        /** The number of its first permit. */
        private long number;

        /** When its permits may be used, since the ledger's origin. */
        private volatile long slot;

        Place(Claim claim, int rates, long slot) {
            this.claim = claim;
            this.permits = claim.permits;
            this.fixed = claim.fixed;
            this.arrivals = new long[rates];
            this.slot = slot;
        }

        Claim claim() {
            return claim;
        }
    }
}
