package dev.mainstay.reactor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.time.VirtualTime;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import reactor.blockhound.BlockHound;
import reactor.core.publisher.Hooks;

/** Tests in virtual time, after each of which no signal has been dropped. */
abstract class Hooked {

    final VirtualTime time = VirtualTime.create();
    private final Queue<Object> dropped = new ConcurrentLinkedQueue<>();

    @BeforeAll
    static void nothingBlocks() {
        BlockHound.install();
    }

    @BeforeEach
    void listenToDrops() {
        Hooks.onErrorDropped(dropped::add);
        Hooks.onNextDropped(dropped::add);
    }

    @AfterEach
    void nothingWasDropped() {
        Hooks.resetOnErrorDropped();
        Hooks.resetOnNextDropped();
        assertThat(dropped).isEmpty();
    }
}
