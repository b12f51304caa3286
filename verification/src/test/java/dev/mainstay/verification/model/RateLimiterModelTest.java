package dev.mainstay.verification.model;

import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.ratelimit.RateLimit;
import dev.mainstay.ratelimit.RateLimiter;
import dev.mainstay.ratelimit.RateLimiterConfig;
import dev.mainstay.ratelimit.Reservation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A rate limiter beside a {@link NaiveLimiter}: one limit or several, smooth and exact. */
class RateLimiterModelTest {

    @Test
    @Timeout(value = 1, unit = TimeUnit.HOURS)
    void doesWhatTheNaiveOneDoes() {
        Plays.of("rate limiter", LimiterPlay::new);
    }

    private static final class LimiterPlay extends GatePlay<RateLimiter, NaiveLimiter> {

        private static final String NAME = "limiter";
        private static final long FOREVER = Long.MAX_VALUE / 2;

        /** Longer than what a smooth ledger counts in, and almost what a window does. */
        private static final long YEARS = 17L * 365 * 24 * 3600 * 1_000_000_000L;

        private final long period;
        private RateLimiterConfig config;
        private final List<Reserved> reservations = new ArrayList<>();
        private int leaps;

        LimiterPlay(long seed) {
            super(seed);
            period = 1L + random.nextInt(oneIn(2) ? 30 : 1_000_000_000);
            config = config();
            with(RateLimiter.of(NAME, config), new NaiveLimiter(NAME, config, agenda, expected));
        }

        private RateLimiterConfig config() {
            RateLimit[] limits = new RateLimit[oneIn(2) ? 1 : 1 + random.nextInt(3)];
            for (int i = 0; i < limits.length; i++) {
                Duration each = Duration.ofNanos(1 + (long) (random.nextDouble() * period));
                limits[i] = random.nextBoolean()
                        ? RateLimit.smooth(1 + random.nextInt(20), each, 1 + random.nextInt(10))
                        : RateLimit.atMost(1 + random.nextInt(8), each);
            }
            return config(limits);
        }

        private RateLimiterConfig config(RateLimit... limits) {
            return RateLimiterConfig.builder()
                    .limits(limits)
                    .timeoutDuration(Duration.ofNanos(oneIn(4) ? 0 : (long) (random.nextDouble() * 2 * period)))
                    .timeSource(time)
                    .build();
        }

        @Override
        long spanOfThings() {
            return 2 * period;
        }

        @Override
        int cost() {
            return oneIn(3) ? 1 + random.nextInt(4) : 1;
        }

        @Override
        void step() {
            int choice = random.nextInt(100);
            if (choice < 40) {
                useGate();
            } else if (choice < 52) {
                int permits = cost();
                did("try to acquire " + permits);
                check("acquired", model().tryAcquire(permits), gate().tryAcquire(permits));
            } else if (choice < 60) {
                reserve();
            } else if (choice < 68) {
                cancelReservation();
            } else if (choice < 97) {
                letTimePass();
            } else {
                reconfigure();
            }
        }

        private void reserve() {
            int permits = cost();
            long maxWait = random.nextBoolean() ? FOREVER : (long) (random.nextDouble() * period);
            did("reserve " + permits + " within " + maxWait);
            Reservation reservation = null;
            String rejection = "";
            try {
                reservation = maxWait == FOREVER
                        ? gate().reserve(permits)
                        : gate().reserve(permits, Duration.ofNanos(maxWait));
            } catch (CallRejectedException rejected) {
                rejection = Lines.of(rejected);
            }
            NaiveLimiter.Grant grant = model().reserve(permits, maxWait);
            check("the rejection", grant == null ? model().rejection(permits, RejectionReason.RATE) : "", rejection);
            if (reservation != null && grant != null) {
                reservations.add(new Reserved(reservation, grant));
            }
        }

        private void cancelReservation() {
            if (!reservations.isEmpty()) {
                // The last one often, since only that one goes back.
                Reserved any = oneIn(2) ? reservations.get(reservations.size() - 1) : anyOf(reservations);
                did("cancel a reservation for " + any.grant.at);
                check("given back", model().cancel(any.grant), any.reservation.cancel());
                if (oneIn(2)) {
                    reservations.remove(any);
                }
            }
        }

        private void letTimePass() {
            long nanos;
            if (oneIn(300) && leaps < 6) {
                leaps++;
                nanos = (long) (random.nextDouble() * YEARS);
            } else {
                nanos = switch (random.nextInt(4)) {
                    case 0 -> gate().retryAfter().toNanos();
                    case 1 -> (long) (random.nextDouble() * gate().resetAfter().toNanos());
                    case 2 -> (long) (random.nextDouble() * period / 4);
                    default -> random.nextInt(3);
                };
            }
            did("let " + nanos + " pass");
            pass(nanos);
        }

        private void reconfigure() {
            RateLimiterConfig other = oneIn(3) ? config(config.limits().toArray(new RateLimit[0])) : config();
            did("reconfigure to " + other.limits() + ", wait " + other.timeoutDuration());
            gate().reconfigure(other);
            model().reconfigure(other);
            config = other;
        }

        @Override
        void compare() {
            check("remaining", model().remaining(), gate().remaining());
            check("retryAfter", model().retryAfter(), gate().retryAfter().toNanos());
            check("resetAfter", model().resetAfter(), gate().resetAfter().toNanos());
            for (Reserved each : reservations) {
                check(
                        "the wait for a reservation",
                        Math.max(0, each.grant.at - agenda.now()),
                        each.reservation.remainingWait().toNanos());
            }
            reservations.removeIf(each -> each.grant.at + 1000 < agenda.now());
            compareGate();
        }

        @Override
        Object options() {
            return config.limits() + ", wait " + config.timeoutDuration() + ", somebody listens: " + listening();
        }

        private record Reserved(Reservation reservation, NaiveLimiter.Grant grant) {}
    }
}
