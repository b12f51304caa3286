package dev.mainstay.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.time.Nanos;
import java.math.BigInteger;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;

/**
 * When how many permits were used, to be held against a limit. Each thread has one of its own; they are put together at
 * the end.
 */
final class Uses {

    private final List<Use> uses = new ArrayList<>();

    void add(long time, int permits) {
        uses.add(new Use(time, permits));
    }

    void remove(long time, int permits) {
        uses.remove(uses.lastIndexOf(new Use(time, permits)));
    }

    void addAll(Uses others) {
        uses.addAll(others.uses);
    }

    int permits() {
        return uses.stream().mapToInt(Use::permits).sum();
    }

    /** Checks every stretch of time that begins and ends with a use. */
    void keep(RateLimit limit, String how) {
        uses.sort(Comparator.comparingLong(Use::time));
        if (limit instanceof RateLimit.Smooth smooth) {
            keepSmooth(smooth, how);
        } else {
            keepWindow(limit, how);
        }
    }

    /** In any stretch: permits · period ≤ burst · period + limit · t. Exact, in whole numbers. */
    private void keepSmooth(RateLimit.Smooth limit, String how) {
        BigInteger period = BigInteger.valueOf(Nanos.of(limit.period()));
        BigInteger count = BigInteger.valueOf(limit.limit());
        BigInteger burst = period.multiply(BigInteger.valueOf(limit.burst()));
        BigInteger used = BigInteger.ZERO;
        BigInteger lowest = null;
        for (Use use : uses) {
            BigInteger earned = count.multiply(BigInteger.valueOf(use.time));
            BigInteger before = used.multiply(period).subtract(earned);
            lowest = lowest == null ? before : lowest.min(before);
            used = used.add(BigInteger.valueOf(use.permits));
            BigInteger after = used.multiply(period).subtract(earned);
            assertThat(after.subtract(lowest))
                    .as("%s: %s exceeded at %s", how, limit, use)
                    .isLessThanOrEqualTo(burst);
        }
    }

    private void keepWindow(RateLimit limit, String how) {
        long period = Nanos.of(limit.period());
        Deque<Use> window = new ArrayDeque<>();
        int inWindow = 0;
        for (Use use : uses) {
            window.add(use);
            inWindow += use.permits;
            while (use.time - window.element().time >= period) {
                inWindow -= window.remove().permits;
            }
            assertThat(inWindow).as("%s: %s exceeded at %s", how, limit, use).isLessThanOrEqualTo(limit.limit());
        }
    }

    private record Use(long time, int permits) {}
}
