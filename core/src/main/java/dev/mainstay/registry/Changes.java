package dev.mainstay.registry;

import dev.mainstay.Policy;
import dev.mainstay.safe.Failures;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The last change of all instances of a {@link KeyedRegistry}, which those made later see, too. Safe for use by many
 * threads.
 *
 * @param <P> the kind of policy
 */
final class Changes<P extends Policy> {

    private volatile @Nullable Consumer<? super P> last;

    /** The change that a new instance has to see. */
    @Nullable
    Consumer<? super P> last() {
        return last;
    }

    /**
     * Changes all there are, and those that {@linkplain #catchUp catch up} later. Which there are is asked afterwards:
     * one that is made meanwhile is either among them, or finds the change.
     */
    void apply(Consumer<? super P> change, Supplier<? extends Iterable<KeyedInstance<P>>> instances) {
        last = change;
        Throwable failure = null;
        for (KeyedInstance<P> place : instances.get()) {
            failure = changed(place, failure);
        }
        if (failure != null) {
            Changes.<RuntimeException>raise(failure);
        }
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
        if (place.change != last) {
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
            current = last;
            if (current != null) {
                current.accept(policy);
            }
        } while (last != current);
        place.change = current;
    }

    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    private static <X extends Throwable> void raise(Throwable failure) throws X {
        throw (X) failure;
    }
}
