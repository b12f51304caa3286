package dev.mainstay.bulkhead;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.Permit;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Near the end of the stack, a slot goes to a call in line, and there may be no room to wake that. Whoever comes next
 * does it, long before the call's wait is over.
 */
@Timeout(120)
class ACallIsWokenThatWasLetInOnAFullStackTest {

    private static final int FRAMES = 600;
    private static final int SMALL_STACK = 192 * 1024;

    /** How many frames have returned since the end of the stack. */
    private int back;

    @Test
    void byWhoeverAsksNext() throws Exception {
        List<Integer> forgotten = new ArrayList<>();
        for (int fromTheEnd = 0; fromTheEnd < FRAMES; fromTheEnd++) {
            if (!isWokenAfterARelease(fromTheEnd)) {
                forgotten.add(fromTheEnd);
            }
        }
        assertThat(forgotten).as("so near to the end of the stack").isEmpty();
    }

    private boolean isWokenAfterARelease(int fromTheEnd) throws Exception {
        Bulkhead bulkhead = Bulkhead.of("b", c -> c.maxConcurrentCalls(1).maxWaitDuration(Duration.ofHours(1)));
        Permit held = bulkhead.acquirePermit();
        CompletableFuture<String> waiting = bulkhead.callAsync(() -> CompletableFuture.completedFuture("woken"));
        Thread small = new Thread(null, () -> releaseNearTheEnd(held, fromTheEnd), "small", SMALL_STACK);
        small.start();
        small.join();
        held.release();
        assertThat(bulkhead.queued()).isZero();
        try {
            return waiting.get(300, TimeUnit.MILLISECONDS).equals("woken");
        } catch (TimeoutException forgotten) {
            waiting.cancel(true);
            return false;
        }
    }

    /** Down to the end of the stack, and the release so many frames on the way back. */
    private void releaseNearTheEnd(Permit held, int fromTheEnd) {
        back = 0;
        try {
            dive(held, fromTheEnd);
        } catch (StackOverflowError full) {
            // The permit is given back all the same, or owed, or still held.
        }
    }

    @SuppressWarnings("InfiniteRecursion") // to the end of the stack
    private void dive(Permit held, int fromTheEnd) {
        try {
            dive(held, fromTheEnd);
        } catch (StackOverflowError end) {
            back = 0;
        }
        if (back++ == fromTheEnd) {
            held.release();
        }
    }
}
