package dev.mainstay.verification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.util.concurrent.atomic.AtomicInteger;
import org.jetbrains.lincheck.LincheckAssertionError;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.Test;

/**
 * The searches find what they are made for: a bulkhead whose slots are counted without a compare-and-set fails in each
 * kind of them. A taste of a search might miss it, so that the size is always the same here.
 */
class ASeededBugIsFoundTest {

    @Test
    void byComparisonWithTheSpecification() {
        assertThatThrownBy(() -> Exploration.matches(Slots.class, OneSlot.class, sizeThatFinds()))
                .isInstanceOf(LincheckAssertionError.class)
                .hasMessageContaining("Invalid execution results");
    }

    @Test
    void byALookAtTheEnd() {
        assertThatThrownBy(() -> Exploration.settles(CountedSlots.class, sizeThatFinds()))
                .isInstanceOf(LincheckAssertionError.class)
                .hasMessageContaining("more calls than slots");
    }

    @Test
    void inAScene() {
        assertThat(foundIn(() -> {
                    CountedSlots slots = new CountedSlots();
                    Exploration.together(slots::take, slots::take);
                    slots.asManyAsThereAre();
                }))
                .isInstanceOf(LincheckAssertionError.class)
                .hasMessageContaining("more calls than slots");
    }

    /**
     * On Java 25, Lincheck 3.7 now and then stumbles over its own report of what it has found, and says only that. Then
     * it has to find it once more.
     */
    private static Throwable foundIn(Runnable scene) {
        int schedules = 2 * Exploration.SCHEDULES_THAT_FIND;
        Throwable found = catchThrowable(() -> Exploration.holds(scene, schedules));
        for (int i = 0; i < 3 && found instanceof IndexOutOfBoundsException; i++) {
            found = catchThrowable(() -> Exploration.holds(scene, schedules));
        }
        return found;
    }

    private static ModelCheckingOptions sizeThatFinds() {
        return Exploration.options(Exploration.SCENARIOS_THAT_FIND, Exploration.SCHEDULES_THAT_FIND);
    }

    public static class Slots {

        private volatile int free = 1;

        @Operation
        @SuppressWarnings("NonAtomicVolatileUpdate") // which is the bug
        public boolean take() {
            if (free == 0) {
                return false;
            }
            free = free - 1;
            return true;
        }
    }

    public static class CountedSlots extends Slots {

        private final AtomicInteger letIn = new AtomicInteger();

        @Override
        @Operation
        public boolean take() {
            return super.take() && letIn.incrementAndGet() > 0;
        }

        @Validate
        public void asManyAsThereAre() {
            Exploration.require(letIn.get() <= 1, "more calls than slots");
        }
    }

    public static class OneSlot {

        private boolean taken;

        public boolean take() {
            boolean free = !taken;
            taken = true;
            return free;
        }
    }
}
