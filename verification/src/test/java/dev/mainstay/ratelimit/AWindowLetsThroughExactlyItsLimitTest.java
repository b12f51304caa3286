package dev.mainstay.ratelimit;

import dev.mainstay.verification.Exploration;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.junit.jupiter.api.Test;

/**
 * An exact window lets a permit through if the one that is a whole limit older has left the window, and rejects it
 * otherwise: never one too many, and none rejected for nothing, even if threads have read the clock in another order
 * than that in which they come.
 */
@Param(name = "permits", gen = IntGen.class, conf = "1:2")
@Param(name = "now", gen = IntGen.class, conf = "10:13")
public class AWindowLetsThroughExactlyItsLimitTest {

    private final Ledger ledger = RememberedPermits.ledger();

    public AWindowLetsThroughExactlyItsLimitTest() {
        long ignored = ledger.take(1, 1);
        ignored = ledger.take(1, 2);
    }

    @Operation
    public boolean take(@Param(name = "permits") int permits, @Param(name = "now") int now) {
        return ledger.take(permits, now) == Ledger.TAKEN;
    }

    @Test
    void inEverySchedule() {
        Exploration.matches(getClass(), Specification.class);
    }

    /** Two were let through before; the window has moved on past one or both of them, depending on the time. */
    public static class Specification {

        private final RememberedPermits permits = RememberedPermits.of(1, 2);

        public boolean take(int permits, int now) {
            if (this.permits.earliest(permits, now) > now) {
                return false;
            }
            this.permits.use(permits, now);
            return true;
        }
    }
}
