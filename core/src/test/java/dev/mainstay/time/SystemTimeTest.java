package dev.mainstay.time;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SystemTimeTest {

    private static final long MILLI = 1_000_000;
    private static final long PATIENCE_SECONDS = 20;

    private final TimeSource time = TimeSource.system();

    @Test
    void theClockIsTheOneOfTheMachine() {
        long before = System.nanoTime();
        long now = time.nanoTime();
        long after = System.nanoTime();

        assertThat(now - before).isNotNegative();
        assertThat(after - now).isNotNegative();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 1_000, 999_999, MILLI, 1_000_001, 3 * MILLI + 300_000})
    void sleepIsNeverShort(long nanos) throws Exception {
        for (int i = 0; i < 5; i++) {
            long start = System.nanoTime();
            time.sleep(nanos);
            assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(nanos);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -1, Long.MIN_VALUE})
    void noSleepReturnsAtOnce(long nanos) {
        assertThatCode(() -> time.sleep(nanos)).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 500_000, Long.MAX_VALUE})
    void sleepEndsWithAnInterrupt(long nanos) {
        Thread.currentThread().interrupt();

        assertThatThrownBy(() -> time.sleep(nanos)).isInstanceOf(InterruptedException.class);

        assertThat(Thread.interrupted()).as("flag").isFalse();
    }

    @Test
    void sleepEndsWithAnInterruptThatComesLater() throws Exception {
        Thread sleeper = Thread.currentThread();
        time.arm(Task.of(sleeper::interrupt), MILLI);

        assertThatThrownBy(() -> time.sleep(TimeUnit.HOURS.toNanos(1))).isInstanceOf(InterruptedException.class);
    }

    @ParameterizedTest
    @ValueSource(longs = {3_600_000 * MILLI, Nanos.FOREVER, Long.MAX_VALUE})
    void parkBlocksUntilUnparked(long nanos) throws Exception {
        Thread parked = new Thread(() -> time.parkNanos(this, nanos));
        parked.start();
        boolean forEver = nanos >= Nanos.FOREVER;
        while (parked.getState() != (forEver ? Thread.State.WAITING : Thread.State.TIMED_WAITING)) {
            Thread.onSpinWait();
        }

        LockSupport.unpark(parked);

        parked.join(TimeUnit.SECONDS.toMillis(PATIENCE_SECONDS));
        assertThat(parked.isAlive()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(longs = {MILLI, 0, -1})
    void parkEndsWhenTheTimeIsOver(long nanos) {
        time.parkNanos(this, nanos);
    }

    @Test
    void parkKeepsTheInterruptFlag() {
        Thread.currentThread().interrupt();

        time.parkNanos(this, Long.MAX_VALUE);

        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void aTaskFiresWhetherOrNotTheClockHasBeenRead() throws Exception {
        CompletableFuture<Void> first = new CompletableFuture<>();
        CompletableFuture<Void> second = new CompletableFuture<>();
        CompletableFuture<Void> third = new CompletableFuture<>();

        time.arm(Task.of(() -> first.complete(null)), MILLI);
        time.arm(Task.of(() -> second.complete(null)), time.nanoTime(), MILLI);
        time.arm(Task.of(() -> third.complete(null)), TimeSource.UNREAD, MILLI);

        CompletableFuture.allOf(first, second, third).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    @Test
    void messagesNameItAsItsUserDoes() {
        assertThat(time).hasToString("TimeSource.system()");
    }

    @Test
    void theExecutorHasThreadsOfItsOwn() throws Exception {
        CompletableFuture<Thread> worker = new CompletableFuture<>();

        time.executor().execute(() -> worker.complete(Thread.currentThread()));

        assertThat(worker.get(PATIENCE_SECONDS, TimeUnit.SECONDS).getName()).startsWith("mainstay-worker-");
    }
}
