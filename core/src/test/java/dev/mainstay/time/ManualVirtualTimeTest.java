package dev.mainstay.time;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The kind in which sleeping threads block until another one moves the time. */
class ManualVirtualTimeTest {

    private static final long SECOND = 1_000_000_000;
    private static final long PATIENCE_SECONDS = 20;

    private final VirtualTime time = VirtualTime.manual();

    @Test
    void aSleeperWakesWhenTheTimeHasComeAndNotBefore() throws Exception {
        Sleeper sleeper = Sleeper.start("sleeper", () -> time.sleep(SECOND));
        time.awaitSleepers(1);

        time.advanceNanos(SECOND - 1);
        time.awaitSleepers(1);
        assertThat(sleeper.end).isNotDone();
        time.advanceNanos(1);

        sleeper.join();
        assertThat(time.elapsed()).isEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void aSleeperLeavesTheProcessorToOthers() throws Exception {
        Sleeper sleeper = Sleeper.start("sleeper", () -> time.sleep(SECOND));
        time.awaitSleepers(1);

        long start = System.nanoTime();
        while (sleeper.thread.getState() != Thread.State.WAITING) {
            assertThat(System.nanoTime() - start).isLessThan(PATIENCE_SECONDS * SECOND);
            Thread.onSpinWait();
        }

        time.advanceNanos(SECOND);
        sleeper.join();
    }

    @Test
    void anUnparkDoesNotEndASleep() throws Exception {
        Sleeper sleeper = Sleeper.start("sleeper", () -> time.sleep(SECOND));
        time.awaitSleepers(1);

        LockSupport.unpark(sleeper.thread);
        time.advanceNanos(SECOND - 1);
        time.awaitSleepers(1);

        assertThat(sleeper.end).isNotDone();
        time.advanceNanos(1);
        sleeper.join();
    }

    @Test
    void anInterruptEndsASleep() throws Exception {
        CompletableFuture<Boolean> flag = new CompletableFuture<>();
        Sleeper sleeper = Sleeper.start("sleeper", () -> {
            assertThatThrownBy(() -> time.sleep(SECOND)).isInstanceOf(InterruptedException.class);
            flag.complete(Thread.currentThread().isInterrupted());
        });
        time.awaitSleepers(1);

        sleeper.thread.interrupt();

        sleeper.join();
        assertThat(flag).isCompletedWithValue(false);
        assertThat(time.elapsed()).isZero();
        assertThat(time).hasToString("VirtualTime[manual, elapsed=PT0S, pending=0, sleepers=[]]");
    }

    @Test
    void anEventThatInterruptsBeforeTheSleepIsOverEndsIt() throws Exception {
        CompletableFuture<Thread> thread = new CompletableFuture<>();
        time.arm(Task.of(() -> thread.join().interrupt()), SECOND);
        Sleeper sleeper = Sleeper.start("sleeper", () -> {
            thread.complete(Thread.currentThread());
            assertThatThrownBy(() -> time.sleep(SECOND)).isInstanceOf(InterruptedException.class);
        });
        time.awaitSleepers(1);

        time.advanceNanos(SECOND);

        sleeper.join();
    }

    @Test
    void anEventThatInterruptsWhenTheSleepIsOverFindsItOver() throws Exception {
        CompletableFuture<Boolean> flag = new CompletableFuture<>();
        Sleeper sleeper = Sleeper.start("sleeper", () -> {
            time.sleep(SECOND);
            while (!Thread.currentThread().isInterrupted()) {
                Thread.onSpinWait();
            }
            flag.complete(true);
        });
        time.awaitSleepers(1);
        time.arm(Task.of(sleeper.thread::interrupt), SECOND);

        time.advanceNanos(SECOND);

        sleeper.join();
        assertThat(flag).isCompletedWithValue(true);
    }

    @Test
    void aParkedThreadWakesWhenTheTimeHasCome() throws Exception {
        Sleeper sleeper = Sleeper.start("parked", () -> time.parkNanos(this, SECOND));
        time.awaitSleepers(1);

        time.advanceNanos(SECOND);

        sleeper.join();
    }

    @ParameterizedTest
    @ValueSource(longs = {SECOND, Nanos.FOREVER, Long.MAX_VALUE})
    void aParkedThreadWakesWhenUnparkedOrInterrupted(long nanos) throws Exception {
        for (int i = 0; i < 20; i++) {
            Sleeper unparked = Sleeper.start("unparked", () -> time.parkNanos(this, nanos));
            Sleeper interrupted = Sleeper.start("interrupted", () -> time.parkNanos(this, nanos));

            LockSupport.unpark(unparked.thread);
            interrupted.thread.interrupt();

            unparked.join();
            interrupted.join();
        }
        assertThat(time).hasToString("VirtualTime[manual, elapsed=PT0S, pending=0, sleepers=[]]");
    }

    @Test
    void aThreadThatIsParkedForEverIsNotAwaitedButNamed() throws Exception {
        VirtualTime impatient = VirtualTime.manual(0, Duration.ofMillis(20));
        Sleeper sleeper = Sleeper.start("the sleeper", () -> impatient.sleep(3 * SECOND));
        Sleeper parked = Sleeper.start("the parked one", () -> {
            while (!Thread.currentThread().isInterrupted()) {
                impatient.parkNanos(this, Long.MAX_VALUE);
            }
        });
        while (!impatient.toString().contains("the parked one")
                || !impatient.toString().contains("the sleeper")) {
            Thread.onSpinWait();
        }
        impatient.awaitSleepers(1);

        assertThatIllegalStateException()
                .isThrownBy(() -> impatient.awaitSleepers(2))
                .withMessageContaining("for 2 sleepers")
                .withMessageContaining("the sleeper until PT3S")
                .withMessageContaining("the parked one until it is woken");

        assertThat(impatient.pendingEvents()).as("sleepers are no events").isZero();
        parked.thread.interrupt();
        parked.join();
        impatient.advanceNanos(3 * SECOND);
        sleeper.join();
    }

    @Test
    void threadsSleepSideBySide() throws Exception {
        int threads = 4;
        int naps = 100;
        List<Sleeper> sleepers = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            sleepers.add(Sleeper.start("sleeper " + i, () -> {
                for (int nap = 1; nap <= naps; nap++) {
                    time.sleep(SECOND);
                    assertThat(time.nanoTime()).isEqualTo(nap * SECOND);
                }
            }));
        }
        for (int nap = 0; nap < naps; nap++) {
            time.awaitSleepers(threads);
            time.advance(Duration.ofSeconds(1));
        }

        for (Sleeper sleeper : sleepers) {
            sleeper.join();
        }
        assertThat(time.elapsed()).isEqualTo(Duration.ofSeconds(naps));
    }

    @Test
    void sleepersAndTasksTakeTurns() throws Exception {
        List<String> log = new ArrayList<>();
        Sleeper sleeper = Sleeper.start("sleeper", () -> time.sleep(2 * SECOND));
        time.awaitSleepers(1);
        time.arm(Task.of(() -> log.add("first " + time.elapsed() + " " + time.pendingEvents())), SECOND);
        time.arm(Task.of(() -> log.add("second " + time.elapsed() + " " + time.pendingEvents())), 3 * SECOND);

        time.runUntilIdle();

        sleeper.join();
        assertThat(log).containsExactly("first PT1S 1", "second PT3S 0");
    }

    @Test
    void anEventThatWouldBlockTheDriverIsRejected() throws Exception {
        CompletableFuture<Void> sleeping = CompletableFuture.runAsync(
                () -> {
                    try {
                        time.sleep(SECOND);
                    } catch (InterruptedException e) {
                        throw new AssertionError(e);
                    }
                },
                time.executor());
        CompletableFuture<Void> parked =
                CompletableFuture.runAsync(() -> time.parkNanos(this, SECOND), time.executor());

        assertThatIllegalStateException().isThrownBy(() -> time.await(sleeping)).withMessageContaining("create()");
        assertThatIllegalStateException().isThrownBy(() -> time.await(parked)).withMessageContaining("create()");
    }

    @Test
    void anEventThatDrivesTheTimeIsStillRejectedASleepAfterwards() throws Exception {
        CompletableFuture<Void> sleeping = CompletableFuture.runAsync(
                () -> {
                    time.executor().execute(() -> {});
                    time.runDue();
                    time.parkNanos(this, SECOND);
                },
                time.executor());

        assertThatIllegalStateException().isThrownBy(() -> time.await(sleeping)).withMessageContaining("create()");
    }

    @Test
    void whoeverHasDrivenTheTimeMayParkAfterwards() {
        time.executor().execute(() -> {});
        time.runDue();
        LockSupport.unpark(Thread.currentThread());

        time.parkNanos(this, SECOND);

        assertThat(time.elapsed()).isZero();
    }

    @Test
    void awaitReturnsWhenAnotherThreadCompletesTheFuture() throws Exception {
        VirtualTime patient = VirtualTime.manual(0, Duration.ofDays(1));
        CompletableFuture<String> future = new CompletableFuture<>();
        Thread driver = Thread.currentThread();
        Sleeper worker = Sleeper.start("worker", () -> {
            while (driver.getState() != Thread.State.TIMED_WAITING) {
                Thread.onSpinWait();
            }
            future.complete("value");
        });

        assertThat(patient.await(future)).isEqualTo("value");

        worker.join();
    }

    @Test
    void awaitWaitsForOtherThreads() throws Exception {
        CompletableFuture<String> ofAThread = new CompletableFuture<>();
        CompletableFuture<String> ofAnEvent = new CompletableFuture<>();
        Sleeper sleeper = Sleeper.start("worker", () -> {
            time.sleep(SECOND);
            ofAThread.complete("of a thread");
            time.arm(Task.of(() -> ofAnEvent.complete("of an event")), SECOND);
        });

        assertThat(time.await(ofAThread)).isEqualTo("of a thread");
        assertThat(time.await(ofAnEvent)).isEqualTo("of an event");

        sleeper.join();
        assertThat(time.elapsed()).isEqualTo(Duration.ofSeconds(2));
    }

    @Test
    void awaitDoesNotWaitForEver() {
        VirtualTime impatient = VirtualTime.manual(5, Duration.ofMillis(20));

        assertThatIllegalStateException()
                .isThrownBy(() -> impatient.await(new CompletableFuture<>()))
                .withMessageContaining("cannot complete");
        assertThatIllegalStateException().isThrownBy(() -> impatient.awaitSleepers(1));

        CompletableFuture<Integer> pending = CompletableFuture.supplyAsync(impatient::pendingEvents);
        assertThat(pending).as("the lock is free").succeedsWithin(Duration.ofSeconds(PATIENCE_SECONDS));
    }

    @Test
    void theClockMayStartAnywhere() throws Exception {
        VirtualTime shifted = VirtualTime.manualStartingAt(Long.MAX_VALUE);
        Sleeper sleeper = Sleeper.start("sleeper", () -> shifted.sleep(SECOND));
        shifted.awaitSleepers(1);

        shifted.advanceNanos(SECOND);

        sleeper.join();
        assertThat(shifted.nanoTime()).isEqualTo(Long.MAX_VALUE + SECOND);
    }

    @Test
    void anInterruptedDriverDoesNotWait() {
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> time.awaitSleepers(1)).isInstanceOf(InterruptedException.class);

        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> time.await(new CompletableFuture<>())).isInstanceOf(InterruptedException.class);
    }

    /** A thread and how it ends. */
    private record Sleeper(Thread thread, CompletableFuture<Void> end) {

        static Sleeper start(String name, Work work) {
            CompletableFuture<Void> end = new CompletableFuture<>();
            Thread thread = new Thread(
                    () -> {
                        try {
                            work.run();
                            end.complete(null);
                        } catch (Throwable t) {
                            end.completeExceptionally(t);
                        }
                    },
                    name);
            thread.setDaemon(true);
            thread.start();
            return new Sleeper(thread, end);
        }

        void join() throws Exception {
            end.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        }
    }

    private interface Work {
        void run() throws Exception;
    }
}
