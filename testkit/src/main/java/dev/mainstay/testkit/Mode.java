package dev.mainstay.testkit;

import java.util.EnumSet;
import java.util.Set;

/**
 * The ways in which a call can be put through a guard. A policy that behaves differently in two of them has a defect.
 */
public enum Mode {
    /** {@code guard.call(body)}. */
    SYNC(false),
    /** {@code guard.decorateCheckedSupplier(body).call()}. */
    DECORATED(false),
    /** {@code guard.callAsync(body)} with a stage that is not complete yet when the body returns it. */
    ASYNC(true),
    /** {@code guard.callAsync(body)} with a stage that is complete when the body returns it. */
    ASYNC_COMPLETED(true),
    /** {@code guard.submit(executor, body)}. */
    SUBMITTED(false);

    private final boolean stages;

    Mode(boolean stages) {
        this.stages = stages;
    }

    /** Whether the body answers with a stage. */
    public boolean isAsync() {
        return stages;
    }

    /** Whether a call gives its caller a future. */
    public boolean givesFuture() {
        return this != SYNC && this != DECORATED;
    }

    static Set<Mode> all() {
        return EnumSet.allOf(Mode.class);
    }
}
