package dev.mainstay.ratelimit;

import dev.mainstay.verification.Exploration;
import java.time.Duration;
import java.util.List;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.Test;

/**
 * Permits under two limits come from both or from none, in one step: neither lets through more than it has, a call that
 * one limit rejects takes nothing from the other, and none is rejected for what another call is about to give back.
 */
@Param(name = "permits", gen = IntGen.class, conf = "1:2")
public class TwoLimitsGivePermitsTogetherTest {

    private static final int NOW = 5;
    private static final int SMOOTH = 3;
    private static final int WINDOW = 2;
    private static final List<RateLimit> LIMITS = List.of(
            RateLimit.smooth(SMOOTH, Duration.ofNanos(100L * SMOOTH)), RateLimit.atMost(WINDOW, Duration.ofNanos(100)));

    private final QueueingLedger ledger = new QueueingLedger(LIMITS, List.of(), 0, 0);

    @Operation
    public boolean take(@Param(name = "permits") int permits) {
        return ledger.take(permits, NOW) == Ledger.TAKEN;
    }

    @Validate
    public void asManyAreTakenFromTheOneAsFromTheOther() {
        int taken = WINDOW - ledger.remaining(NOW);
        ledger.close();
        Ledger smoothAlone = ledger.successor(LIMITS.subList(0, 1), NOW, false);
        Exploration.require(smoothAlone.remaining(NOW) == SMOOTH - taken, "the limits do not owe the same");
    }

    @Test
    void inEverySchedule() {
        Exploration.matches(getClass(), Specification.class);
    }

    public static class Specification {

        private int taken;

        public boolean take(int permits) {
            if (taken + permits > WINDOW) {
                return false;
            }
            taken += permits;
            return true;
        }
    }
}
