package dev.mainstay.meter;

import dev.mainstay.event.Subscription;
import java.util.function.DoubleSupplier;
import java.util.function.Function;
import java.util.function.LongSupplier;

/**
 * Whoever wants to know what a policy can be measured by: a metrics library, a dashboard, a test. The policy names each
 * meter with a way to read it; reading is cheap, allocates nothing and may be done from any thread at any time.
 */
public interface MeterSink {

    /**
     * Something that only grows. A {@link CallCounter} does not count before somebody has {@linkplain
     * CallCounter#start() started} it: a sink that goes on reading starts it, one that only looks does not.
     */
    void counter(MeterId id, LongSupplier count);

    /** Something that goes up and down. */
    void gauge(MeterId id, DoubleSupplier value);

    /** Durations, handed over one by one to whoever {@linkplain Recorder#attach attaches}. */
    void timer(MeterId id, Recorder recorder);

    /**
     * Others that come and go, each with meters of its own. A sink that goes on reading follows them; one that only
     * looks reads those that are there now, which is what this method does unless it is overridden.
     */
    default void members(Members members) {
        members.watch(member -> {
                    member.describe(this);
                    return () -> {};
                })
                .close();
    }

    /** Those that come and go. */
    @FunctionalInterface
    interface Members {

        /**
         * Calls the function for each that is there and for each that comes, and closes what it returned when that one
         * goes or when the subscription ends.
         */
        Subscription watch(Function<? super MeterSource, ? extends Subscription> attach);
    }
}
