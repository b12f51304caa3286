package dev.mainstay.registry;

import dev.mainstay.Policy;
import java.lang.ref.WeakReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The place of one key among {@link KeyedInstances}: its value is the policy, or, once that is evicted, a weak
 * reference to it.
 *
 * <pre>
 *              evict                    many evicted since, or collected
 *   HELD(p) ──────────▶ EVICTED(weak p) ─────────────────────────────────▶ FORGOTTEN
 *     │ ▲                    │   │
 *     │ └────────────────────┘   │ remove
 *     │       revive             ▼
 *     └──────────────────────▶ REMOVED
 *             remove
 * </pre>
 *
 * <p>The value is read by anybody and written in the leaf sections of {@link KeyedInstances} only.
 */
final class KeyedInstance<P extends Policy> {

    final Object key;

    /** Its name, if that had to be {@linkplain InstanceNames reserved}. */
    final @Nullable String reservedName;

    volatile Object value;

    /** The last change that its policy has seen. A hint: one too many may be made. */
    volatile @Nullable Consumer<? super P> change;

    /** The options of its policy before the first change, as long as that may be taken back. */
    volatile @Nullable Object original;

    /** Whether it stands in the queue of the evicted. Guarded by the {@link EvictionOrder}. */
    boolean queued;

    /** Whether it was evicted again since it stands there. Guarded by the {@link EvictionOrder}. */
    boolean evictedAgain;

    /** Whether it was looked up since the evictor came by. Racy: a mark that is lost makes it look a little older. */
    private boolean used = true;

    KeyedInstance(Object key, P policy, @Nullable String reservedName) {
        this.key = key;
        this.value = policy;
        this.reservedName = reservedName;
    }

    /** The policy, if it is held; otherwise null. For the hot path. */
    @Nullable
    P held() {
        Object value = this.value;
        return value instanceof Evicted ? null : policy(value);
    }

    /** The policy if it is held, or evicted and somebody has it; otherwise null. */
    @Nullable
    P reachable() {
        Object value = this.value;
        return value instanceof Evicted evicted ? policy(evicted.get()) : policy(value);
    }

    /** Whether this policy is here and held. */
    boolean holds(P policy) {
        return value == policy;
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

    @SuppressWarnings("unchecked")
    private @Nullable P policy(@Nullable Object value) {
        return (P) value;
    }

    /** A policy that only others hold. */
    static final class Evicted extends WeakReference<Object> {

        static final Evicted FORGOTTEN = new Evicted(null);
        static final Evicted REMOVED = new Evicted(null);

        Evicted(@Nullable Object policy) {
            super(policy);
        }
    }
}
