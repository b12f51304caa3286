package dev.mainstay.reactor;

import dev.mainstay.time.ScheduledTime;
import dev.mainstay.time.TimeSource;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import reactor.core.Disposable;
import reactor.core.scheduler.Scheduler;

/**
 * Time for policies by a Reactor {@link Scheduler}: time-outs and backoffs are its delayed tasks, and calls that have
 * waited go on on its workers. So what a subscriber gets comes on a thread of that scheduler, also after a wait.
 *
 * <pre>{@code
 * TimeSource time = ReactorTime.on(Schedulers.parallel());
 * Retry retry = Retry.of("stock", c -> c.timeSource(time));
 * }</pre>
 *
 * <p>A disposed scheduler takes no tasks: calls that would wait then fail with its rejection. Safe for use by many
 * threads.
 */
public final class ReactorTime extends ScheduledTime {

    private final Scheduler scheduler;
    private final boolean virtual;
    private final Executor executor;

    private ReactorTime(Scheduler scheduler, boolean virtual) {
        this.scheduler = Objects.requireNonNull(scheduler, "scheduler");
        this.virtual = virtual;
        this.executor = task -> {
            Disposable ignored = scheduler.schedule(Objects.requireNonNull(task, "task"));
        };
    }

    /**
     * The real clock, and the scheduler's delays and threads. The scheduler must be able to delay tasks, as {@code
     * Schedulers.parallel()} and {@code boundedElastic()} are and {@code immediate()} is not.
     */
    public static TimeSource on(Scheduler scheduler) {
        return new ReactorTime(scheduler, false);
    }

    /**
     * The scheduler's own clock, too. For {@code VirtualTimeScheduler} in tests: the clock of a real scheduler is that
     * of the wall, which people and daemons set.
     */
    public static TimeSource virtual(Scheduler scheduler) {
        return new ReactorTime(scheduler, true);
    }

    @Override
    public long nanoTime() {
        return virtual
                ? scheduler.now(TimeUnit.NANOSECONDS)
                : TimeSource.system().nanoTime();
    }

    @Override
    protected Runnable schedule(Runnable task, long delayNanos) {
        Disposable scheduled = scheduler.schedule(task, delayNanos, TimeUnit.NANOSECONDS);
        return scheduled::dispose;
    }

    @Override
    public Executor executor() {
        return executor;
    }

    @Override
    public String toString() {
        return "ReactorTime[" + scheduler + (virtual ? ", virtual" : "") + "]";
    }
}
