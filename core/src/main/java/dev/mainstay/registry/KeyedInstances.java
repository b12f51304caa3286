package dev.mainstay.registry;

import dev.mainstay.Policy;
import dev.mainstay.PolicyAccess;
import dev.mainstay.event.CallbackFailures;
import dev.mainstay.meter.CallCounter;
import dev.mainstay.registry.KeyedInstance.Evicted;
import dev.mainstay.safe.StackReserve;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The instances of a {@link KeyedRegistry} by key: finds them, makes them, and evicts idle ones to make room.
 *
 * @param <P> the kind of policy
 */
final class KeyedInstances<P extends Policy> {

    /*
     * What is bounded
     * ===============
     * - Held instances: maxInstances. Beyond that, at most OVERDRAFT_AT_MOST come back that were evicted under a call
     *   that left something in them (see below).
     * - Evicted instances that are remembered: as many again, and REMEMBERED_AT_LEAST. The oldest are forgotten first.
     * - Hence the table, which never shrinks, has never more entries than the sum.
     *
     * Eviction
     * ========
     * A call must not lose what it leaves in an instance (a permit, a failure, a debt) that is evicted just after the
     * call has looked it up, and the key must not get a second instance meanwhile. Pinning the instance would cost two
     * writes to shared memory per call. Instead:
     *
     * - The key's entry stays and holds the evicted policy weakly. As long as the call has the policy, the next call
     *   with this key finds it there again.
     * - The evictor evicts first, and then asks once more whether the policy is idle; if not, it takes the eviction
     *   back.
     * - The call looks, when it has gone through the policy, whether the policy was evicted. If so, and if it is not
     *   idle, the policy comes back. An asynchronous call looks when it was begun and when its future is complete.
     *
     * Evictor: write the place, read the policy. Call: write the policy, read the place. Both are volatile, so that at
     * least one of the two sees the other.
     *
     * A policy that comes back takes the room of an idle one. If there is none, it takes room from the overdraft, which
     * is there for calls that raced with an eviction. A flood of asynchronous calls that fail late cannot use the
     * overdraft: what they leave at their end is lost if there is no room. A policy that was forgotten meanwhile comes
     * back too, unless its key has another instance by then.
     *
     * Which one goes is decided as by the second hand of a clock: instances stand in a queue. One that comes to the
     * head goes back to the end if it was used since it was last there, or if it is not idle. A new key moves the hand
     * twice around at most. After a search in vain, keys that come next move it LOOKS_AT_LEAST places each, until
     * together they have come around: so a flood of keys while all are busy costs little each.
     *
     * Locks
     * =====
     * Places change hands, and are counted, in leaf sections of HeldPlaces, so that neither an exception nor a full
     * stack leaves the count wrong. They are entered on cold paths only. Factories, policies, keys and watchers are
     * called outside of them.
     */
    private static final int LOOKS_AT_LEAST = 32;

    private final String owner;
    private final Function<Object, KeyedInstance<P>> factory;
    private final Overflow<P> overflow;
    private final Members<P> members;
    private final Changes<P> changes;
    private final Consumer<? super KeyedInstance<P>> whenGone;

    private final ConcurrentHashMap<Object, KeyedInstance<P>> table = new ConcurrentHashMap<>();
    private final HeldPlaces<P> places;
    private final Queue<KeyedInstance<P>> hand = new ConcurrentLinkedQueue<>();

    private final EvictionOrder<P> evicted;

    private final CallCounter evictions = new CallCounter();
    private final CallbackFailures idleFailures = new CallbackFailures();
    private final CallbackFailures keyFailures = new CallbackFailures();
    private final CallbackFailures returnFailures = new CallbackFailures();

    /** How many places the hand still has to move before a new key may move it around. A hint. */
    private int movesToGo;

    KeyedInstances(
            String owner,
            int maxInstances,
            Function<Object, KeyedInstance<P>> factory,
            Overflow<P> overflow,
            Members<P> members,
            Changes<P> changes,
            Consumer<? super KeyedInstance<P>> whenGone) {
        this.owner = owner;
        this.places = new HeldPlaces<>(maxInstances, LOOKS_AT_LEAST);
        this.evicted = new EvictionOrder<>(maxInstances);
        this.factory = factory;
        this.overflow = overflow;
        this.members = members;
        this.changes = changes;
        this.whenGone = whenGone;
    }

    /** How many there are for keys. */
    int count() {
        return places.count();
    }

    CallCounter evictions() {
        return evictions;
    }

    /** All entries, for tests: those that are held and those that are remembered. */
    int entries() {
        return table.size();
    }

    /** For tests: how many stand in the queues. */
    int queued() {
        return hand.size() + evicted.size();
    }

    Iterable<KeyedInstance<P>> all() {
        return table.values();
    }

    @Nullable
    KeyedInstance<P> find(Object key) {
        return table.get(key);
    }

    /** The place of a key, which held a policy a moment ago; the shared one if there is no room. */
    KeyedInstance<P> of(Object key) {
        KeyedInstance<P> place = table.get(key);
        if (place != null && place.held() != null) {
            place.markUsed();
            return place;
        }
        return found(key);
    }

    /** The place of a key that had none, or one whose policy was evicted. */
    private KeyedInstance<P> found(Object key) {
        StackReserve.check();
        forgetOldest();
        while (true) {
            KeyedInstance<P> place = table.get(key);
            if (place == null) {
                place = made(key);
                if (place != null) {
                    return place;
                }
                continue;
            }
            P policy = place.reachable();
            if (policy == null) {
                forget(place);
            } else if (place.holds(policy)) {
                place.markUsed();
                return place;
            } else if (!reserve() && (isIdle(policy) || !places.overdraw())) {
                return overflow.placeOf(key);
            } else {
                overflow.handOver(key, policy);
                if (entersAgain(place, policy)) {
                    return place;
                }
            }
        }
    }

    /** The place of a new policy, the shared one, or null if another thread was faster. */
    private @Nullable KeyedInstance<P> made(Object key) {
        if (!reserve()) {
            return overflow.placeOf(key);
        }
        KeyedInstance<P> entered = null;
        KeyedInstance<P> place;
        try {
            place = factory.apply(key);
            if (table.putIfAbsent(key, place) == null) {
                entered = place;
            }
        } finally {
            if (entered == null) {
                places.release();
            }
        }
        if (entered != null) {
            P policy = entered.reachable();
            if (policy != null) {
                enter(entered, policy);
            }
        }
        return entered;
    }

    /** Its policy has become one of those that are held. */
    private void enter(KeyedInstance<P> place, P policy) {
        place.markUsed();
        try {
            members.add(policy);
        } finally {
            hand.add(place);
        }
        if (place.value == Evicted.REMOVED) {
            // Before it was a member.
            members.remove(policy);
        }
        changes.catchUp(place, policy);
    }

    /** Forgets a key's instance, idle or not. */
    Optional<P> remove(Object key) {
        StackReserve.check();
        KeyedInstance<P> place = table.remove(key);
        if (place == null) {
            return Optional.empty();
        }
        P policy = place.reachable();
        boolean wasHeld = places.end(place);
        whenGone.accept(place);
        if (!wasHeld || policy == null) {
            return Optional.empty();
        }
        if (places.manyWereRemoved()) {
            hand.removeIf(each -> each.value == Evicted.REMOVED);
        }
        members.remove(policy);
        return Optional.of(policy);
    }

    // ---- what calls leave

    /**
     * For a call that has gone through a policy which is held no longer: what it left there must not be lost. Never
     * throws.
     *
     * @param overdrawing whether it may come back even if there is no room
     */
    void keep(KeyedInstance<P> place, P policy, boolean overdrawing) {
        if (place.value == policy) {
            return;
        }
        try {
            StackReserve.check();
            if (place.value != Evicted.REMOVED && !isIdle(policy)) {
                comeBack(place, policy, overdrawing);
            }
        } catch (Throwable failure) {
            returnFailures.report(owner, "return of an instance that was evicted under a call", failure);
        }
    }

    private void comeBack(KeyedInstance<P> place, P policy, boolean overdrawing) {
        boolean isForgotten = place.value == Evicted.FORGOTTEN;
        if (!isForgotten && place.reachable() != policy) {
            return;
        }
        if (!reserve() && !(overdrawing && places.overdraw())) {
            return;
        }
        if (!isForgotten) {
            entersAgain(place, policy);
            return;
        }
        KeyedInstance<P> anew = new KeyedInstance<>(place.key, policy, place.reservedName);
        boolean entered = false;
        try {
            entered = table.putIfAbsent(place.key, anew) == null;
        } finally {
            if (!entered) {
                places.release();
            }
        }
        if (entered) {
            enter(anew, policy);
        }
    }

    /** Lets an evicted policy back in, if it is still there, for room that was reserved. */
    private boolean entersAgain(KeyedInstance<P> place, P policy) {
        boolean back = false;
        try {
            back = place.value instanceof Evicted left && left.get() == policy && places.replace(place, left, policy);
        } finally {
            if (!back) {
                places.release();
            }
        }
        if (back) {
            enter(place, policy);
        }
        return back;
    }

    // ---- making room

    private boolean reserve() {
        while (!places.take()) {
            if (!evictOne()) {
                return false;
            }
        }
        return true;
    }

    private boolean evictOne() {
        int around = Math.max(LOOKS_AT_LEAST, 2 * places.count());
        int moves = movesToGo > 0 ? LOOKS_AT_LEAST : around;
        for (int moved = 0; moved < moves; ) {
            KeyedInstance<P> place = hand.poll();
            if (place == null) {
                return false;
            }
            P policy = place.held();
            if (policy == null) {
                // Removed: it stands here no longer.
                continue;
            }
            if (evicted(place, policy)) {
                movesToGo = 0;
                return true;
            }
            moved++;
        }
        movesToGo = moves == around ? around - LOOKS_AT_LEAST : movesToGo - LOOKS_AT_LEAST;
        return false;
    }

    private boolean evicted(KeyedInstance<P> place, P policy) {
        boolean gone = false;
        try {
            gone = !place.wasUsed() && isIdle(policy) && evictIfIdle(place, policy, new Evicted(policy));
        } finally {
            if (gone) {
                places.release();
            } else {
                hand.add(place);
            }
        }
        if (!gone) {
            return false;
        }
        evicted.add(place);
        evictions.increment();
        members.remove(policy);
        if (place.holds(policy)) {
            // A call has brought it back before the watchers were told.
            members.add(policy);
        }
        forgetOldest();
        return true;
    }

    private boolean evictIfIdle(KeyedInstance<P> place, P policy, Evicted left) {
        return places.replace(place, policy, left) && (isIdle(policy) || !places.replace(place, left, policy));
    }

    /** One that cannot say counts as busy. */
    private boolean isIdle(P policy) {
        try {
            return PolicyAccess.isIdle(policy);
        } catch (Throwable failure) {
            idleFailures.report(owner, "isIdle", failure);
            return false;
        }
    }

    /**
     * Forgets those that were evicted longest ago, if there are too many; and those at the head of the queue of which
     * nothing is left.
     */
    private void forgetOldest() {
        for (KeyedInstance<P> oldest = evicted.next(); oldest != null; oldest = evicted.next()) {
            if (evicted.leaves(oldest)) {
                forgetQuietly(oldest);
            }
        }
    }

    /** Its key is not that of the call which is waiting meanwhile, and may throw. */
    private void forgetQuietly(KeyedInstance<P> place) {
        try {
            forget(place);
        } catch (Throwable failure) {
            keyFailures.report(owner, "equals or hashCode of a key", failure);
        }
    }

    private void forget(KeyedInstance<P> place) {
        Object value = place.value;
        if (value instanceof Evicted && (value == Evicted.REMOVED || places.replace(place, value, Evicted.FORGOTTEN))) {
            table.remove(place.key, place);
            whenGone.accept(place);
        }
    }
}
