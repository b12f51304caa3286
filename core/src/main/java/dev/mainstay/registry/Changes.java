package dev.mainstay.registry;

import dev.mainstay.Policy;
import dev.mainstay.Reconfigurable;
import dev.mainstay.safe.Failures;
import dev.mainstay.safe.StackReserve;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The last change of all instances of a {@link KeyedRegistry} that none of them has rejected, which those made later
 * see, too. Safe for use by many threads.
 *
 * @param <P> the kind of policy
 */
final class Changes<P extends Policy> {

    private static final Consumer<Object> NONE = new NoChange();

    private final SharedConfig<Consumer<? super P>> changes = new SharedConfig<>("changes", NONE);

    /**
     * Changes all there are, and those that {@linkplain #catchUp catch up} later. Which there are is asked afterwards:
     * one that is made meanwhile is either among them, or finds the change. If one rejects it, all get the one again
     * that was in force before.
     */
    void apply(Consumer<? super P> change, Supplier<? extends Iterable<KeyedInstance<P>>> instances) {
        StackReserve.check();
        SharedConfig.Version<Consumer<? super P>> version = changes.change(change);
        Throwable rejection = makeLast(instances.get(), null);
        if (rejection == null) {
            version.accept();
            return;
        }
        if (changes.reject(version)) {
            // What it throws is suppressed in the rejection.
            Throwable ignored = makeLast(instances.get(), rejection);
        }
        Changes.<RuntimeException>raise(rejection);
    }

    private @Nullable Throwable makeLast(Iterable<KeyedInstance<P>> instances, @Nullable Throwable before) {
        Throwable failure = before;
        for (KeyedInstance<P> place : instances) {
            failure = changed(place, failure);
        }
        return failure;
    }

    private @Nullable Throwable changed(KeyedInstance<P> place, @Nullable Throwable before) {
        P policy = place.held();
        if (policy == null) {
            // It sees the change if it comes back.
            return before;
        }
        try {
            makeLast(place, policy);
            return before;
        } catch (Throwable failure) {
            if (before == null) {
                return failure;
            }
            Failures.suppress(before, failure);
            return before;
        }
    }

    /** Makes the change in force, if the instance has not seen it. */
    void catchUp(KeyedInstance<P> place, P policy) {
        if (place.change != changes.inForce()) {
            makeLast(place, policy);
        }
    }

    /**
     * A thread that makes a change looks again afterwards, so that of several that do so at the same time the last one
     * makes the one that is in force.
     */
    private void makeLast(KeyedInstance<P> place, P policy) {
        Consumer<? super P> current;
        do {
            current = changes.inForce();
            if (current == NONE) {
                undo(place, policy);
            } else {
                remember(place, policy);
                current.accept(policy);
            }
        } while (changes.inForce() != current);
        place.change = current;
    }

    /** Notes what an instance was like before its first change. */
    private static <P extends Policy> void remember(KeyedInstance<P> place, P policy) {
        Consumer<? super P> seen = place.change;
        if ((seen == null || seen == NONE)
                && place.original == null
                && policy instanceof Reconfigurable<?> reconfigurable) {
            place.original = reconfigurable.config();
        }
    }

    /** Its first change was rejected. */
    @SuppressWarnings("unchecked")
    private static <P extends Policy> void undo(KeyedInstance<P> place, P policy) {
        Object original = place.original;
        if (original != null && policy instanceof Reconfigurable<?> changed) {
            if (!original.equals(changed.config())) {
                ((Reconfigurable<Object>) changed).reconfigure(original);
            }
            place.original = null;
        }
    }

    /** In force until there is a change: instances are as the factory made them. */
    private static final class NoChange implements Consumer<Object> {

        @Override
        public void accept(Object instance) {}
    }

    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    private static <X extends Throwable> void raise(Throwable failure) throws X {
        throw (X) failure;
    }
}
