package dev.mainstay.ratelimit;

import dev.mainstay.time.StandingTime;
import dev.mainstay.verification.Exploration;
import java.time.Duration;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.ThreadIdGen;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.Test;

/**
 * Permits that are given back while others take some are not let through twice: what is kept never exceeds the limit in any stretch of time. Nor are they lost: once all that was kept is paid for,
 * the whole limit is there again.
 *
 * <p>In between, a limit may be stricter than it must. Permits that somebody is about to give back count as if they were used just now; and in a window, those that could not be the newest any more when they came back
 * are free when their turn comes again. So what is told to whoever comes in that moment is not compared with anything.
 */
class PermitsThatGoBackAreNotLostTest {

    private static final int NOW = 10;
    private static final int PERIOD = 10;

    @Test
    void inAWindow() {
        Exploration.settles(Window.class);
    }

    @Test
    void inAWindowOfOne() {
        Exploration.settles(WindowOfOne.class);
    }

    @Test
    void atASmoothRate() {
        Exploration.settles(Smooth.class);
    }

    /** The one who gives up what it has reserved finds out too late that it is not the last any more, and that its place was given up by the one who had it a lap before. */
    @Test
    void inAPlaceThatIsGivenUpInTwoLapsAtOnce() {
        Exploration.holds(PermitsThatGoBackAreNotLostTest::giveUpInTwoLaps);
    }

    private static void giveUpInTwoLaps() {
        StandingTime time = new StandingTime();
        time.advance(NOW);
        WindowLedger ledger = new WindowLedger(new RateLimit.AtMost(3, Duration.ofNanos(PERIOD)), 0);
        long two = ledger.take(2, NOW);
        ledger.take(1, NOW);
        Exploration.together(
                () -> {
                    ledger.giveBack(two, 2, NOW, time);
                    reserveAndCancel(ledger);
                },
                () -> reserveAndCancel(ledger));

        Exploration.require(ledger.earliest(ledger.most(), NOW + 10 * PERIOD) == 0, "permits were lost");
    }

    private static void reserveAndCancel(Ledger ledger) {
        Ledger.Claim claim = ledger.claim(1, NOW, ledger.earliest(1, NOW));
        if (claim != null) {
            claim.giveBack();
        }
    }

    @Param(name = "permits", gen = IntGen.class, conf = "1:2")
    @Param(name = "thread", gen = ThreadIdGen.class)
    public abstract static class Permits {

        private final StandingTime time = new StandingTime();
        private final Ledger ledger;

        /** When each permit is used that was kept, by thread. */
        private final long[][] kept = new long[8][];

        private final int[] count = new int[8];

        /** The latest time that a thread has reserved permits for, kept or not. */
        private final long[] latest = new long[8];

        Permits(Ledger ledger) {
            this.ledger = ledger;
            time.advance(NOW);
            for (int i = 0; i < kept.length; i++) {
                kept[i] = new long[16];
            }
        }

        @Operation
        public void take(@Param(name = "permits") int permits, @Param(name = "thread") int thread) {
            if (ledger.take(permits, NOW) >= 0) {
                keep(permits, NOW, thread);
            }
        }

        /** As one of two limits does if the other refuses. */
        @Operation
        public void takeAndGiveBack(@Param(name = "permits") int permits, @Param(name = "thread") int thread) {
            long ticket = ledger.take(permits, NOW);
            if (ticket >= 0) {
                ledger.giveBack(ticket, permits, NOW, time);
            }
        }

        /** As a reservation does. */
        @Operation
        public void reserveAndCancel(@Param(name = "permits") int permits, @Param(name = "thread") int thread) {
            long at = earliest(permits, thread);
            Ledger.Claim claim = ledger.claim(permits, NOW, at - NOW);
            if (claim != null && !claim.giveBack()) {
                keep(permits, at, thread);
            }
        }

        /** As one of two limits does if the other cannot be reserved. */
        @Operation
        public void reserveAndUndo(@Param(name = "permits") int permits, @Param(name = "thread") int thread) {
            long at = earliest(permits, thread);
            Ledger.Claim claim = ledger.claim(permits, NOW, at - NOW);
            if (claim != null) {
                claim.undo(time);
            }
        }

        private long earliest(int permits, int thread) {
            long at = NOW + ledger.earliest(permits, NOW);
            latest[thread] = Math.max(latest[thread], at);
            return at;
        }

        private void keep(int permits, long at, int thread) {
            for (int i = 0; i < permits; i++) {
                kept[thread][count[thread]++] = at;
            }
        }

        @Validate
        public void neverTooManyAndInTheEndNone() {
            long end = NOW;
            for (int thread = 0; thread < kept.length; thread++) {
                end = Math.max(end, latest[thread]);
                for (int i = 0; i < count[thread]; i++) {
                    Exploration.require(stretchesFrom(kept[thread][i]), "too many permits");
                }
            }
            Exploration.require(ledger.earliest(ledger.most(), end + repaidAfter()) == 0, "permits were lost");
        }

        /** Whether no stretch of time that begins there holds too many. */
        private boolean stretchesFrom(long first) {
            for (int thread = 0; thread < kept.length; thread++) {
                for (int i = 0; i < count[thread]; i++) {
                    long last = kept[thread][i];
                    if (last >= first && between(first, last) > atMost(last - first)) {
                        return false;
                    }
                }
            }
            return true;
        }

        private int between(long first, long last) {
            int permits = 0;
            for (int thread = 0; thread < kept.length; thread++) {
                for (int i = 0; i < count[thread]; i++) {
                    permits += kept[thread][i] >= first && kept[thread][i] <= last ? 1 : 0;
                }
            }
            return permits;
        }

        /** How many permits there may be in a stretch of time, both ends included. */
        abstract long atMost(long stretch);

        abstract long repaidAfter();
    }

    public static class Window extends Permits {

        private final int limit;

        public Window() {
            this(3);
        }

        Window(int limit) {
            super(new WindowLedger(new RateLimit.AtMost(limit, Duration.ofNanos(PERIOD)), 0));
            this.limit = limit;
        }

        @Override
        long atMost(long stretch) {
            return stretch < PERIOD ? limit : Long.MAX_VALUE;
        }

        @Override
        long repaidAfter() {
            return PERIOD;
        }
    }

    /** Its one place goes on to the next lap with each permit. */
    @Param(name = "permits", gen = IntGen.class, conf = "1:1")
    public static class WindowOfOne extends Window {
        public WindowOfOne() {
            super(1);
        }
    }

    public static class Smooth extends Permits {

        private static final int BURST = 2;

        public Smooth() {
            super(new SmoothLedger(new RateLimit.Smooth(1, Duration.ofNanos(PERIOD), BURST), 0));
        }

        @Override
        long atMost(long stretch) {
            return BURST + stretch / PERIOD;
        }

        @Override
        long repaidAfter() {
            return BURST * PERIOD;
        }
    }
}
