package dev.mainstay.time;

import dev.mainstay.safe.Require;
import java.time.Duration;

/**
 * A moment by which a call must have ended. Immutable, and safe for use by many threads.
 *
 * @param time the clock on which it is measured
 * @param nanoTime the moment on that clock
 */
public record Deadline(TimeSource time, long nanoTime) {

    /** The moment so long from now on the system clock; a huge duration means never. */
    public static Deadline after(Duration duration) {
        return after(duration, TimeSource.system());
    }

    /** The moment so long from now on the given clock; a huge duration means never. */
    public static Deadline after(Duration duration, TimeSource time) {
        Require.notNegative("deadline", duration);
        return new Deadline(time, time.nanoTime() + Nanos.of(duration));
    }

    /** What is left until then; zero once it has passed. */
    public Duration remaining() {
        return Duration.ofNanos(Math.max(0, remainingNanos()));
    }

    /** Whether the moment has come. */
    public boolean hasPassed() {
        return remainingNanos() <= 0;
    }

    private long remainingNanos() {
        return nanoTime - time.nanoTime();
    }

    @Override
    public String toString() {
        return "Deadline in " + Nanos.format(remainingNanos());
    }
}
