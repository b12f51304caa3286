package dev.mainstay.event;

import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What became of one callback of the user's (a listener, a predicate, a hook) that throws: the first failure is logged at WARN,
 * all are counted, and none changes what the policy does. Safe for use by many threads.
 */
public final class CallbackFailures {

    private static final Logger LOG = LoggerFactory.getLogger(CallbackFailures.class);

    private final AtomicLong count = new AtomicLong();

    /** No failure yet. */
    public CallbackFailures() {}

    /**
     * Takes note of one failure.
     *
     * @param policy the policy that called back
     * @param callback what was called, as the user named it: {@code "recordResult predicate"}
     */
    public void report(String policy, String callback, Throwable failure) {
        if (count.getAndIncrement() == 0) {
            LOG.atWarn()
                    .setCause(failure)
                    .addKeyValue("policy", policy)
                    .addKeyValue("callback", callback)
                    .log("A callback threw; it is ignored, and further failures of this callback are only counted");
        }
    }

    /** How often it has thrown. */
    public long count() {
        return count.get();
    }
}
