package dev.mainstay.breaker;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What threads do not fight for, before and after two of them have met. */
class StripesTest {

    private static final int THREADS = 100;

    @Test
    void spreadBucketsForgetNothing() {
        StripedBuckets buckets = new StripedBuckets(3, 1_000_000);
        buckets.add(5);
        buckets.spread();
        buckets.add(5);
        buckets.add(6);
        assertThat(buckets.sum(6, Long.MAX_VALUE)).isEqualTo(3);
        assertThat(buckets.sum(8, Long.MAX_VALUE)).isEqualTo(1);
        assertThat(buckets.ownCount(6)).isEqualTo(1);
        buckets.spread();
        assertThat(buckets.sum(6, Long.MAX_VALUE)).as("they are spread already").isEqualTo(3);
    }

    @Test
    void spreadBucketsAreTheSumOfWhatAllThreadsCount() throws InterruptedException {
        StripedBuckets buckets = new StripedBuckets(3, 1_000_000_000);
        buckets.spread();
        inThreads(() -> {
            for (int i = 0; i < 1_000; i++) {
                buckets.add(i % 2);
            }
        });
        assertThat(buckets.sum(0, Long.MAX_VALUE)).isEqualTo(THREADS * 500);
        assertThat(buckets.sum(1, Long.MAX_VALUE)).isEqualTo(THREADS * 1_000);
    }

    /** So many that each stripe has some of them. */
    private static void inThreads(Runnable work) throws InterruptedException {
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            Thread thread = new Thread(work);
            threads.add(thread);
            thread.start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
    }
}
