package dev.mainstay.registry;

import dev.mainstay.Policy;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The place of one key in a {@link KeyedRegistry}: its value is the policy, or, once that is evicted, a weak reference to it.
 *
 * <pre>
 *              evict                       collected
 *   HELD(p) ──────────▶ EVICTED(weak p) ──────────────▶ GONE
 *      ▲                      │                           ▲
 *      └──────────────────────┘                           │
 *      │       revive                       remove        │
 *      └──────────────────────────────────────────────────┘
 * </pre>
 *
 * <p>As long as anybody holds an evicted policy, be it a call that had just looked it up, it is found here again. So a key never has two policies in use at the same
 * time.
 */
final class KeyedInstance<P extends Policy> extends AtomicReference<Object> {

    private static final long serialVersionUID = 1L;

    final transient Object key;

    /** The last change that its policy has seen. A hint: one too many may be made. */
    transient volatile @Nullable Consumer<? super P> change;

    /** Whether it was looked up since the evictor came by. Racy: a mark that is lost makes it look a little older. */
    private boolean used = true;

    KeyedInstance(Object key, P policy) {
        super(policy);
        this.key = key;
    }

    /** The policy, if it is held; otherwise null. For the hot path. */
    @Nullable
    P held() {
        Object value = get();
        return value instanceof Evicted ? null : policy(value);
    }

    /** The policy if anybody has it, even if it is evicted; null if it is gone. */
    @Nullable
    P reachable() {
        Object value = get();
        return value instanceof Evicted evicted ? policy(evicted.get()) : policy(value);
    }

    boolean isGone() {
        return get() == Evicted.GONE;
    }

    /** Whether this policy is here and held. */
    boolean holds(P policy) {
        return get() == policy;
    }

    void markUsed() {
        if (!used) {
            used = true;
        }
    }

    /** Whether it was looked up since the last time that this was asked. */
    boolean wasUsed() {
        boolean was = used;
        used = false;
        return was;
    }

    boolean evict(P policy, ReferenceQueue<Object> queue) {
        return compareAndSet(policy, new Evicted(policy, queue, this));
    }

    boolean revive(P policy) {
        Object value = get();
        return value instanceof Evicted evicted && evicted.get() == policy && compareAndSet(evicted, policy);
    }

    /** Ends it if its policy was collected. */
    boolean endIfCollected() {
        Object value = get();
        return value == Evicted.GONE
                || (value instanceof Evicted evicted && evicted.get() == null && compareAndSet(evicted, Evicted.GONE));
    }

    /** Ends it. Returns the policy if it was held. */
    @Nullable
    P end() {
        Object value = getAndSet(Evicted.GONE);
        return value instanceof Evicted ? null : policy(value);
    }

    @SuppressWarnings("unchecked")
    private @Nullable P policy(@Nullable Object value) {
        return (P) value;
    }

    /** A policy that only others hold. */
    static final class Evicted extends WeakReference<Object> {

        static final Evicted GONE = new Evicted();

        final @Nullable KeyedInstance<?> instance;

        private Evicted() {
            super(null);
            this.instance = null;
        }

        Evicted(Object policy, ReferenceQueue<Object> queue, KeyedInstance<?> instance) {
            super(policy, queue);
            this.instance = instance;
        }
    }
}
