package dev.mainstay.registry;

import dev.mainstay.Policy;
import dev.mainstay.Reconfigurable;
import dev.mainstay.safe.LeafSection;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The entry of one name in a {@link Registry}, from when the first thread begins to make its policy. Threads that make
 * it {@linkplain #join join} and {@linkplain #leave leave}; the first policy that is {@linkplain #publish published}
 * stays. An entry that all have left without a policy is dead.
 */
final class NamedInstance<P extends Policy & Reconfigurable<C>, C> {

    final SharedConfig<C> config;

    /** Whether it counts among the registry's instances. Guarded by the registry. */
    boolean hasPlace;

    /** Written in a leaf section, read by anybody. */
    volatile @Nullable P policy;

    /** Guarded by this. */
    private int makers;

    /** Guarded by this. */
    private boolean dead;

    NamedInstance(SharedConfig<C> config) {
        this.config = config;
    }

    /** Null as long as it is being made. */
    @Nullable
    P policy() {
        return policy;
    }

    /** The policy of one that was made. */
    P present() {
        return Objects.requireNonNull(policy);
    }

    /** False if it is dead. */
    @LeafSection
    synchronized boolean join() {
        if (dead) {
            return false;
        }
        makers++;
        return true;
    }

    /** True if that was the last one, and there is no policy: then it is dead. */
    @LeafSection
    synchronized boolean leave() {
        makers--;
        if (makers > 0 || policy != null) {
            return false;
        }
        dead = true;
        return true;
    }

    /** False if another thread was faster. */
    @LeafSection
    synchronized boolean publish(P made) {
        if (policy != null) {
            return false;
        }
        policy = made;
        return true;
    }

    /**
     * Puts the shared config in force here. A thread that reconfigures looks again afterwards, so that of several that
     * do so at the same time the last one leaves the config that is in force.
     */
    void catchUp() {
        P its = policy;
        if (its == null) {
            // Who makes it looks at the config again.
            return;
        }
        C current;
        do {
            current = config.inForce();
            its.reconfigure(current);
        } while (config.inForce() != current);
    }
}
