package dev.mainstay.meter;

import dev.mainstay.event.Subscription;
import dev.mainstay.verification.Exploration;
import java.util.function.LongConsumer;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.ThreadIdGen;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * What is recorded reaches each reader that is attached at that moment, once, and no other; and a recorder is active
 * exactly as long as there is one.
 */
@Param(name = "thread", gen = ThreadIdGen.class)
public class ADurationReachesExactlyThoseAttachedTest {

    private final Recorder recorder = new Recorder();
    private final @Nullable Subscription[] attached = new Subscription[8];

    /** Where the thread that records collects who has heard of it: a digit for each reader, by its own number. */
    private final ThreadLocal<int[]> heard = ThreadLocal.withInitial(() -> new int[1]);

    @Operation
    public void attach(@Param(name = "thread") int thread) {
        if (attached[thread] == null) {
            LongConsumer reader = nanos -> heard.get()[0] += (int) Math.pow(10, thread);
            attached[thread] = recorder.attach(reader);
        }
    }

    @Operation
    public void detach(@Param(name = "thread") int thread) {
        Subscription subscription = attached[thread];
        if (subscription != null) {
            subscription.close();
            attached[thread] = null;
        }
    }

    @Operation
    public int record() {
        heard.get()[0] = 0;
        recorder.record(1);
        return heard.get()[0];
    }

    @Operation
    public boolean isActive() {
        return recorder.isActive();
    }

    @Test
    void inEverySchedule() {
        Exploration.matches(
                getClass(), Specification.class, Exploration.options().actorsPerThread(3));
    }

    public static class Specification {

        private int attached;

        public void attach(int thread) {
            if (!isAttached(thread)) {
                attached += digit(thread);
            }
        }

        public void detach(int thread) {
            if (isAttached(thread)) {
                attached -= digit(thread);
            }
        }

        public int record() {
            return attached;
        }

        public boolean isActive() {
            return attached > 0;
        }

        private boolean isAttached(int thread) {
            return attached / digit(thread) % 10 > 0;
        }

        private static int digit(int thread) {
            return (int) Math.pow(10, thread);
        }
    }
}
