package dev.mainstay;

/**
 * A policy whose options can be changed while calls go through it. Its state stays: a window keeps its calls, a limiter
 * what is owed. Calls in flight end under the options that admitted them.
 *
 * @param <C> its options
 */
public interface Reconfigurable<C> {

    /** The options in force. */
    C config();

    /**
     * Puts other options in force, at once and for calls that begin from now on.
     *
     * @throws IllegalArgumentException if they cannot be changed to, such as another time source
     */
    void reconfigure(C config);
}
