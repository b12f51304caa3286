package dev.mainstay.verification.overflow;

import dev.mainstay.ratelimit.RateLimit;
import dev.mainstay.ratelimit.RateLimiter;
import dev.mainstay.ratelimit.Reservation;
import dev.mainstay.time.VirtualTime;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Uses rate limiters at the very end of a thread's stack until that has overflowed so many times, and checks after each
 * dive that the limiter still lets through exactly what its limits allow. To be run in a JVM of its own; ends with
 * status 1 if something is wrong.
 */
public final class RateLimiterOverflows {

    private static final Duration PERIOD = Duration.ofSeconds(1);
    private static final int LIMIT = 20;

    private final VirtualTime time = VirtualTime.create();
    private final RateLimit[] limits;
    private RateLimiter limiter;
    private int overflows;
    private int operations;

    private RateLimiterOverflows(RateLimit... limits) {
        this.limits = limits;
        this.limiter = limiter();
    }

    /** The argument says how many overflows there shall be. */
    public static void main(String[] arguments) throws InterruptedException {
        int times = arguments.length == 0 ? 10_000 : Integer.parseInt(arguments[0]);
        RateLimit smooth = RateLimit.smooth(LIMIT, PERIOD);
        RateLimit window = RateLimit.atMost(LIMIT, PERIOD);
        for (RateLimit[] limits :
                List.of(new RateLimit[] {smooth}, new RateLimit[] {window}, new RateLimit[] {window, smooth})) {
            RateLimiterOverflows edge = new RateLimiterOverflows(limits);
            Throwable[] failure = new Throwable[1];
            Thread thread = new Thread(null, () -> failure[0] = edge.overflow(times), "edge", 256 * 1024);
            thread.start();
            thread.join();
            System.out.println(List.of(limits) + ": " + edge.overflows + " overflows, "
                    + (failure[0] == null ? "exact" : "not exact"));
            if (failure[0] != null) {
                failure[0].printStackTrace();
                System.exit(1);
            }
        }
    }

    private RateLimiter limiter() {
        return RateLimiter.of(
                "limiter",
                c -> c.limits(limits).timeoutDuration(Duration.ofMinutes(1)).timeSource(time));
    }

    private Throwable overflow(int times) {
        try {
            // Once with plenty of room, so that all classes are there.
            for (int i = 0; i < 200; i++) {
                operate();
            }
            for (int dives = 0; overflows < times; dives++) {
                boolean ignored = dive(dives % 16);
                settle();
            }
            return null;
        } catch (Throwable wrong) {
            return wrong;
        }
    }

    @SuppressWarnings("InfiniteRecursion") // to the end of the stack
    private boolean dive(int narrow) {
        boolean done = false;
        try {
            done = narrow > 0 ? dive(narrow - 1) : diveWide(1, 2, 3);
        } catch (StackOverflowError end) {
            overflows++;
        }
        return done || tryHere();
    }

    @SuppressWarnings("InfiniteRecursion") // to the end of the stack
    private boolean diveWide(long a, long b, long c) {
        boolean done = false;
        try {
            done = diveWide(b, c, a + b);
        } catch (StackOverflowError end) {
            // Here is where it begins.
        }
        return done || tryHere();
    }

    private boolean tryHere() {
        try {
            operate();
            return true;
        } catch (StackOverflowError overflow) {
            overflows++;
            return false;
        }
    }

    /** Each of the ways in and out in turn. */
    private void operate() {
        int operation = operations++ % 5;
        if (operation == 0) {
            boolean ignored = limiter.tryAcquire(3);
        } else if (operation == 1) {
            limiter.acquire();
        } else if (operation == 2) {
            Reservation reservation = limiter.reserve(2);
            boolean ignored = reservation.cancel();
        } else if (operation == 3) {
            CompletableFuture<?> call = limiter.acquireAsync(LIMIT);
            boolean ignored = call.cancel(true);
        } else {
            limiter.reconfigure(limiter.config().toBuilder()
                    .limits(limits)
                    .timeoutDuration(Duration.ofSeconds(60 + operations % 2))
                    .build());
        }
    }

    /** What was taken comes back with time, and then the whole limit is there, and no more. */
    private void settle() {
        time.advance(Duration.ofMinutes(10));
        require(limiter.remaining() == LIMIT, limiter.remaining() + " permits are left of " + LIMIT);
        for (int i = 0; i < LIMIT; i++) {
            require(limiter.tryAcquire(), i + " were let in");
        }
        require(!limiter.tryAcquire(), "one too many was let in");
        RateLimit[] other = {RateLimit.atMost(LIMIT + 1, PERIOD)};
        limiter.reconfigure(limiter.config().toBuilder().limits(other).build());
        require(limiter.remaining() <= 1, "a change of limits has forgotten what is owed");
        limiter.reconfigure(limiter.config().toBuilder().limits(limits).build());
        require(!limiter.tryAcquire(), "a change of limits has forgotten what is owed");
        time.advance(Duration.ofMinutes(10));
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise);
        }
    }
}
