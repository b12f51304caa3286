package dev.mainstay.registry;

import dev.mainstay.Policy;
import dev.mainstay.registry.KeyedInstance.Evicted;
import dev.mainstay.safe.LeafSection;

/**
 * Counts the places that hold a policy, and lets places change hands. The sections are leaf sections, so that neither
 * an exception nor a full stack leaves the count wrong. They are entered on cold paths only.
 */
final class HeldPlaces<P extends Policy> {

    private static final int OVERDRAFT_AT_MOST = 16;

    private final int maxInstances;
    private final int overdraft;
    private final int manyRemoved;

    /** Instances that are held or being made. Written in leaf sections, read by anybody. */
    private volatile int held;

    /** How many were removed since the queue of the held was last cleared of them. Guarded by this. */
    private int removed;

    /**
     * @param maxInstances how many there may be; some more may be overdrawn
     * @param spare how many may be removed before it is worth looking for them in a small registry
     */
    HeldPlaces(int maxInstances, int spare) {
        this.maxInstances = maxInstances;
        this.overdraft = Math.min(maxInstances, OVERDRAFT_AT_MOST);
        this.manyRemoved = maxInstances / 2 + spare;
    }

    int count() {
        return held;
    }

    /** Reserves room for one more, if there is any. */
    @LeafSection
    synchronized boolean take() {
        if (held >= maxInstances) {
            return false;
        }
        held = held + 1;
        return true;
    }

    /** Reserves room beyond the maximum, of which there is little. */
    @LeafSection
    synchronized boolean overdraw() {
        if (held - maxInstances >= overdraft) {
            return false;
        }
        held = held + 1;
        return true;
    }

    /** Gives back the room of one that was evicted, or that did not come to be. */
    @LeafSection
    synchronized void release() {
        held = held - 1;
    }

    @LeafSection
    synchronized boolean replace(KeyedInstance<P> place, Object expected, Object value) {
        if (place.value != expected) {
            return false;
        }
        place.value = value;
        return true;
    }

    /** Ends it for good, and gives back its room. Says whether it was held. */
    @LeafSection
    synchronized boolean end(KeyedInstance<P> place) {
        boolean wasHeld = !(place.value instanceof Evicted);
        place.value = Evicted.REMOVED;
        if (wasHeld) {
            held = held - 1;
            removed++;
        }
        return wasHeld;
    }

    /** Whether so many were removed that the queue has to be cleared of them. Counts from 0 again if so. */
    @LeafSection
    synchronized boolean manyWereRemoved() {
        if (removed <= manyRemoved) {
            return false;
        }
        removed = 0;
        return true;
    }
}
