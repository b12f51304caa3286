package dev.mainstay.ratelimit;

import dev.mainstay.verification.Exploration;
import java.time.Duration;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.ThreadIdGen;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Permits go back if nobody has taken any since, and only then; and from the moment in which their owner is told so, the next who comes gets them, even one who was looking at them when they went.
 */
class WhatIsCancelledIsThereAtOnceTest {

    private static final int LIMIT = 2;
    private static final Duration PERIOD = Duration.ofNanos(10);

    @Test
    void inAWindow() {
        Exploration.matches(Window.class, Specification.class);
    }

    @Test
    void atASmoothRate() {
        Exploration.matches(Smooth.class, Specification.class);
    }

    @Param(name = "permits", gen = IntGen.class, conf = "1:2")
    @Param(name = "thread", gen = ThreadIdGen.class)
    public abstract static class Permits {

        private final Ledger ledger;
        private final Ledger.@Nullable Claim[] claims = new Ledger.Claim[8];

        Permits(Ledger ledger) {
            this.ledger = ledger;
        }

        @Operation
        public boolean take(@Param(name = "permits") int permits) {
            return ledger.take(permits, 0) >= 0;
        }

        /** Takes permits that can be used now, so that they can be given back. */
        @Operation
        public boolean hold(@Param(name = "permits") int permits, @Param(name = "thread") int thread) {
            if (claims[thread] != null) {
                return false;
            }
            while (claims[thread] == null && ledger.earliest(permits, 0) == 0) {
                claims[thread] = ledger.claim(permits, 0, 0);
            }
            return claims[thread] != null;
        }

        @Operation
        public boolean cancel(@Param(name = "thread") int thread) {
            Ledger.Claim claim = claims[thread];
            claims[thread] = null;
            return claim != null && claim.giveBack();
        }
    }

    public static class Window extends Permits {
        public Window() {
            super(new WindowLedger(new RateLimit.AtMost(LIMIT, PERIOD), 0));
        }
    }

    public static class Smooth extends Permits {
        public Smooth() {
            super(new SmoothLedger(new RateLimit.Smooth(LIMIT, PERIOD, LIMIT), 0));
        }
    }

    /** How many are taken is also the number of the newest. */
    public static class Specification {

        private final int[] newest = new int[8];
        private final int[] held = new int[8];
        private int taken;

        public boolean take(int permits) {
            if (taken + permits > LIMIT) {
                return false;
            }
            taken += permits;
            return true;
        }

        public boolean hold(int permits, int thread) {
            if (held[thread] > 0 || !take(permits)) {
                return false;
            }
            held[thread] = permits;
            newest[thread] = taken;
            return true;
        }

        public boolean cancel(int thread) {
            int permits = held[thread];
            held[thread] = 0;
            if (permits == 0 || newest[thread] != taken) {
                return false;
            }
            taken -= permits;
            return true;
        }
    }
}
