package dev.mainstay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.event.Subscription;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Actions for the end of a call: those that are closed are gone, and the others run once, whatever they throw. */
class CancelHookTest {

    private final FutureScope outer = new FutureScope(null);
    private final FutureScope inner = new FutureScope(outer);
    private final List<Integer> ran = new ArrayList<>();

    @Test
    void thoseThatAreClosedAreGoneInWhateverOrder() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        for (int round = 0; round < 200; round++) {
            ran.clear();
            List<Subscription> open = new ArrayList<>();
            List<Integer> expected = new ArrayList<>();
            int size = 1 + random.nextInt(12);
            for (int i = 0; i < size; i++) {
                int number = i;
                open.add((random.nextBoolean() ? inner : outer).onEnd(() -> ran.add(number)));
                expected.add(i);
            }
            List<Integer> order = new ArrayList<>(expected);
            Collections.shuffle(order, random);
            int closed = random.nextInt(size + 1);
            for (int i = 0; i < closed; i++) {
                open.get(order.get(i)).close();
                open.get(order.get(i)).close();
                expected.remove(order.get(i));
            }
            assertThat(outer.hasHooks()).as("seed %d", seed).isEqualTo(closed < size);
            inner.runHooks();
            assertThat(inner.hasHooks()).isFalse();
            outer.runHooks();
            assertThat(ran).as("seed %d", seed).containsExactlyInAnyOrderElementsOf(expected);
            assertThat(outer.hasHooks()).isFalse();
        }
    }

    @Test
    void oneThatIsRegisteredAfterTheEndRunsAtOnceAndIsNotKept() {
        outer.end();
        inner.onEnd(() -> ran.add(1));
        assertThat(ran).containsExactly(1);
        assertThat(inner.hasHooks()).isFalse();
        assertThat(outer.hasHooks()).isFalse();
    }

    @Test
    void oneThatThrowsHurtsNobody() {
        inner.onEnd(() -> ran.add(1));
        inner.onEnd(() -> {
            throw new StackOverflowError("scripted");
        });
        inner.onEnd(() -> {
            throw new IllegalStateException("scripted");
        });
        inner.end();
        outer.end();
        assertThat(ran).containsExactly(1);
    }

    @Test
    void oneMayCloseOthersAndRegisterMore() {
        List<Subscription> others = new ArrayList<>();
        others.add(inner.onEnd(() -> ran.add(1)));
        inner.onEnd(() -> {
            others.get(0).close();
            inner.onEnd(() -> ran.add(2));
        });
        inner.end();
        assertThat(ran).containsExactly(2);
    }
}
