package dev.mainstay.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.time.TimeSource;
import dev.mainstay.time.TimedTask;
import dev.mainstay.time.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Claims about threads: the limits hold whatever they do at the same time, and nothing is lost. */
@Timeout(60)
class ManyThreadsTest {

    private static final int THREADS = 4;

    /** A clock that the threads themselves move, and that remembers what each of them has read last. */
    private static final class SharedClock implements TimeSource {
        private final AtomicLong now = new AtomicLong();
        private final ThreadLocal<Long> read = ThreadLocal.withInitial(() -> 0L);

        @Override
        public long nanoTime() {
            long time = now.get();
            read.set(time);
            return time;
        }

        void pass(long nanos) {
            now.addAndGet(nanos);
        }

        long lastRead() {
            return read.get();
        }

        @Override
        public void sleep(long nanos) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void parkNanos(Object blocker, long nanos) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void arm(TimedTask task, long delayNanos) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Executor executor() {
            throw new UnsupportedOperationException();
        }
    }

    private static <T> List<T> inThreads(Callable<T> task) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        CyclicBarrier start = new CyclicBarrier(THREADS);
        try {
            List<Future<T>> futures = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                futures.add(threads.submit(() -> {
                    start.await();
                    return task.call();
                }));
            }
            List<T> results = new ArrayList<>();
            for (Future<T> future : futures) {
                results.add(future.get());
            }
            return results;
        } finally {
            threads.shutdownNow();
        }
    }

    static Stream<List<RateLimit>> limits() {
        RateLimit smooth = RateLimit.smooth(3, Duration.ofNanos(10), 5);
        RateLimit fine = RateLimit.smooth(2_147_483_647, Duration.ofSeconds(1), 7);
        RateLimit window = RateLimit.atMost(7, Duration.ofNanos(40));
        RateLimit one = RateLimit.atMost(1, Duration.ofNanos(3));
        return Stream.of(
                List.of(smooth),
                List.of(fine),
                List.of(window),
                List.of(one),
                List.of(smooth, window),
                List.of(window, smooth),
                List.of(window, RateLimit.atMost(12, Duration.ofNanos(90)), smooth));
    }

    @ParameterizedTest
    @MethodSource("limits")
    void threadsTogetherNeverUseMoreThanTheLimits(List<RateLimit> limits) throws Exception {
        SharedClock clock = new SharedClock();
        RateLimiter limiter = RateLimiter.of(
                "l", c -> c.limits(limits.toArray(RateLimit[]::new)).timeSource(clock));
        long seed = new Random().nextLong();
        int most = limits.stream().mapToInt(RateLimit::burst).min().orElseThrow();
        AtomicLong seeds = new AtomicLong(seed);
        List<Uses> perThread = inThreads(() -> use(limiter, clock, most, new Random(seeds.getAndIncrement())));
        Uses all = new Uses();
        perThread.forEach(all::addAll);
        assertThat(all.permits()).isGreaterThan(1_000);
        limits.forEach(limit -> all.keep(limit, "seed " + seed));
    }

    private static Uses use(RateLimiter limiter, SharedClock clock, int most, Random random) {
        Uses uses = new Uses();
        for (int i = 0; i < 20_000; i++) {
            int permits = 1 + random.nextInt(Math.min(most, 3));
            switch (random.nextInt(6)) {
                case 0, 1, 2 -> {
                    if (limiter.tryAcquire(permits)) {
                        uses.add(clock.lastRead(), permits);
                    }
                }
                case 3 -> {
                    try {
                        Reservation reservation = limiter.reserve(permits, Duration.ofNanos(50));
                        if (random.nextBoolean()) {
                            uses.add(reservation.slot(), permits);
                        } else {
                            reservation.cancel();
                        }
                    } catch (RateLimitExceededException tooLong) {
                        clock.pass(1);
                    }
                }
                default -> clock.pass(random.nextInt(4));
            }
        }
        return uses;
    }

    @ParameterizedTest
    @MethodSource("limits")
    void allThatIsThereCanBeHadOnceTheThreadsAreThrough(List<RateLimit> limits) throws Exception {
        SharedClock clock = new SharedClock();
        RateLimiter limiter = RateLimiter.of(
                "l", c -> c.limits(limits.toArray(RateLimit[]::new)).timeSource(clock));
        int most = limits.stream().mapToInt(RateLimit::burst).min().orElseThrow();
        for (int round = 0; round < 100; round++) {
            int taken = inThreads(limiter, most);
            while (limiter.tryAcquire()) {
                taken++;
            }
            assertThat(taken).as("round %s", round).isEqualTo(most);
            clock.pass(limiter.resetAfter().toNanos());
            assertThat(limiter.remaining()).as("round %s", round).isEqualTo(most);
        }
    }

    private static int inThreads(RateLimiter limiter, int most) throws Exception {
        AtomicLong seeds = new AtomicLong(new Random().nextLong());
        return inTwoThreads(() -> {
            Random random = new Random(seeds.getAndIncrement());
            int taken = 0;
            for (int i = 0; i < 8; i++) {
                int permits = 1 + random.nextInt(Math.min(most, 3));
                if (limiter.tryAcquire(permits)) {
                    taken += permits;
                }
            }
            return taken;
        });
    }

    private static int inTwoThreads(Callable<Integer> task) throws Exception {
        int[] other = {0};
        Throwable[] failure = {null};
        Thread thread = new Thread(() -> {
            try {
                other[0] = task.call();
            } catch (Throwable thrown) {
                failure[0] = thrown;
            }
        });
        thread.start();
        int mine = task.call();
        thread.join();
        assertThat(failure[0]).isNull();
        return mine + other[0];
    }

    /** The threads take some percent of what there is; those that are held up find that others have taken since. */
    @Test
    void aLimiterFarBelowItsRateNeverRejects() throws Exception {
        RateLimit smooth = RateLimit.smooth(1_000_000_000, Duration.ofSeconds(1), 64);
        RateLimit window = RateLimit.atMost(1_000_000, Duration.ofMillis(5));
        for (RateLimit[] limits :
                List.of(new RateLimit[] {smooth}, new RateLimit[] {window}, new RateLimit[] {smooth, window})) {
            RateLimiter limiter = RateLimiter.of("l", limits);
            List<Integer> rejected = inThreads(() -> {
                int mine = 0;
                for (int i = 0; i < 1_000_000; i++) {
                    mine += limiter.tryAcquire() ? 0 : 1;
                }
                return mine;
            });
            assertThat(rejected).as("%s", List.of(limits)).containsOnly(0);
        }
    }

    @Test
    void aChangeOfLimitsWhileThreadsTakeForgetsNothingThatTheyTook() throws Exception {
        SharedClock clock = new SharedClock();
        RateLimiter limiter = RateLimiter.of(
                "l", c -> c.limit(RateLimit.smooth(100_000, Duration.ofDays(1))).timeSource(clock));
        List<Integer> taken = inThreads(() -> {
            int mine = 0;
            for (int i = 0; i < 20_000; i++) {
                if (i % 200 == 0) {
                    int limit = 100_000 + i;
                    limiter.reconfigure(limiter.config().toBuilder()
                            .limitForPeriod(limit)
                            .burst(100_000)
                            .build());
                }
                mine += limiter.tryAcquire() ? 1 : 0;
            }
            return mine;
        });
        int total = taken.stream().mapToInt(Integer::intValue).sum();
        assertThat(total).isEqualTo(THREADS * 20_000);
        // Each change may round what is owed up to the next unit, far less than a permit.
        assertThat(limiter.remaining()).isBetween(100_000 - total - 1, 100_000 - total);
    }

    @Test
    void parkedThreadsAreLetInOneByOneInTheOrderInWhichTheyCame() throws Exception {
        VirtualTime time = VirtualTime.manual();
        RateLimiter limiter = RateLimiter.of(
                "l",
                c -> c.limit(RateLimit.smooth(1, Duration.ofSeconds(1)))
                        .timeoutDuration(Duration.ofMinutes(1))
                        .timeSource(time));
        limiter.acquire();
        List<Thread> threads = new ArrayList<>();
        List<Integer> order = Collections.synchronizedList(new ArrayList<>());
        for (int i = 1; i <= 3; i++) {
            int number = i;
            Thread thread = new Thread(() -> {
                limiter.acquire();
                order.add(number);
            });
            threads.add(thread);
            thread.start();
            time.awaitSleepers(i);
        }
        for (int i = 0; i < 3; i++) {
            time.advance(Duration.ofMillis(999));
            assertThat(order).hasSize(i);
            time.advance(Duration.ofMillis(1));
            threads.get(i).join();
        }
        assertThat(order).containsExactly(1, 2, 3);
    }
}
