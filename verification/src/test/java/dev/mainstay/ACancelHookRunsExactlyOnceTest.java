package dev.mainstay;

import dev.mainstay.event.Subscription;
import dev.mainstay.verification.Exploration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/**
 * What is to be run if a call is cancelled runs once, whether it was registered before, at the same time or after, and
 * also if a scope around it ends in the same moment.
 */
class ACancelHookRunsExactlyOnceTest {

    @Test
    void inEverySchedule() {
        Exploration.holds(() -> {
            FutureScope outer = new FutureScope(null);
            FutureScope inner = new FutureScope(outer);
            AtomicInteger first = new AtomicInteger();
            AtomicInteger second = new AtomicInteger();

            Exploration.together(
                    () -> {
                        inner.onEnd(first::incrementAndGet);
                        inner.onEnd(second::incrementAndGet);
                    },
                    inner::end,
                    outer::end);

            Exploration.require(first.get() == 1 && second.get() == 1, "twice, or not at all");
        });
    }

    @Test
    void unlessItIsTakenBack() {
        Exploration.holds(() -> {
            FutureScope outer = new FutureScope(null);
            FutureScope inner = new FutureScope(outer);
            AtomicInteger runs = new AtomicInteger();
            Subscription hook = inner.onEnd(runs::incrementAndGet);

            Exploration.together(inner::end, outer::end, hook::close);

            Exploration.require(runs.get() <= 1, "twice");
            Exploration.require(!inner.hasHooks() && !outer.hasHooks(), "still to be run");
        });
    }
}
