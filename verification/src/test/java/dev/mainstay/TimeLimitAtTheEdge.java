package dev.mainstay;

import dev.mainstay.call.CallContext;
import dev.mainstay.outcome.CallTimeoutException;
import dev.mainstay.time.TimeSource;
import java.time.Duration;

/**
 * Overflows the stack inside time-limited calls, so many times as the argument says. Ends with status 1 if a context
 * stays bound, the thread is interrupted afterwards by a limit of such a call, or a later call does not time out.
 */
public final class TimeLimitAtTheEdge {

    private static final Duration TIMEOUT = Duration.ofMillis(50);

    private final TimeLimiter limiter = TimeLimiter.of("limit", c -> c.timeoutDuration(TIMEOUT));
    private int room;
    private int depth;
    private int overflows;

    private TimeLimitAtTheEdge() {}

    public static void main(String[] arguments) throws Exception {
        new TimeLimitAtTheEdge().overflow(Integer.parseInt(arguments[0]));
    }

    private void overflow(int times) throws Exception {
        String fault = null;
        int deepest = 0;
        while (overflows < times && fault == null) {
            // How deep it goes changes as the JVM compiles the code.
            if (overflows % 1_000 == 0) {
                deepest = measure();
            }
            room = overflows % 400 - 50;
            try {
                descend(deepest - room);
            } catch (StackOverflowError | CallTimeoutException expected) {
                // One of them comes always.
            }
            overflows++;
            if (CallContext.place()[0] != null) {
                fault = "a context stays bound";
            }
            if (Thread.interrupted()) {
                fault = "interrupted by the limit of a call that is over";
            }
        }
        TimeSource.system().parkNanos(this, TIMEOUT.multipliedBy(2).toNanos());
        if (Thread.interrupted()) {
            fault = "interrupted by the limit of a call that is over";
        }
        try {
            limiter.run(() -> TimeSource.system().sleep(Duration.ofSeconds(30).toNanos()));
            fault = "a call does not time out";
        } catch (CallTimeoutException timedOut) {
            // As it should.
        }
        System.exit(fault == null ? 0 : report(fault));
    }

    private int report(String fault) {
        System.err.println(fault + " after " + overflows + " overflows, with room for " + room);
        return 1;
    }

    private int measure() {
        depth = 0;
        try {
            descend(Integer.MAX_VALUE);
        } catch (StackOverflowError full) {
            // That is how deep it goes.
        }
        return depth;
    }

    /** Goes down so many frames, and makes a call that overflows the stack. */
    private void descend(int frames) {
        depth++;
        if (frames > 0) {
            descend(frames - 1);
        } else {
            limiter.run(this::descendForEver);
        }
    }

    @SuppressWarnings("InfiniteRecursion") // to the end of the stack
    private void descendForEver() {
        descendForEver();
    }
}
