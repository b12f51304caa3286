package dev.mainstay.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.time.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whatever is done with a limiter, in no stretch of time are more permits used than its limits allow; and it does let
 * through what they allow.
 */
class NeverMoreThanTheLimitTest {

    private static final int STEPS = 2_000;

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4})
    void inAnyStretchOfTime(int kinds) {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        for (int round = 0; round < 150; round++) {
            play(random, "seed " + seed + ", round " + round, limits(random, kinds));
        }
    }

    private static RateLimit[] limits(Random random, int kinds) {
        return switch (kinds) {
            case 1 -> new RateLimit[] {smooth(random)};
            case 2 -> new RateLimit[] {window(random)};
            case 3 -> new RateLimit[] {smooth(random), window(random)};
            default -> new RateLimit[] {window(random), smooth(random), window(random)};
        };
    }

    private static RateLimit smooth(Random random) {
        int limit = size(random, random.nextBoolean() ? 10 : Integer.MAX_VALUE);
        Duration period = Duration.ofNanos(1 + (long) (random.nextDouble() * Math.pow(10, random.nextInt(12))));
        return RateLimit.smooth(limit, period, size(random, random.nextBoolean() ? 20 : limit));
    }

    private static RateLimit window(Random random) {
        return RateLimit.atMost(size(random, 50), Duration.ofNanos(1 + random.nextInt(1_000)));
    }

    private static int size(Random random, int most) {
        return 1 + random.nextInt(most);
    }

    private static void play(Random random, String how, RateLimit... limits) {
        VirtualTime time = VirtualTime.startingAt(Long.MAX_VALUE / 2 - 1_000_000);
        RateLimiter limiter = RateLimiter.of("l", c -> c.limits(limits).timeSource(time));
        Uses uses = new Uses();
        List<Reservation> open = new ArrayList<>();
        int most = Integer.MAX_VALUE;
        for (RateLimit limit : limits) {
            most = Math.min(most, limit.burst());
        }
        for (int step = 0; step < STEPS; step++) {
            int permits = random.nextInt(4) == 0 ? size(random, most) : size(random, Math.min(most, 3));
            int what = random.nextInt(100);
            if (what < 55) {
                int before = limiter.remaining();
                boolean taken = limiter.tryAcquire(permits);
                assertThat(taken).as(how).isEqualTo(permits <= before);
                if (taken) {
                    uses.add(time.nanoTime(), permits);
                } else {
                    assertThat(limiter.remaining()).as(how).isEqualTo(before);
                }
            } else if (what < 65) {
                reserve(limiter, permits, uses, open);
            } else if (what < 72 && !open.isEmpty()) {
                Reservation reservation = open.remove(open.size() - 1);
                if (reservation.cancel()) {
                    uses.remove(reservation.slot(), reservation.permits());
                }
            } else if (what < 74) {
                int before = limiter.remaining();
                reconfigure(limiter, alike(limits));
                reconfigure(limiter, limits);
                assertThat(limiter.remaining()).as(how).isEqualTo(before);
            } else if (what < 99) {
                time.advanceNanos(pause(random, limiter));
            } else {
                time.advanceNanos(random.nextInt(1_000_000));
            }
        }
        for (RateLimit limit : limits) {
            uses.keep(limit, how);
        }
    }

    private static void reconfigure(RateLimiter limiter, RateLimit... limits) {
        limiter.reconfigure(limiter.config().toBuilder().limits(limits).build());
    }

    /** Other limits under which the same is owed. */
    private static RateLimit[] alike(RateLimit[] limits) {
        return Arrays.stream(limits)
                .map(limit -> limit instanceof RateLimit.AtMost
                        ? RateLimit.atMost(limit.limit() + 1, limit.period())
                        : limit.limit() > Integer.MAX_VALUE / 2
                                ? limit
                                : RateLimit.smooth(
                                        limit.limit() * 2, limit.period().multipliedBy(2), limit.burst()))
                .toArray(RateLimit[]::new);
    }

    private static long pause(Random random, RateLimiter limiter) {
        long wait = limiter.retryAfter().toNanos();
        return switch (random.nextInt(4)) {
            case 0 -> wait;
            case 1 -> Math.max(0, wait - 1);
            case 2 -> 1 + random.nextInt(3);
            default ->
                (long) (random.nextDouble()
                        * Math.min(1e9, 2.0 * limiter.resetAfter().toNanos()));
        };
    }

    private static void reserve(RateLimiter limiter, int permits, Uses uses, List<Reservation> open) {
        try {
            Reservation reservation = limiter.reserve(permits, Duration.ofMillis(100));
            uses.add(reservation.slot(), permits);
            open.add(reservation);
        } catch (RateLimitExceededException tooLong) {
            assertThat(tooLong.retryAfterNanos()).isGreaterThan(100_000_000);
        }
    }
}
