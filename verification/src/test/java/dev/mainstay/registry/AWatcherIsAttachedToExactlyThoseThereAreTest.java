package dev.mainstay.registry;

import dev.mainstay.Chain;
import dev.mainstay.Policy;
import dev.mainstay.call.AsyncCallBody;
import dev.mainstay.call.CallBody;
import dev.mainstay.call.CallContext;
import dev.mainstay.event.Subscription;
import dev.mainstay.verification.Exploration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Validate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Whoever watches a registry is attached to each instance that is there, once, and to none that has gone, in whatever
 * order instances come and go and the watcher itself does.
 */
class AWatcherIsAttachedToExactlyThoseThereAreTest {

    @Test
    void whileAnInstanceComesAndGoes() {
        Exploration.holds(() -> {
            Members<Instance> members = new Members<>("members");
            Instance instance = new Instance();
            AtomicInteger attached = new AtomicInteger();

            Exploration.together(
                    () -> {
                        members.add(instance);
                        members.remove(instance);
                        members.add(instance);
                    },
                    () -> members.watch(policy -> attaching(attached)));

            Exploration.require(attached.get() == 1, "attached twice, or not at all");
        });
    }

    @Test
    void whileTheWatcherLeaves() {
        Exploration.settles(Leaving.class);
    }

    public static class Leaving {

        private final Members<Instance> members = new Members<>("members");
        private final AtomicInteger attached = new AtomicInteger();
        private final AtomicBoolean left = new AtomicBoolean();
        private final Subscription watcher = members.watch(policy -> attaching(attached));

        @Operation
        public void comes() {
            members.add(new Instance());
        }

        @Operation(runOnce = true)
        public void leaves() {
            left.set(true);
            watcher.close();
        }

        @Validate
        public void isAttachedToAllOrNone() {
            Exploration.require(
                    attached.get() == (left.get() ? 0 : members.all().size()), "a watcher that has left is attached");
        }
    }

    private static Subscription attaching(AtomicInteger attached) {
        attached.incrementAndGet();
        return attached::decrementAndGet;
    }

    private static final class Instance extends Policy {

        @Override
        public String name() {
            return "instance";
        }

        @Override
        public <T extends @Nullable Object> T around(
                CallContext context, long now, Chain inner, CallBody<? extends T> body) {
            throw new AssertionError("nobody calls it");
        }

        @Override
        public <T extends @Nullable Object> CompletableFuture<T> aroundAsync(
                CallContext context, long now, Chain inner, AsyncCallBody<? extends T> body) {
            throw new AssertionError("nobody calls it");
        }
    }
}
