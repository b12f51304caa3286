package dev.mainstay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.mainstay.outcome.CallTimeoutException;
import java.nio.channels.spi.AbstractInterruptibleChannel;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What a thread's interrupt runs of somebody else's code delays neither other time limits nor, for long, the caller.
 */
class OverriddenInterruptTest {

    private static final Duration SHORT = Duration.ofMillis(200);

    private final TimeLimiter limiter = TimeLimiter.of("limit", c -> c.timeoutDuration(SHORT));
    private final AtomicReference<Thread> interrupter = new AtomicReference<>();
    private final CountDownLatch interrupting = new CountDownLatch(1);
    private final CountDownLatch release = new CountDownLatch(1);

    private enum Habit {
        INTERRUPTS,
        THROWS,
        BLOCKS
    }

    private final class Overriding extends Thread {

        private final Habit habit;

        Overriding(Habit habit, Runnable task) {
            super(task);
            this.habit = habit;
        }

        @Override
        public void interrupt() {
            interrupter.compareAndSet(null, Thread.currentThread());
            interrupting.countDown();
            switch (habit) {
                case THROWS -> throw new AssertionError("an interrupt that throws");
                case BLOCKS -> await(release);
                default -> super.interrupt();
            }
        }
    }

    private static void await(CountDownLatch latch) {
        boolean waited = false;
        while (!waited) {
            try {
                latch.await();
                waited = true;
            } catch (InterruptedException e) {
                // It waits on.
            }
        }
    }

    private void assertOthersTimeOut() throws Exception {
        CountDownLatch never = new CountDownLatch(1);
        FutureTask<Throwable> other =
                new FutureTask<>(() -> catchThrowable(() -> limiter.call(() -> never.await(1, TimeUnit.HOURS))));
        new Thread(other).start();
        assertThat(other.get(10, TimeUnit.SECONDS)).isInstanceOf(CallTimeoutException.class);
        assertThat(interrupter.get()).isNotNull();
        assertThat(interrupter.get().getName()).doesNotContain("timer");
    }

    @ParameterizedTest
    @EnumSource(Habit.class)
    void ofACallOnItsCallersThread(Habit habit) throws Exception {
        FutureTask<Throwable> call = new FutureTask<>(() -> catchThrowable(() -> limiter.call(() -> {
            await(interrupting);
            return "late";
        })));
        new Overriding(habit, call).start();
        try {
            assertThat(call.get(10, TimeUnit.SECONDS)).isInstanceOf(CallTimeoutException.class);
            assertOthersTimeOut();
        } finally {
            release.countDown();
        }
    }

    @ParameterizedTest
    @EnumSource(Habit.class)
    void ofACallOnAnExecutor(Habit habit) throws Exception {
        TimeLimiter elsewhere = TimeLimiter.of(
                "elsewhere", c -> c.timeoutDuration(SHORT).onExecutor(task -> new Overriding(habit, task).start()));
        CountDownLatch ended = new CountDownLatch(1);
        FutureTask<Throwable> call = new FutureTask<>(() -> catchThrowable(() -> elsewhere.call(() -> {
            await(interrupting);
            ended.countDown();
            return "late";
        })));
        new Thread(call).start();
        try {
            assertThat(call.get(10, TimeUnit.SECONDS)).isInstanceOf(CallTimeoutException.class);
            assertOthersTimeOut();
            await(ended);
        } finally {
            release.countDown();
        }
    }

    @Test
    void ofAThreadThatIsBlockedOnAChannel() throws Exception {
        final class Channel extends AbstractInterruptibleChannel {

            void block() {
                begin();
                try {
                    await(interrupting);
                } finally {
                    try {
                        end(false);
                    } catch (java.nio.channels.AsynchronousCloseException closed) {
                        // That is how it was woken.
                    }
                }
            }

            @Override
            protected void implCloseChannel() {
                interrupter.compareAndSet(null, Thread.currentThread());
                interrupting.countDown();
                OverriddenInterruptTest.await(release);
            }
        }
        FutureTask<Throwable> call =
                new FutureTask<>(() -> catchThrowable(() -> limiter.run(() -> new Channel().block())));
        new Thread(call).start();
        await(interrupting);
        try {
            assertOthersTimeOut();
        } finally {
            release.countDown();
        }
        assertThat(call.get(10, TimeUnit.SECONDS)).isInstanceOf(CallTimeoutException.class);
    }
}
