package dev.mainstay.ratelimit;

import dev.mainstay.Waiter;
import dev.mainstay.call.CallContext;
import dev.mainstay.verification.Exploration;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.ThreadIdGen;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * A call that leaves the line gives its permits back, wherever it stands, and those behind it move up, as if everything
 * had happened one after the other; a reservation keeps its time, and goes back only if it is the last. All that can be
 * had now is taken, so that everybody has to wait.
 */
class CallsInLineMoveUpTest {

    private static final int LIMIT = 2;
    private static final long PERIOD = 10;

    @Test
    void inAWindow() {
        Exploration.matches(Window.class, WindowSpecification.class);
    }

    @Test
    void atASmoothRate() {
        Exploration.matches(Smooth.class, SmoothSpecification.class);
    }

    /** What waits in a search: nobody. */
    private static final class NobodysWaiter extends Waiter {
        NobodysWaiter() {
            super(CallContext.plain());
        }
    }

    @Param(name = "permits", gen = IntGen.class, conf = "1:2")
    @Param(name = "thread", gen = ThreadIdGen.class)
    public abstract static class Line {

        private final QueueingLedger ledger;
        private final @Nullable Claim[] claims = new Claim[8];
        private final @Nullable Claim[] reserved = new Claim[8];

        Line(RateLimit limit) {
            ledger = new QueueingLedger(List.of(limit), List.of(), 0, 0);
            long ignored = ledger.take(LIMIT, 0);
        }

        @Operation
        public boolean take(@Param(name = "permits") int permits) {
            return ledger.take(permits, 0) == Ledger.TAKEN;
        }

        /** The wait, or less than nothing if there is one already. */
        @Operation
        public long join(@Param(name = "permits") int permits, @Param(name = "thread") int thread) {
            if (claims[thread] != null) {
                return -1;
            }
            Claim claim = Claim.ofCall(permits, new NobodysWaiter());
            claims[thread] = claim;
            return ledger.claim(claim, 0, 1_000);
        }

        @Operation
        public boolean leave(@Param(name = "thread") int thread) {
            Claim claim = claims[thread];
            claims[thread] = null;
            return claim != null && ledger.cancel(claim, 0) == QueueingLedger.WENT_BACK;
        }

        @Operation
        public long reserve(@Param(name = "permits") int permits, @Param(name = "thread") int thread) {
            if (reserved[thread] != null) {
                return -1;
            }
            Claim claim = Claim.ofReservation(permits);
            reserved[thread] = claim;
            return ledger.claim(claim, 0, 1_000);
        }

        @Operation
        public boolean cancel(@Param(name = "thread") int thread) {
            Claim claim = reserved[thread];
            reserved[thread] = null;
            return claim != null && ledger.cancel(claim, 0) == QueueingLedger.WENT_BACK;
        }

        @Operation
        public long earliest(@Param(name = "permits") int permits) {
            return ledger.earliest(permits, 0);
        }
    }

    public static class Window extends Line {
        public Window() {
            super(RateLimit.atMost(LIMIT, Duration.ofNanos(PERIOD)));
        }
    }

    public static class Smooth extends Line {
        public Smooth() {
            super(RateLimit.smooth(1, Duration.ofNanos(PERIOD), LIMIT));
        }
    }

    /** Who stands in line, in order; all times are found anew for each question. */
    public abstract static class Specification {

        private final List<Entry> line = new ArrayList<>();

        private static final class Entry {
            final int permits;
            final int thread;
            final boolean fixed;
            long at;

            Entry(int permits, int thread, boolean fixed) {
                this.permits = permits;
                this.thread = thread;
                this.fixed = fixed;
            }
        }

        abstract void begin();

        abstract long free(int permits);

        abstract void use(int permits, long at);

        private void replay() {
            begin();
            for (Entry entry : line) {
                if (!entry.fixed) {
                    entry.at = Math.min(entry.at, free(entry.permits));
                }
                use(entry.permits, entry.at);
            }
        }

        private @Nullable Entry entry(int thread, boolean fixed) {
            return line.stream()
                    .filter(entry -> entry.thread == thread && entry.fixed == fixed)
                    .findFirst()
                    .orElse(null);
        }

        private final boolean[] given = new boolean[8];

        private long add(int permits, int thread, boolean fixed) {
            if (fixed ? given[thread] : entry(thread, false) != null) {
                return -1;
            }
            given[thread] |= fixed;
            Entry entry = new Entry(permits, thread, fixed);
            entry.at = earliest(permits);
            line.add(entry);
            return entry.at;
        }

        public boolean take(int permits) {
            return earliest(permits) == 0;
        }

        public long join(int permits, int thread) {
            return add(permits, thread, false);
        }

        public boolean leave(int thread) {
            Entry entry = entry(thread, false);
            return entry != null && remove(entry);
        }

        public long reserve(int permits, int thread) {
            return add(permits, thread, true);
        }

        public boolean cancel(int thread) {
            if (!given[thread]) {
                return false;
            }
            given[thread] = false;
            Entry last = line.isEmpty() ? null : line.get(line.size() - 1);
            Entry mine = newest(thread);
            return last != null && last == mine && remove(last);
        }

        /** The reservation that this thread has made last. */
        private @Nullable Entry newest(int thread) {
            Entry newest = null;
            for (Entry entry : line) {
                newest = entry.thread == thread && entry.fixed ? entry : newest;
            }
            return newest;
        }

        private boolean remove(Entry entry) {
            line.remove(entry);
            replay();
            return true;
        }

        public long earliest(int permits) {
            replay();
            return free(permits);
        }
    }

    public static class WindowSpecification extends Specification {

        private RememberedPermits used = new RememberedPermits(LIMIT, (int) PERIOD);

        @Override
        void begin() {
            used = new RememberedPermits(LIMIT, (int) PERIOD);
            used.use(LIMIT, 0);
        }

        @Override
        long free(int permits) {
            return used.earliest(permits, 0);
        }

        @Override
        void use(int permits, long at) {
            used.use(permits, (int) at);
        }
    }

    /** The theoretical arrival time. */
    public static class SmoothSpecification extends Specification {

        private long arrival;

        @Override
        void begin() {
            arrival = LIMIT * PERIOD;
        }

        @Override
        long free(int permits) {
            return Math.max(0, arrival + permits * PERIOD - LIMIT * PERIOD);
        }

        @Override
        void use(int permits, long at) {
            arrival = Math.max(arrival, at) + permits * PERIOD;
        }
    }
}
