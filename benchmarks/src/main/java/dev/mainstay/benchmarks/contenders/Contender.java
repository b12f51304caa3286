package dev.mainstay.benchmarks.contenders;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A library that is compared. Each method sets up what a question asks for, in the way that is fastest for users of the
 * library, and answers null where the library has no such thing. To compare one more library, implement this and name
 * it in {@link Contenders}.
 */
public interface Contender {

    /** What it is called on the command line, in results and on the page. */
    String name();

    /** Policies around synchronous calls, none of which rejects or cuts short a call. */
    default @Nullable Protection policies(Composition composition) {
        return null;
    }

    /** Policies around calls that answer with a stage. */
    default @Nullable AsyncProtection asyncPolicies(Composition composition) {
        return null;
    }

    /** A policy that rejects every call: an open breaker, a full bulkhead, a spent rate limiter. */
    default @Nullable Protection rejecting(PolicyKind kind, RejectionForm form) {
        return null;
    }

    /** A breaker that is opened by hand and closed again at each call. */
    default @Nullable Call stateChanges() {
        return null;
    }

    /** A pool of threads: a call hands the body to it and waits for the result. */
    default @Nullable Protection threadPool(ThreadKind threads) {
        return null;
    }

    /** Makes instances of one policy that share one configuration, each with a name of its own. */
    default @Nullable Supplier<Object> instances(PolicyKind kind) {
        return null;
    }

    /** A registry that holds so many breakers, each for a key of its own. */
    default @Nullable Object keyedBreakers(int keys) {
        return null;
    }
}
