package dev.mainstay.ratelimit;

import dev.mainstay.time.StandingTime;
import dev.mainstay.verification.Exploration;
import java.time.Duration;
import java.util.List;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.ThreadIdGen;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.Test;

/**
 * Permits under two limits come from both or from none: neither lets through more than it has, what was taken from one for a call that the other refuses is there again, and nobody is refused as long as
 * both have enough for all.
 *
 * <p>Where they do not have enough for all, a call may be refused for what another one, itself refused in the end, is about to give back.
 */
class TwoLimitsGivePermitsTogetherTest {

    private static final int NOW = 5;

    private static Ledger ledger(StandingTime time, int smooth, int window) {
        return Ledger.of(
                List.of(
                        RateLimit.smooth(smooth, Duration.ofNanos(100L * smooth)),
                        RateLimit.atMost(window, Duration.ofNanos(100))),
                time);
    }

    @Test
    void neverTooManyAndNoneIsLost() {
        Exploration.settles(Scarce.class);
    }

    @Test
    void nobodyIsRefusedForNothing() {
        Exploration.matches(Plenty.class, Everything.class);
    }

    @Param(name = "permits", gen = IntGen.class, conf = "1:2")
    @Param(name = "thread", gen = ThreadIdGen.class)
    public static class Scarce {

        private static final int SMOOTH = 3;
        private static final int WINDOW = 2;

        private final Ledger ledger = ledger(new StandingTime(), SMOOTH, WINDOW);
        private final int[] taken = new int[8];

        @Operation
        public void take(@Param(name = "permits") int permits, @Param(name = "thread") int thread) {
            if (ledger.take(permits, NOW) >= 0) {
                taken[thread] += permits;
            }
        }

        @Validate
        public void asManyAreLeftAsWereNotTaken() {
            int all = 0;
            for (int some : taken) {
                all += some;
            }
            Exploration.require(all <= WINDOW, "too many permits");
            Exploration.require(
                    ledger.parts().get(0).remaining(NOW) == SMOOTH - all, "permits of the first limit were lost");
            Exploration.require(
                    ledger.parts().get(1).remaining(NOW) == WINDOW - all, "permits of the second limit were lost");
        }
    }

    public static class Plenty {

        private final Ledger ledger = ledger(new StandingTime(), 50, 50);

        @Operation
        public boolean take() {
            return ledger.take(1, NOW) >= 0;
        }

        @Operation
        public boolean reserve() {
            return ledger.earliest(1, NOW) == 0;
        }
    }

    public static class Everything {

        public boolean take() {
            return true;
        }

        public boolean reserve() {
            return true;
        }
    }
}
