package dev.mainstay.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.time.Nanos;
import dev.mainstay.time.VirtualTime;
import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * The limiter against the plainest code that keeps the same limits: exact fractions for a smooth rate, a list of times
 * for a window.
 */
class NaiveModelTest {

    private static final int ROUNDS = Boolean.getBoolean("tests.integration") ? 50 : 10;
    private static final int STEPS = 2_000;

    private interface Model {
        long earliest(int permits, long now);

        void use(int permits, long at);

        long resetAfter(long now);

        default int remaining(int most, long now) {
            int permits = most;
            while (permits > 0 && earliest(permits, now) > 0) {
                permits--;
            }
            return permits;
        }
    }

    /** The time at which all is paid for, in nanoseconds times the limit. */
    private static final class SmoothModel implements Model {
        private final BigInteger limit;
        private final BigInteger period;
        private final BigInteger burst;
        private BigInteger paid = BigInteger.ZERO;

        SmoothModel(RateLimit limit) {
            this.limit = BigInteger.valueOf(limit.limit());
            this.period = BigInteger.valueOf(Nanos.of(limit.period()));
            this.burst = BigInteger.valueOf(limit.burst());
        }

        private BigInteger units(long time) {
            return BigInteger.valueOf(time).multiply(limit);
        }

        private long nanos(BigInteger units) {
            return units.max(BigInteger.ZERO)
                    .add(limit)
                    .subtract(BigInteger.ONE)
                    .divide(limit)
                    .longValueExact();
        }

        @Override
        public long earliest(int permits, long now) {
            BigInteger after = paid.max(units(now)).add(period.multiply(BigInteger.valueOf(permits)));
            return nanos(after.subtract(burst.multiply(period)).subtract(units(now)));
        }

        @Override
        public void use(int permits, long at) {
            paid = paid.max(units(at)).add(period.multiply(BigInteger.valueOf(permits)));
        }

        @Override
        public long resetAfter(long now) {
            return nanos(paid.subtract(units(now)));
        }
    }

    private static final class WindowModel implements Model {
        private final int limit;
        private final long period;
        private final List<Long> uses = new ArrayList<>();

        WindowModel(RateLimit limit) {
            this.limit = limit.limit();
            this.period = Nanos.of(limit.period());
        }

        @Override
        public long earliest(int permits, long now) {
            long at = now;
            while (inWindowBefore(at) + permits > limit) {
                long from = at;
                at = uses.stream()
                                .mapToLong(Long::longValue)
                                .filter(use -> use + period > from)
                                .min()
                                .orElseThrow()
                        + period;
            }
            return at - now;
        }

        private long inWindowBefore(long at) {
            return uses.stream().filter(use -> use + period > at).count();
        }

        @Override
        public void use(int permits, long at) {
            uses.removeIf(use -> use + 1_000_000 < at && use + period <= at);
            for (int i = 0; i < permits; i++) {
                uses.add(at);
            }
        }

        @Override
        public long resetAfter(long now) {
            return uses.stream().mapToLong(use -> use + period - now).max().stream()
                    .map(left -> Math.max(0, left))
                    .findAny()
                    .orElse(0);
        }
    }

    @Test
    void aSmoothRate() {
        compare(random -> {
            int limit = 1 + random.nextInt(random.nextBoolean() ? 20 : 2_000_000_000);
            return RateLimit.smooth(limit, Duration.ofNanos(1 + random.nextInt(1_000_000_000)), 1 + random.nextInt(10));
        });
    }

    @Test
    void anExactWindow() {
        compare(random -> RateLimit.atMost(1 + random.nextInt(12), Duration.ofNanos(1 + random.nextInt(2_000))));
    }

    private interface Limits {
        RateLimit draw(Random random);
    }

    private static void compare(Limits limits) {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        for (int round = 0; round < ROUNDS; round++) {
            RateLimit limit = limits.draw(random);
            String how = limit + ", seed " + seed + ", round " + round;
            compare(random, how, limit);
        }
    }

    private static void compare(Random random, String how, RateLimit limit) {
        VirtualTime time = VirtualTime.create();
        RateLimiter limiter = RateLimiter.of("l", c -> c.limit(limit).timeSource(time));
        Model model = limit instanceof RateLimit.Smooth ? new SmoothModel(limit) : new WindowModel(limit);
        for (int step = 0; step < STEPS; step++) {
            long now = time.nanoTime();
            int permits = 1 + random.nextInt(Math.min(3, limit.burst()));
            switch (random.nextInt(8)) {
                case 0 -> {
                    long wait = model.earliest(permits, now);
                    if (wait < Nanos.of(limit.period()) * 2) {
                        model.use(permits, now + wait);
                        assertThat(limiter.reserve(permits).slot()).as(how).isEqualTo(now + wait);
                    }
                }
                case 1 -> assertThat(limiter.remaining()).as(how).isEqualTo(model.remaining(limit.burst(), now));
                case 2 -> assertThat(limiter.retryAfter().toNanos()).as(how).isEqualTo(model.earliest(1, now));
                case 3 -> assertThat(limiter.resetAfter().toNanos()).as(how).isEqualTo(model.resetAfter(now));
                case 4, 5 -> {
                    boolean allowed = model.earliest(permits, now) == 0;
                    if (allowed) {
                        model.use(permits, now);
                    }
                    assertThat(limiter.tryAcquire(permits)).as(how).isEqualTo(allowed);
                }
                default -> {
                    long wait = model.earliest(1, now);
                    time.advanceNanos(random.nextInt(3) > 0 ? wait : random.nextLong(1 + model.resetAfter(now) * 2));
                }
            }
        }
    }
}
