package dev.mainstay;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A policy's "no", as a value: who refused, why, and when to come back. */
public interface Refusal {

    /** The name of the policy that refused. */
    String policyName();

    /** Why it refused. */
    RejectionReason reason();

    /** How long from now until a call may succeed, or null if that cannot be said. */
    @Nullable
    Duration retryAfter();

    /** The exception that {@link Guard#call} would have thrown. */
    CallRejectedException toException();
}
