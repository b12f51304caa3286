package dev.mainstay.event;

import dev.mainstay.safe.SafeLog;
import java.util.concurrent.atomic.AtomicLongFieldUpdater;

/**
 * What became of one callback of the user's (a listener, a predicate, a hook) that throws: the first failure is logged
 * at WARN, all are counted, and none changes what the policy does. Safe for use by many threads. Never throws.
 */
public final class CallbackFailures {

    private static final SafeLog LOG = SafeLog.of(CallbackFailures.class);

    private static final AtomicLongFieldUpdater<CallbackFailures> COUNT =
            AtomicLongFieldUpdater.newUpdater(CallbackFailures.class, "count");

    private volatile long count;

    /** No failure yet. */
    public CallbackFailures() {}

    /**
     * Takes note of one failure.
     *
     * @param policy the name of the policy that called back
     * @param callback what was called, as the user named it: {@code "recordResult predicate"}
     */
    public void report(String policy, String callback, Throwable failure) {
        try {
            if (COUNT.getAndIncrement(this) == 0) {
                LOG.warn(
                        "'{policy}': its {callback} threw; the call goes on without it, and further failures are only"
                                + " counted",
                        failure,
                        "policy",
                        policy,
                        "callback",
                        callback);
            }
        } catch (Throwable noRoom) {
            // Out of stack or memory: the note is lost, and the call is not.
        }
    }

    /** How often it has thrown. */
    public long count() {
        return count;
    }
}
