package dev.mainstay.bulkhead;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.Waiter;
import dev.mainstay.call.CallContext;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Races of {@link Slots} that only last an instant, stopped in that instant. */
class SlotsTest {

    private final List<Long> joined = new ArrayList<>();
    private final List<String> letIn = new ArrayList<>();
    private final Slots slots = new Slots("slots", 1, joined::add);

    @Test
    void aSlotForACallThatHasGivenUpAndNotYetLeftTheLineGoesToTheNext() {
        assertThat(tryTake()).isTrue();
        Call gone = join("gone", 1);
        join("next", 2);
        gone.giveUpOnly();
        slots.give();
        assertThat(letIn).containsExactly("next");
        assertThat(joined).containsExactly(2L);
        assertThat(slots.inUse()).isEqualTo(1);
        slots.leave(gone);
        slots.give();
        assertThat(slots.inUse()).isZero();
        assertThat(slots.queued()).isZero();
    }

    @Test
    void aSlotForTheLastInLineWhoHasGivenUpIsFreeAgain() {
        assertThat(tryTake()).isTrue();
        join("gone", 1).giveUpOnly();
        slots.give();
        assertThat(slots.inUse()).isZero();
        assertThat(tryTake()).isTrue();
    }

    @Test
    void aCallThatGaveUpBeforeItJoinedTakesNoSlot() {
        Call gone = new Call("gone");
        gone.giveUpOnly();
        assertThat(slots.join(gone, 0, 1)).isTrue();
        assertThat(slots.inUse()).isZero();
        assertThat(letIn).isEmpty();
    }

    @Test
    void whoJoinsWhenASlotHasJustComeFreeIsLetInAtOnce() {
        join("lucky", 7);
        assertThat(letIn).containsExactly("lucky");
        assertThat(joined).containsExactly(7L);
        assertThat(slots.inUse()).isEqualTo(1);
        assertThat(slots.queued()).isZero();
    }

    @Test
    void aLineWithoutPlacesIsNeverFormed() {
        assertThat(tryTake()).isTrue();
        assertThat(slots.join(new Call("rejected"), 0, 0)).isFalse();
        slots.give();
        assertThat(tryTake()).isTrue();
    }

    @Test
    void whoIsDismissedIsOutOfTheLineAndHoldsUpNobody() throws Exception {
        assertThat(tryTake()).isTrue();
        Call first = join("first", 1);
        join("second", 2);
        assertThat(slots.dismissFirst()).isSameAs(first);
        assertThat(slots.queued()).isEqualTo(1);
        CompletableFuture.runAsync(slots::give).get(10, TimeUnit.SECONDS);
        assertThat(letIn).containsExactly("second");
        assertThat(slots.dismissFirst()).isNull();
    }

    @Test
    void aNewcomerDoesNotOvertakeTheNextWhileTheLineIsServed() {
        assertThat(tryTake()).isTrue();
        List<Boolean> newcomers = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            assertThat(slots.join(
                            new Waiter(CallContext.plain()) {
                                @Override
                                protected void answered() {
                                    newcomers.add(tryTake());
                                }
                            },
                            0,
                            5))
                    .isTrue();
        }
        slots.resize(5);
        assertThat(newcomers)
                .as("while the first is let in, the second is next: the newcomer lets that in, and then gets a slot")
                .containsExactly(true, true);
        assertThat(slots.inUse()).isEqualTo(5);
        assertThat(slots.queued()).isZero();
    }

    @Test
    void aSlotThatIsGivenBackTooOftenIsToldOnceAndCostsNeitherTheLimitNorTheCount() {
        assertThat(tryTake()).isTrue();
        slots.give();
        for (int i = 0; i < 3; i++) {
            slots.give();
            assertThat(slots.inUse()).isZero();
            assertThat(slots.limit()).isEqualTo(1);
        }
        assertThat(tryTake()).isTrue();
        assertThat(tryTake()).isFalse();
        assertThat(slots.inUse()).isEqualTo(1);
    }

    @Test
    void whatIsOwedIsGivenBackByWhoeverComesNext() {
        assertThat(tryTake()).isTrue();
        slots.owed = 1;
        assertThat(tryTake()).as("by the next to enter").isTrue();
        Call waiting = join("waiting", 1);
        slots.owed = 1;
        assertThat(slots.inUse()).as("by who asks").isEqualTo(1);
        assertThat(letIn).as("and the slot goes to the first in line").containsExactly("waiting");
        assertThat(waiting.isWaiting()).isFalse();
    }

    private boolean tryTake() {
        return slots.take() == Slots.TAKEN;
    }

    private Call join(String name, long now) {
        Call call = new Call(name);
        assertThat(slots.join(call, now, 5)).isTrue();
        return call;
    }

    private final class Call extends Waiter {

        private final String name;

        Call(String name) {
            super(CallContext.plain());
            this.name = name;
        }

        void giveUpOnly() {
            assertThat(giveUp()).isTrue();
        }

        @Override
        protected void answered() {
            letIn.add(name);
        }
    }
}
