package dev.mainstay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.time.VirtualTime;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class HopTest {

    private final VirtualTime time = VirtualTime.create();
    private final List<String> ran = new ArrayList<>();

    @Test
    void withoutAnExecutorOfItsOwnItGoesToThatOfTheTimeSource() {
        Hop.of(time).run(() -> ran.add("task"), refused -> ran.add("refused"));
        assertThat(ran).isEmpty();
        time.runDue();
        assertThat(ran).containsExactly("task");
    }
}
