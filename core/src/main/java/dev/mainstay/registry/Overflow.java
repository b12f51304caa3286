package dev.mainstay.registry;

import dev.mainstay.Policy;
import dev.mainstay.PolicyAccess;
import dev.mainstay.event.CallbackFailures;
import dev.mainstay.safe.SafeLog;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * The instance that keys share for which there is no room, and which keys have done so since it was idle. Safe for use
 * by many threads.
 *
 * @param <P> the kind of policy
 */
final class Overflow<P extends Policy> {

    private static final SafeLog LOG = SafeLog.of(KeyedRegistry.class);

    private static final int WORDS = 256;

    private final String owner;
    private final int maxInstances;
    private final P shared;

    /** Stands in no table and no queue. */
    private final KeyedInstance<P> place;

    /**
     * A bit for the hash of each key that has shared: 2 KB however many there are. A key whose bit was set by another
     * takes over what it need not, which does no harm.
     */
    private final AtomicLongArray sharers = new AtomicLongArray(WORDS);

    private volatile boolean isShared;
    private final AtomicBoolean warned = new AtomicBoolean();
    private final CallbackFailures failures = new CallbackFailures();

    Overflow(String owner, int maxInstances, P shared) {
        this.owner = owner;
        this.maxInstances = maxInstances;
        this.shared = shared;
        this.place = new KeyedInstance<>(owner, shared, null);
    }

    P shared() {
        return shared;
    }

    KeyedInstance<P> place() {
        return place;
    }

    /** The place of a key for which there is no room. */
    KeyedInstance<P> placeOf(Object key) {
        int bit = bitOf(key);
        long mask = 1L << bit;
        int word = bit >>> 6;
        if ((sharers.get(word) & mask) == 0) {
            sharers.getAndAccumulate(word, mask, (before, more) -> before | more);
        }
        if (!isShared) {
            isShared = true;
        }
        if (warned.compareAndSet(false, true)) {
            LOG.warn(
                    "Registry '{registry}' has its {maxInstances} instances, and none is idle: further keys share one",
                    "registry",
                    owner,
                    "maxInstances",
                    maxInstances);
        }
        return place;
    }

    /** For a policy that is made for a key whose calls may have gone through the shared one. */
    @SuppressWarnings("unchecked")
    void handOver(Object key, P policy) {
        if (!isShared || !(policy instanceof StateTransfer<?> heir)) {
            return;
        }
        try {
            if (PolicyAccess.isIdle(shared)) {
                forgetSharers();
            } else if ((sharers.get(bitOf(key) >>> 6) & 1L << bitOf(key)) != 0) {
                ((StateTransfer<P>) heir).takeOver(shared);
            }
        } catch (Throwable failure) {
            failures.report(owner, "takeOver", failure);
        }
    }

    private void forgetSharers() {
        isShared = false;
        for (int i = 0; i < WORDS; i++) {
            sharers.set(i, 0);
        }
    }

    private static int bitOf(Object key) {
        int hash = key.hashCode() * 0x9E3779B9;
        return hash >>> (32 - 14);
    }
}
