package dev.mainstay.event;

/**
 * Something that happened in a policy. Events are small immutable records, built only when somebody listens to that
 * kind.
 */
public interface MainstayEvent {

    /** The name of the policy it happened in. */
    String policy();

    /** When, in monotonic nanoseconds on the policy's {@link dev.mainstay.time.TimeSource}. */
    long nanoTime();
}
