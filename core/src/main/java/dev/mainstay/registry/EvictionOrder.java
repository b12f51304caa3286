package dev.mainstay.registry;

import dev.mainstay.Policy;
import dev.mainstay.registry.KeyedInstance.Evicted;
import dev.mainstay.safe.LeafSection;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * The places whose policies were evicted, the oldest first, and which of them to forget next. Among them are some that
 * came back, were removed or collected since. A place stands in the queue once, however often it is evicted.
 */
final class EvictionOrder<P extends Policy> {

    private static final int REMEMBERED_AT_LEAST = 64;

    private final Queue<KeyedInstance<P>> queue = new ConcurrentLinkedQueue<>();
    private final int rememberedAtMost;

    /** How many stand in the queue. Written in leaf sections, read by anybody. */
    private volatile int remembered;

    EvictionOrder(int maxInstances) {
        this.rememberedAtMost = Math.max(maxInstances, REMEMBERED_AT_LEAST);
    }

    int size() {
        return queue.size();
    }

    /** For a place whose policy has just been evicted. */
    void add(KeyedInstance<P> place) {
        if (remember(place)) {
            queue.add(place);
        }
    }

    /** The oldest, if there are too many or if nothing is left of it. */
    @Nullable
    KeyedInstance<P> next() {
        KeyedInstance<P> oldest = queue.peek();
        if (oldest == null) {
            return null;
        }
        boolean goes = remembered > rememberedAtMost || oldest.held() != null || oldest.reachable() == null;
        return goes ? oldest : null;
    }

    /**
     * Takes out the oldest, unless another thread has; one that was evicted again goes to the end. Says whether it is
     * for the caller to forget.
     */
    boolean leaves(KeyedInstance<P> oldest) {
        if (!queue.remove(oldest)) {
            return false;
        }
        if (staysRemembered(oldest)) {
            queue.add(oldest);
            return false;
        }
        return true;
    }

    /** Says whether it is to be queued: it may stand in the queue since an eviction before. */
    @LeafSection
    private synchronized boolean remember(KeyedInstance<P> place) {
        if (place.queued) {
            place.evictedAgain = true;
            return false;
        }
        place.queued = true;
        remembered = remembered + 1;
        return true;
    }

    /**
     * For one that has come to the head of the queue: whether it goes back to the end, since it was evicted again after
     * it came there.
     */
    @LeafSection
    private synchronized boolean staysRemembered(KeyedInstance<P> place) {
        boolean again = place.evictedAgain && place.value instanceof Evicted;
        place.evictedAgain = false;
        if (!again) {
            place.queued = false;
            remembered = remembered - 1;
        }
        return again;
    }
}
