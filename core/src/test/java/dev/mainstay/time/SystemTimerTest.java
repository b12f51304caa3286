package dev.mainstay.time;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** In real time: what must never happen is asserted exactly, and how long it takes with a wide margin. */
class SystemTimerTest {

    private static final long MICRO = 1_000;
    private static final long MILLI = 1_000_000;
    private static final long HOUR = TimeUnit.HOURS.toNanos(1);
    private static final long PATIENCE_SECONDS = 20;

    private final SystemTimer timer = new SystemTimer(50 * MILLI, 4, Runnable::run);

    @Test
    void neverFiresEarlyAndSeldomLate() throws Exception {
        int count = 1_000;
        long[] lateness = new long[count];
        CountDownLatch fired = new CountDownLatch(count);
        Random random = new Random();
        for (int i = 0; i < count; i++) {
            int number = i;
            long delay = random.nextInt((int) (300 * MILLI));
            long now = System.nanoTime();
            arm(
                    () -> {
                        lateness[number] = System.nanoTime() - now - delay;
                        fired.countDown();
                    },
                    now,
                    delay);
        }

        await(fired);

        Arrays.sort(lateness);
        assertThat(lateness[0]).as("nanoseconds late, the earliest").isNotNegative();
        assertThat(lateness[count / 2]).as("nanoseconds late, the median").isLessThan(100 * MILLI);
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -1, Long.MIN_VALUE})
    void aDelayThatIsOverFiresSoonOnTheThreadOfTheTimer(long delay) throws Exception {
        CompletableFuture<Thread> thread = new CompletableFuture<>();

        arm(() -> thread.complete(Thread.currentThread()), delay);

        assertThat(thread.get(PATIENCE_SECONDS, TimeUnit.SECONDS)).isNotSameAs(Thread.currentThread());
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0, 0",
        "0, 1, 1",
        "0, 524288, 1",
        "0, 524289, 2",
        "524287, 0, 0",
        "524287, 1, 1",
        "524287, 2, 2",
        "524288, -5, 1",
        "-1, 524288, 1",
        "0, 9223372036854775807, 17592186044416",
        "9223372036854775807, 9223372036854775807, 35184372088832",
    })
    void theTickBeginsWhenTheDelayIsOver(long elapsed, long delay, long tick) {
        assertThat(SystemTimer.dueTick(elapsed, delay)).isEqualTo(tick);
    }

    @ParameterizedTest
    @CsvSource({
        // tick, elapsed, limit, nanos
        "0, 0, 100, 0",
        "1, 0, 1000000, 524288",
        "1, 524287, 1000000, 1",
        "1, 524288, 1000000, 0",
        "1, 524289, 1000000, -1",
        "1, 3000000, 1000000, -2475712",
        "1, 524000, 400000, 288",
        "2, 524000, 400000, 400000",
        "2, 524287, 524289, 524289",
        "2, 524287, 524290, 524289",
        "1000000, 5, 2000000, 2000000",
        "1000000, 5, 0, 0",
        "1000000, 5, -3, -3",
        "0, 5, -3, -5",
        "35184372088832, 5, 2000000, 2000000",
        "35184372088832, 1073741824, 2000000, 2000000",
        "9223372036854775806, 5, 2000000, 2000000",
    })
    void sleepsUntilTheTickOrTheLimit(long tick, long elapsed, long limit, long nanos) {
        assertThat(SystemTimer.nanosUntil(tick, elapsed, limit)).isEqualTo(nanos);
    }

    @Test
    void centuriesDoNotOverflow() throws Exception {
        List<Task> tasks = new ArrayList<>();
        for (long delay : new long[] {Long.MAX_VALUE, Long.MAX_VALUE - 1, Nanos.FOREVER, HOUR}) {
            tasks.add(arm(() -> {}, delay));
        }
        CountDownLatch later = new CountDownLatch(1);
        arm(later::countDown, 5 * MILLI);

        await(later);

        assertThat(tasks).allMatch(TimedTask::cancel);
    }

    @Test
    void whatIsDueSoonerWakesTheThread() throws Exception {
        Task far = arm(() -> {}, HOUR);
        CompletableFuture<Thread> thread = new CompletableFuture<>();
        arm(() -> thread.complete(Thread.currentThread()), 0);
        Thread timerThread = thread.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        eventually(() -> timerThread.getState() == Thread.State.TIMED_WAITING);
        CountDownLatch near = new CountDownLatch(1);

        arm(near::countDown, MILLI);

        await(near);
        assertThat(far.cancel()).isTrue();
    }

    @Test
    void aTaskMayArmAnother() throws Exception {
        CountDownLatch done = new CountDownLatch(1);

        arm(() -> arm(() -> arm(done::countDown, MILLI), 0), MILLI);

        await(done);
    }

    @Test
    void whatATaskThrowsIsLoggedAndHarmsNothing() throws Exception {
        try (LogOf log = new LogOf(UncaughtExceptions.class)) {
            CountDownLatch done = new CountDownLatch(2);
            arm(
                    () -> {
                        done.countDown();
                        throw new StackOverflowError("on purpose");
                    },
                    0);
            arm(done::countDown, MILLI);

            await(done);

            assertThat(log.messages()).singleElement().asString().contains(Task.class.getName());
            assertThat(log.failures()).containsExactly("on purpose");
        }
    }

    /** A logging backend that blocks would stall every timer. */
    @Test
    void whatATaskThrowsIsNotLoggedOnTheThreadOfTheTimer() throws Exception {
        Queue<Runnable> reports = new ConcurrentLinkedQueue<>();
        SystemTimer reporting = new SystemTimer(50 * MILLI, 4, reports::add);
        try (LogOf log = new LogOf(UncaughtExceptions.class)) {
            CountDownLatch done = new CountDownLatch(1);
            Task broken = Task.of(() -> {
                throw new IllegalStateException("on purpose");
            });
            reporting.arm(broken, System.nanoTime(), 0);
            reporting.arm(Task.of(done::countDown), System.nanoTime(), MILLI);

            await(done);

            assertThat(log.messages()).isEmpty();
            reports.remove().run();
            assertThat(log.failures()).containsExactly("on purpose");
        }
    }

    /** What it would have ended must not wait for ever. */
    @Test
    void aTaskThatFindsNoMemoryFiresAgain() throws Exception {
        CountDownLatch fired = new CountDownLatch(3);
        List<AtomicInteger> attempts = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            AtomicInteger attempt = new AtomicInteger();
            attempts.add(attempt);
            arm(
                    () -> {
                        if (attempt.incrementAndGet() < 4) {
                            throw new OutOfMemoryError("on purpose");
                        }
                        fired.countDown();
                    },
                    0);
        }
        CountDownLatch other = new CountDownLatch(1);
        arm(other::countDown, MILLI);

        await(other);
        await(fired);

        eventually(() -> !timer.isRunning());
        assertThat(attempts).extracting(AtomicInteger::get).containsOnly(4);
    }

    @Test
    void aTaskThatInterruptsTheThreadDoesNotDisturbTheNext() throws Exception {
        CompletableFuture<Boolean> interrupted = new CompletableFuture<>();
        arm(() -> Thread.currentThread().interrupt(), 0);
        arm(() -> interrupted.complete(Thread.currentThread().isInterrupted()), 20 * MILLI);

        assertThat(interrupted.get(PATIENCE_SECONDS, TimeUnit.SECONDS)).isFalse();
    }

    @Test
    void theThreadTakesNothingFromWhoeverStartsIt() throws Exception {
        InheritableThreadLocal<String> inheritable = new InheritableThreadLocal<>();
        inheritable.set("of the caller");
        CompletableFuture<Thread> thread = new CompletableFuture<>();
        CompletableFuture<String> inherited = new CompletableFuture<>();

        Thread.currentThread().setPriority(Thread.MIN_PRIORITY);
        try {
            arm(
                    () -> {
                        inherited.complete(String.valueOf(inheritable.get()));
                        thread.complete(Thread.currentThread());
                    },
                    0);
        } finally {
            Thread.currentThread().setPriority(Thread.NORM_PRIORITY);
        }

        Thread timerThread = thread.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        assertThat(timerThread.isDaemon()).isTrue();
        assertThat(timerThread.getPriority()).isEqualTo(Thread.NORM_PRIORITY);
        assertThat(timerThread.getName()).isEqualTo("mainstay-timer");
        assertThat(timerThread.getContextClassLoader()).isNull();
        assertThat(inherited).isCompletedWithValue("null");
    }

    @Test
    void theThreadIsGoneWhenIdleAndComesAgain() throws Exception {
        for (int i = 0; i < 2; i++) {
            CompletableFuture<Thread> thread = new CompletableFuture<>();
            arm(() -> thread.complete(Thread.currentThread()), 0);
            Thread timerThread = thread.get(PATIENCE_SECONDS, TimeUnit.SECONDS);

            timerThread.join(TimeUnit.SECONDS.toMillis(PATIENCE_SECONDS));

            assertThat(timerThread.isAlive()).isFalse();
            assertThat(timer.isRunning()).isFalse();
        }
    }

    @Test
    void theThreadSleepsWhileItWaits() throws Exception {
        SystemTimer patient = new SystemTimer(HOUR, 4, Runnable::run);
        CompletableFuture<Thread> thread = new CompletableFuture<>();
        patient.arm(Task.of(() -> thread.complete(Thread.currentThread())), System.nanoTime(), 0);
        Thread timerThread = thread.get(PATIENCE_SECONDS, TimeUnit.SECONDS);

        eventually(() -> timerThread.getState() == Thread.State.TIMED_WAITING);
        assertThat(patient.isRunning()).as("idle, but not for long").isTrue();

        patient.arm(Task.idle(), System.nanoTime(), HOUR);
        patient.arm(Task.idle(), System.nanoTime(), 0);
        eventually(() -> timerThread.getState() == Thread.State.TIMED_WAITING);
    }

    @Test
    void theThreadDoesNotOutliveTasksThatAreCancelledLongBeforeTheyAreDue() {
        arm(() -> {}, HOUR).cancel();

        eventually(() -> !timer.isRunning());
    }

    @Test
    void theThreadStaysAsLongAsATaskIsArmed() throws Exception {
        SystemTimer impatient = new SystemTimer(100 * MICRO, 4, Runnable::run);
        CountDownLatch fired = new CountDownLatch(1);
        impatient.arm(Task.of(fired::countDown), System.nanoTime(), 50 * MILLI);

        await(fired);
    }

    /**
     * The thread plans, and ends, all the time, and just when the next task is armed. With one thread that arms, nobody
     * else's task would wake the timer for a task that it has overlooked.
     */
    @ParameterizedTest
    @CsvSource({"1, 20000", "1, 0", "2, 0"})
    void noTaskIsLostWhenTheThreadStops(int threads, long idleNanos) throws Exception {
        SystemTimer impatient = new SystemTimer(idleNanos, 4, Runnable::run);
        AtomicInteger stopped = new AtomicInteger();
        long begin = System.nanoTime();
        inParallel(threads, random -> {
            // On a busy machine it may take longer until the thread is seen stopped at all.
            for (int i = 0;
                    System.nanoTime() - begin < (stopped.get() > 0 ? 500 : PATIENCE_SECONDS * 1_000) * MILLI;
                    i++) {
                AtomicBoolean fired = new AtomicBoolean();
                impatient.arm(Task.of(() -> fired.set(true)), System.nanoTime(), random.nextInt(20) == 0 ? 1 : 0);
                spinUntil(fired::get, PATIENCE_SECONDS * 1_000 * MILLI);
                assertThat(fired).as("task %d", i).isTrue();
                spinUntil(() -> false, random.nextInt(random.nextBoolean() ? 100_000 : 2_000));
                if (!impatient.isRunning()) {
                    stopped.incrementAndGet();
                }
            }
        });

        assertThat(stopped).as("how often the thread was seen stopped").hasPositiveValue();
    }

    private static void spinUntil(BooleanSupplier condition, long nanos) {
        for (long start = System.nanoTime(); !condition.getAsBoolean() && System.nanoTime() - start < nanos; ) {
            Thread.onSpinWait();
        }
    }

    @Test
    void aCancelledTaskIsForgottenAtOnce() {
        List<WeakReference<Task>> cancelled = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            Task task = arm(() -> {}, HOUR + i);
            assertThat(task.cancel()).isTrue();
            cancelled.add(new WeakReference<>(task));
        }

        eventually(() -> {
            System.gc();
            return cancelled.stream().allMatch(reference -> reference.get() == null);
        });
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 4})
    void eachTaskIsFiredOrCancelledExactlyOnce(int stripes) throws Exception {
        SystemTimer shared = new SystemTimer(50 * MILLI, stripes, Runnable::run);
        int perThread = 25_000;
        int threads = 4;
        AtomicIntegerArray ends = new AtomicIntegerArray(threads * perThread);
        AtomicInteger numbers = new AtomicInteger();
        AtomicInteger cancelled = new AtomicInteger();
        // Where threads leave tasks for each other to cancel.
        AtomicReferenceArray<Runnable> victims = new AtomicReferenceArray<>(64);
        inParallel(threads, random -> {
            for (int i = 0; i < perThread; i++) {
                int number = numbers.getAndIncrement();
                Task task = Task.of(() -> ends.incrementAndGet(number));
                Runnable cancel = () -> {
                    if (task.cancel()) {
                        ends.incrementAndGet(number);
                        cancelled.incrementAndGet();
                    }
                };
                shared.arm(task, System.nanoTime(), random.nextInt((int) MILLI) << random.nextInt(5));
                Runnable victim = victims.getAndSet(random.nextInt(victims.length()), cancel);
                if (victim != null && random.nextInt(3) > 0) {
                    victim.run();
                }
                if (random.nextInt(10) == 0) {
                    cancel.run();
                }
            }
        });
        eventually(() -> IntStream.range(0, ends.length()).allMatch(number -> ends.get(number) > 0));

        assertThat(IntStream.range(0, ends.length()).map(ends::get)).containsOnly(1);
        assertThat(cancelled.get()).as("cancelled").isBetween(1, ends.length() - 1);
    }

    private Task arm(Runnable work, long delay) {
        return arm(work, System.nanoTime(), delay);
    }

    private Task arm(Runnable work, long now, long delay) {
        Task task = Task.of(work);
        timer.arm(task, now, delay);
        return task;
    }

    private static void await(CountDownLatch latch) throws InterruptedException {
        assertThat(latch.await(PATIENCE_SECONDS, TimeUnit.SECONDS))
                .as("fired within %d seconds", PATIENCE_SECONDS)
                .isTrue();
    }

    private static void eventually(BooleanSupplier condition) {
        long start = System.nanoTime();
        while (!condition.getAsBoolean()) {
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(PATIENCE_SECONDS));
            Thread.yield();
        }
    }

    private static void inParallel(int threads, Load load) throws Exception {
        long seed = new Random().nextLong();
        List<CompletableFuture<Void>> ends = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            Random random = new Random(seed + i);
            CompletableFuture<Void> end = new CompletableFuture<>();
            ends.add(end);
            new Thread(() -> {
                        try {
                            load.run(random);
                            end.complete(null);
                        } catch (Throwable t) {
                            end.completeExceptionally(t);
                        }
                    })
                    .start();
        }
        for (CompletableFuture<Void> end : ends) {
            end.get(2 * PATIENCE_SECONDS, TimeUnit.SECONDS);
        }
    }

    private interface Load {
        void run(Random random) throws Exception;
    }
}
