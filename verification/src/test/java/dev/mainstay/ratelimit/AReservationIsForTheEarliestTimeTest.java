package dev.mainstay.ratelimit;

import dev.mainstay.verification.Exploration;
import java.time.Duration;
import java.util.List;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.junit.jupiter.api.Test;

/**
 * Who reserves permits is told the earliest time at which the limit has room for them behind all that were given
 * before, as if one had come after the other; and whoever takes some at once gets them if there is room now, and only
 * then. At one point in time; {@link CallsInLineMoveUpTest} is about what is given back.
 */
class AReservationIsForTheEarliestTimeTest {

    @Test
    void inAWindow() {
        Exploration.matches(Window.class, WindowSpecification.class);
    }

    @Test
    void atASmoothRate() {
        Exploration.matches(Smooth.class, SmoothSpecification.class);
    }

    private static int reserve(QueueingLedger ledger, int permits, int now) {
        return (int) ledger.claim(Claim.ofReservation(permits), now, Integer.MAX_VALUE);
    }

    @Param(name = "permits", gen = IntGen.class, conf = "1:2")
    public static class Window {

        private final QueueingLedger ledger = RememberedPermits.ledger();

        public Window() {
            long ignored = ledger.take(1, 1);
            ignored = ledger.take(1, 5);
        }

        @Operation
        public boolean take(@Param(name = "permits") int permits) {
            return ledger.take(permits, 10) == Ledger.TAKEN;
        }

        @Operation
        public int reserve(@Param(name = "permits") int permits) {
            return AReservationIsForTheEarliestTimeTest.reserve(ledger, permits, 10);
        }
    }

    public static class WindowSpecification {

        private final RememberedPermits used = RememberedPermits.of(1, 5);

        public boolean take(int permits) {
            if (used.earliest(permits, 10) > 10) {
                return false;
            }
            used.use(permits, 10);
            return true;
        }

        public int reserve(int permits) {
            int at = used.earliest(permits, 10);
            used.use(permits, at);
            return at - 10;
        }
    }

    @Param(name = "permits", gen = IntGen.class, conf = "1:2")
    public static class Smooth {

        private final QueueingLedger ledger =
                new QueueingLedger(List.of(RateLimit.smooth(1, Duration.ofNanos(10), 2)), List.of(), 0, 0);

        public Smooth() {
            long ignored = ledger.take(1, 3);
        }

        @Operation
        public boolean take(@Param(name = "permits") int permits) {
            return ledger.take(permits, 10) == Ledger.TAKEN;
        }

        @Operation
        public int reserve(@Param(name = "permits") int permits) {
            return AReservationIsForTheEarliestTimeTest.reserve(ledger, permits, 10);
        }
    }

    /** The theoretical arrival time: a permit is worth 10, and two may be ahead. */
    public static class SmoothSpecification {

        private int arrival = 13;

        public boolean take(int permits) {
            return reserveWithin(0, permits) == 0;
        }

        public int reserve(int permits) {
            return reserveWithin(Integer.MAX_VALUE, permits);
        }

        private int reserveWithin(int longest, int permits) {
            int wait = Math.max(0, Math.max(arrival, 10) + 10 * permits - 20 - 10);
            if (wait > longest) {
                return -1;
            }
            arrival = Math.max(arrival, 10) + 10 * permits;
            return wait;
        }
    }
}
