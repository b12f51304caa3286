package dev.mainstay;

import dev.mainstay.call.CallContext;
import dev.mainstay.event.CallbackFailures;
import dev.mainstay.safe.Require;
import dev.mainstay.time.Nanos;
import dev.mainstay.time.TimeSource;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The good results that a fallback serves again, until they are too old. Safe for use by many threads. */
abstract class LastGood<T extends @Nullable Object> {

    private final long maxAgeNanos;
    private final TimeSource time;
    private final CallbackFailures clockFailures = new CallbackFailures();
    private final CallbackFailures keyFailures = new CallbackFailures();

    LastGood(Duration maxAge, TimeSource time) {
        this.maxAgeNanos = Nanos.of(Require.positive("maxAge", maxAge));
        this.time = time;
    }

    /** One result, whatever the call. */
    static <T extends @Nullable Object> LastGood<T> ofAllCalls(Duration maxAge, TimeSource time) {
        return new OfAllCalls<>(maxAge, time);
    }

    /**
     * Takes note of a result. Never throws: a clock or a key that does must not take the place of the call's result.
     */
    final void remember(T result, CallContext context) {
        long now;
        try {
            now = time.nanoTime();
        } catch (Throwable noTime) {
            clockFailures.report("fallback", "time source", noTime);
            return;
        }
        try {
            put(context, new Dated<>(result, now));
        } catch (Throwable broken) {
            keyFailures.report("fallback", "equals or hashCode of a key", broken);
        }
    }

    /** The result for this call; null if there is none that is young enough. Never throws. */
    final @Nullable Dated<T> find(CallContext context) {
        Dated<T> last;
        try {
            last = get(context);
        } catch (Throwable broken) {
            keyFailures.report("fallback", "equals or hashCode of a key", broken);
            return null;
        }
        if (last == null) {
            return null;
        }
        try {
            return isTooOld(last, time.nanoTime()) ? null : last;
        } catch (Throwable noTime) {
            clockFailures.report("fallback", "time source", noTime);
            return null;
        }
    }

    final boolean isTooOld(Dated<T> result, long now) {
        return now - result.nanoTime > maxAgeNanos;
    }

    abstract void put(CallContext context, Dated<T> result);

    abstract @Nullable Dated<T> get(CallContext context);

    /** A result, and when it came. */
    record Dated<T extends @Nullable Object>(T value, long nanoTime) {}

    private static final class OfAllCalls<T extends @Nullable Object> extends LastGood<T> {

        private volatile @Nullable Dated<T> last;

        OfAllCalls(Duration maxAge, TimeSource time) {
            super(maxAge, time);
        }

        @Override
        void put(CallContext context, Dated<T> result) {
            last = result;
        }

        @Override
        @Nullable
        Dated<T> get(CallContext context) {
            return last;
        }

        @Override
        public String toString() {
            return "last good value";
        }
    }
}
