package dev.mainstay;

import dev.mainstay.safe.Require;

/**
 * Carries what a library keeps in thread-locals (a trace, an MDC, a security context) along when a call goes on on
 * another thread. Implementations are safe for use by many threads.
 */
@FunctionalInterface
public interface ContextCarrier {

    /** Takes what is there, on the thread that the call leaves. */
    Snapshot capture();

    /** What was taken; it may be put in place several times, also on several threads. */
    @FunctionalInterface
    interface Snapshot {

        /** Puts it in place, on the thread on which the call goes on. */
        Restore open();
    }

    /** Puts back, on the same thread, what was there before. */
    @FunctionalInterface
    interface Restore extends AutoCloseable {

        @Override
        void close();
    }

    /** Carries nothing. */
    static ContextCarrier none() {
        return ThreadHandoff.CARRIES_NOTHING;
    }

    /**
     * This carrier, made safe: whatever it throws is logged once and counted, and the call goes on without what could
     * not be carried. For policies; those of this library use the carriers that they are given only so.
     */
    default ContextCarrier careful() {
        return this == ThreadHandoff.CARRIES_NOTHING ? this : SafeContextCarrier.of("call", this);
    }

    /**
     * Carries what both do; restores in the opposite order. Each is {@linkplain #careful() made safe}, so that one that
     * throws takes nothing from the other.
     */
    default ContextCarrier and(ContextCarrier other) {
        Require.present("other", other);
        return new CompositeContextCarrier(careful(), other.careful());
    }
}
