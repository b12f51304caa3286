package dev.mainstay;

import dev.mainstay.safe.Require;
import java.util.function.UnaryOperator;

/**
 * A policy whose options can be changed while calls go through it. Its state stays: a window keeps its calls, a limiter
 * what is owed. Calls in flight end under the options that admitted them. Safe for use by many threads.
 *
 * @param <C> its options
 */
public interface Reconfigurable<C> {

    /** The options in force. */
    C config();

    /**
     * Puts other options in force, at once and for calls that begin from now on. What another thread changes at the
     * same time may be lost; {@link #reconfigure(UnaryOperator)} loses nothing.
     *
     * @throws IllegalArgumentException if they cannot be changed to, such as another time source
     */
    default void reconfigure(C config) {
        Require.present("config", config);
        reconfigure((UnaryOperator<C>) inForce -> config);
    }

    /**
     * Changes some of the options and leaves the others as they are: {@code breaker.reconfigure(c ->
     * c.toBuilder().failureRateThreshold(40).build())}. Of changes that several threads make at the same time, none is
     * lost: each is applied to what the one before has put in force.
     *
     * @param change makes the new options from those in force. It runs on the calling thread and under no lock, and is
     *     called once more if the options have changed meanwhile, so it must have no side effects. What it throws is
     *     thrown here, and the options stay as they are
     * @throws IllegalArgumentException if they cannot be changed to, such as another time source
     */
    void reconfigure(UnaryOperator<C> change);
}
