package dev.mainstay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.time.VirtualTime;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ThreadHandoffTest {

    private final VirtualTime time = VirtualTime.create();
    private final List<String> ran = new ArrayList<>();

    @Test
    void withoutAnExecutorOfItsOwnItGoesToThatOfTheTimeSource() {
        ThreadHandoff.of(time).run(() -> ran.add("task"), rejected -> ran.add("rejected"));
        assertThat(ran).isEmpty();
        time.runDue();
        assertThat(ran).containsExactly("task");
    }
}
