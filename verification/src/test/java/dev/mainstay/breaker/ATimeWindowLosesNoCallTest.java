package dev.mainstay.breaker;

import dev.mainstay.verification.Exploration;
import java.time.Duration;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.ThreadIdGen;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.Test;

/**
 * A window of time has counted each call of the spans that it looks back on once all have been counted, whatever the
 * order in which threads have read the clock; those of spans gone by are in it no more.
 *
 * <p>Its parts are added up one by one. What is read while calls are being counted may therefore hold some of them and
 * not others, but is never more than there are, and never has more failures than calls.
 */
@Param(name = "bucket", gen = IntGen.class, conf = "0:3")
@Param(name = "thread", gen = ThreadIdGen.class)
public class ATimeWindowLosesNoCallTest {

    private static final int BUCKETS = 2;
    private static final int LAST = 3;
    private static final long BUCKET_NANOS = 1_000_000;

    private final TimeWindow window =
            new TimeWindow(new SlidingWindow.Time(Duration.ofNanos(BUCKETS * BUCKET_NANOS), BUCKETS), 0);

    /** What each thread has begun to count in each bucket: calls in the lower half, failures above. */
    private final int[][] begun = new int[8][LAST + 1];

    @Operation
    public void good(@Param(name = "bucket") int bucket, @Param(name = "thread") int thread) {
        begun[thread][bucket]++;
        window.recordGood(bucket * BUCKET_NANOS, 2);
    }

    @Operation
    public void bad(@Param(name = "bucket") int bucket, @Param(name = "thread") int thread) {
        begun[thread][bucket] += 1 + (1 << Short.SIZE);
        check(window.recordBad(true, true, bucket * BUCKET_NANOS), bucket);
    }

    @Operation
    public void tally(@Param(name = "bucket") int bucket) {
        check(window.tally(bucket * BUCKET_NANOS), bucket);
    }

    private void check(Tally tally, int bucket) {
        int all = begunIn(bucket, BUCKETS);
        Exploration.require(tally.failures() <= tally.calls() && tally.slowCalls() <= tally.calls(), "more than all");
        Exploration.require(
                tally.calls() <= calls(all) && tally.failures() <= failures(all) && tally.slowCalls() <= failures(all),
                "more than there are");
    }

    @Validate
    public void everyCallIsThere() {
        int newest = LAST;
        while (newest > 0 && calls(begunIn(newest, 1)) == 0) {
            newest--;
        }
        int all = begunIn(newest, BUCKETS);
        Tally tally = window.tally(newest * BUCKET_NANOS);
        Exploration.require(
                tally.calls() == calls(all) && tally.failures() == failures(all) && tally.slowCalls() == failures(all),
                "calls are missing");
    }

    private int begunIn(int bucket, int buckets) {
        int all = 0;
        for (int[] thread : begun) {
            for (int b = Math.max(0, bucket - buckets + 1); b <= bucket; b++) {
                all += thread[b];
            }
        }
        return all;
    }

    private static int calls(int begun) {
        return begun & 0xffff;
    }

    private static int failures(int begun) {
        return begun >>> Short.SIZE;
    }

    @Test
    void inEverySchedule() {
        Exploration.settles(getClass(), Exploration.options().actorsPerThread(3));
    }
}
