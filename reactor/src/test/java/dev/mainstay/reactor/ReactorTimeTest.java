package dev.mainstay.reactor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.TimeLimiter;
import dev.mainstay.backoff.Backoff;
import dev.mainstay.outcome.CallTimeoutException;
import dev.mainstay.retry.Retry;
import dev.mainstay.time.Nanos;
import dev.mainstay.time.TimeSource;
import dev.mainstay.time.TimedTask;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;

class ReactorTimeTest extends Hooked {

    private final VirtualTimeScheduler scheduler = VirtualTimeScheduler.create();
    private final TimeSource virtual = ReactorTime.virtual(scheduler);

    @Test
    void backoffsAndTimeOutsGoByAVirtualTimeScheduler() {
        Retry retry = Retry.of(
                "retry",
                c -> c.maxAttempts(2)
                        .backoff(Backoff.fixed(Duration.ofHours(1)))
                        .timeSource(virtual));
        TimeLimiter limiter = TimeLimiter.of(
                "limiter", c -> c.timeoutDuration(Duration.ofMinutes(90)).timeSource(virtual));
        AtomicInteger subscriptions = new AtomicInteger();
        Mono<Object> source = Mono.defer(
                () -> subscriptions.incrementAndGet() == 1 ? Mono.error(new IOException("broken")) : Mono.never());

        StepVerifier.withVirtualTime(
                        () -> source.transform(Guarded.by(limiter, retry)), () -> scheduler, Long.MAX_VALUE)
                .expectSubscription()
                .expectNoEvent(Duration.ofMinutes(89))
                .then(() -> assertThat(subscriptions).hasValue(2))
                .thenAwait(Duration.ofMinutes(1))
                .verifyError(CallTimeoutException.class);
    }

    @Test
    void aTaskFiresOnceAndNotAfterACancel() {
        Fires kept = new Fires();
        Fires cancelled = new Fires();
        Fires never = new Fires();
        virtual.arm(kept, Duration.ofSeconds(1).toNanos());
        virtual.arm(cancelled, Duration.ofSeconds(1).toNanos());
        virtual.arm(never, Nanos.FOREVER);

        assertThat(cancelled.cancel()).isTrue();
        assertThat(cancelled.cancel()).isFalse();
        scheduler.advanceTimeBy(Duration.ofMillis(999));
        assertThat(kept.count).hasValue(0);
        scheduler.advanceTimeBy(Duration.ofDays(1));

        assertThat(kept.count).hasValue(1);
        assertThat(kept.cancel()).isFalse();
        assertThat(cancelled.count).hasValue(0);
        assertThat(never.cancel()).isTrue();
        assertThatThrownBy(() -> virtual.arm(kept, 1)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aDisposedSchedulerTakesNoTask() {
        Scheduler disposed = Schedulers.newSingle("disposed");
        disposed.dispose();
        TimeSource time = ReactorTime.on(disposed);
        Fires task = new Fires();

        assertThatThrownBy(() -> time.arm(task, 1)).isInstanceOf(RejectedExecutionException.class);
        assertThat(task.cancel()).isFalse();
    }

    @Test
    void aDisposedSchedulerFailsTheCallsThatWouldWait() {
        Scheduler disposed = Schedulers.newSingle("disposed");
        TimeSource time = ReactorTime.on(disposed);
        Retry retry = Retry.of(
                "retry",
                c -> c.maxAttempts(2)
                        .backoff(Backoff.fixed(Duration.ofHours(1)))
                        .timeSource(time));
        disposed.dispose();

        StepVerifier.create(Mono.error(new IOException("broken")).transform(Guarded.by(retry)))
                .verifyError(RejectedExecutionException.class);
    }

    @Test
    void sleepingAndParkingEndOnTheScheduler() throws Exception {
        TimeSource time = ReactorTime.on(Schedulers.parallel());
        long start = time.nanoTime();

        time.sleep(TimeUnit.MILLISECONDS.toNanos(3));
        time.parkNanos(this, TimeUnit.MILLISECONDS.toNanos(1));
        time.parkNanos(this, 0);

        assertThat(time.nanoTime() - start).isGreaterThanOrEqualTo(TimeUnit.MILLISECONDS.toNanos(3));
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> time.sleep(1)).isInstanceOf(InterruptedException.class);
    }

    private static final class Fires extends TimedTask {

        private final AtomicInteger count = new AtomicInteger();

        @Override
        protected void fire() {
            count.incrementAndGet();
        }
    }
}
