package dev.mainstay;

import dev.mainstay.call.CallContext;
import dev.mainstay.verification.Exploration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * A call in line is served once, or leaves; and served as its javadoc says, no permit stays free while a call waits.
 */
class AWaitQueueServesEachCallOnceTest {

    @Test
    void thatIsServedByTwoAtATime() {
        Exploration.holds(() -> {
            Scene scene = new Scene(0);
            scene.join();
            scene.join();
            AtomicReference<@Nullable Waiter> one = new AtomicReference<>();
            AtomicReference<@Nullable Waiter> other = new AtomicReference<>();
            Exploration.together(() -> one.set(scene.queue.next(0)), () -> other.set(scene.queue.next(0)));
            Exploration.require(one.get() != null && other.get() != null, "somebody in line was not found");
            Exploration.require(one.get() != other.get(), "the same was served twice");
            Exploration.require(scene.queue.isEmpty(), "somebody is left in line");
        });
    }

    @Test
    void thatLeavesAsItIsServed() {
        Exploration.holds(() -> {
            Scene scene = new Scene(0);
            Waiter first = scene.join();
            Waiter second = scene.join();
            AtomicReference<@Nullable Waiter> served = new AtomicReference<>();
            AtomicReference<Boolean> left = new AtomicReference<>();
            Exploration.together(() -> served.set(scene.queue.next(0)), () -> left.set(scene.queue.remove(first)));
            Exploration.require(served.get() == (left.get() ? second : first), "one was served that had left");
            Exploration.require(scene.queue.size() == (left.get() ? 0 : 1), "the size is wrong");
        });
    }

    @Test
    void thatJoinsAsAPermitComesBack() {
        Exploration.holds(() -> {
            Scene scene = new Scene(0);
            AtomicReference<Waiter> waiter = new AtomicReference<>();
            Exploration.together(scene::giveBack, () -> {
                waiter.set(scene.join());
                scene.serve();
            });
            Exploration.require(!waiter.get().isWaiting(), "a permit is free while a call waits");
            Exploration.require(scene.free.get() == 0, "a permit was made up");
        });
    }

    private static final class Scene {

        final WaitQueue queue = WaitQueue.firstComeFirstServed("line", () -> 2);
        final AtomicInteger free;

        Scene(int free) {
            this.free = new AtomicInteger(free);
        }

        Waiter join() {
            Waiter waiter = new Waiter(CallContext.plain()) {};
            Exploration.require(queue.add(waiter, 0), "the line is not full");
            return waiter;
        }

        void giveBack() {
            free.incrementAndGet();
            serve();
        }

        void serve() {
            while (!queue.isEmpty() && take()) {
                Waiter next = queue.next(0);
                if (next == null || !next.grant(0)) {
                    free.incrementAndGet();
                }
            }
        }

        private boolean take() {
            int left = free.get();
            while (left > 0) {
                if (free.compareAndSet(left, left - 1)) {
                    return true;
                }
                left = free.get();
            }
            return false;
        }
    }
}
