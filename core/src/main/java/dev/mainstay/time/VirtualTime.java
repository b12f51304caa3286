package dev.mainstay.time;

import dev.mainstay.time.EventQueue.Event;
import dev.mainstay.time.Timeline.Sleeper;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Time for tests and simulations: a clock, a timer and an executor that stand still until they are told to move, so
 * that hours pass in microseconds and every run is the same.
 *
 * <pre>{@code
 * VirtualTime time = VirtualTime.create();
 * time.arm(reminder, Duration.ofHours(1).toNanos());
 *
 * time.advance(Duration.ofMinutes(59));   // at once; nothing happens
 * time.sleep(60_000_000_000L);            // at once, too: the reminder fires, and an hour has passed
 * assertThat(time.elapsed()).isEqualTo(Duration.ofHours(1));
 * }</pre>
 *
 * <p>Timer tasks and work for the {@linkplain #executor() executor} are <em>events</em>. They run on the thread that
 * drives the time, in the order in which they are due, and if they are due together, in the order in which they came.
 * While one runs, the clock stands at the time at which it was due. What it throws is logged.
 *
 * <p>There are two kinds, which differ in what becomes of a thread that sleeps or parks:
 *
 * <ul>
 *   <li>{@link #create()}: it drives the time itself, runs all events that are due on the way, and returns at once.
 *       This is for tests that use one thread. An event may sleep, too; those that come after it then run inside it.
 *   <li>{@link #manual()}: it blocks until another thread drives the time. This is for tests in which several threads
 *       sleep at the same time. A thread that has been woken runs on by itself: before the time moves further, wait for
 *       it to sleep again, with {@link #awaitSleepers}.
 * </ul>
 *
 * <p>A delay or a wait of {@link Nanos#FOREVER} or more is never over. Safe for use by many threads; no lock is held
 * while an event runs.
 */
public final class VirtualTime implements TimeSource {

    private final Timeline timeline = new Timeline();
    private final Executor executor = work -> timeline.submit(Objects.requireNonNull(work, "work"));
    private final boolean selfDriving;
    private final long origin;
    private final Duration patience;

    /** The threads that are running an event, in manual mode. */
    private final Set<Thread> drivers = ConcurrentHashMap.newKeySet();

    private VirtualTime(boolean selfDriving, long origin, Duration patience) {
        this.selfDriving = selfDriving;
        this.origin = origin;
        this.patience = patience;
    }

    /** A time in which a thread that sleeps or parks moves the time itself. Its {@link #nanoTime()} starts at 0. */
    public static VirtualTime create() {
        return startingAt(0);
    }

    /**
     * As {@link #create()}, with a clock that starts elsewhere, such as shortly before {@link Long#MAX_VALUE}.
     *
     * @param nanoTime what {@link #nanoTime()} returns at first
     */
    public static VirtualTime startingAt(long nanoTime) {
        return new VirtualTime(true, nanoTime, Duration.ZERO);
    }

    /**
     * A time in which a thread that sleeps or parks blocks until another one moves the time. Its {@link #nanoTime()}
     * starts at 0.
     */
    public static VirtualTime manual() {
        return manualStartingAt(0);
    }

    /**
     * As {@link #manual()}, with a clock that starts elsewhere, such as shortly before {@link Long#MAX_VALUE}.
     *
     * @param nanoTime what {@link #nanoTime()} returns at first
     */
    public static VirtualTime manualStartingAt(long nanoTime) {
        return manual(nanoTime, Duration.ofSeconds(10));
    }

    /** @param patience how long, in real time, to wait for other threads */
    static VirtualTime manual(long nanoTime, Duration patience) {
        return new VirtualTime(false, nanoTime, patience);
    }

    @Override
    public long nanoTime() {
        return origin + timeline.elapsed();
    }

    /** How much time has passed since this was created. */
    public Duration elapsed() {
        return Duration.ofNanos(timeline.elapsed());
    }

    /** How many timer tasks are armed, and how much work waits in the executor, together. */
    public int pendingEvents() {
        return timeline.pendingEvents();
    }

    @Override
    public void arm(TimedTask task, long delayNanos) {
        timeline.arm(task, delayNanos);
    }

    @Override
    public void arm(TimedTask task, long now, long delayNanos) {
        long passed = now == UNREAD ? 0 : nanoTime() - now;
        timeline.arm(task, delayNanos >= Nanos.FOREVER ? delayNanos : delayNanos - passed);
    }

    /** Runs work when the time is driven next, on the thread that drives it. */
    @Override
    public Executor executor() {
        return executor;
    }

    // ---- letting time pass

    /**
     * Lets time pass on the calling thread. With {@link #create()}, this runs every event that is due before the sleep
     * is over, and if one of them interrupts the thread, the sleep ends there and then. With {@link #manual()}, it
     * blocks until another thread has moved the time far enough.
     *
     * @param nanos how long; zero or less returns at once
     * @throws InterruptedException if the thread is, or becomes, interrupted; its interrupt flag is clear then
     * @throws IllegalStateException if nothing could ever end the sleep
     */
    @Override
    public void sleep(long nanos) throws InterruptedException {
        checkInterrupt();
        if (nanos <= 0) {
            return;
        }
        Sleeper sleeper = fallAsleep(nanos);
        try {
            while (!sleeper.isAwake()) {
                checkInterrupt();
                if (!selfDriving) {
                    LockSupport.park(this);
                } else if (!runNext(sleeper.due) && sleeper.due == Timeline.NEVER) {
                    throw new IllegalStateException(
                            "Nothing would ever end this sleep: nothing is left to run in " + this);
                }
            }
        } finally {
            timeline.getUp(sleeper);
        }
    }

    /**
     * Parks the calling thread. With {@link #create()}, this runs the next event, if one is due in time, and returns;
     * otherwise it lets the time pass. With {@link #manual()}, it blocks until the thread is unparked or another one
     * has moved the time far enough.
     *
     * @param nanos at most how long; zero or less returns at once
     * @throws IllegalStateException if nothing could ever wake the thread
     */
    @Override
    public void parkNanos(Object blocker, long nanos) {
        if (nanos <= 0 || Thread.currentThread().isInterrupted()) {
            return;
        }
        if (!selfDriving) {
            Sleeper sleeper = fallAsleep(nanos);
            LockSupport.park(blocker);
            timeline.getUp(sleeper);
            return;
        }
        long end = timeline.after(nanos);
        if (!runNext(end)) {
            if (end == Timeline.NEVER) {
                throw new IllegalStateException("Nothing would ever wake the thread parked for " + blocker
                        + ": nothing is left to run in " + this);
            }
            timeline.moveTo(end);
        }
    }

    private static void checkInterrupt() throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
    }

    private Sleeper fallAsleep(long nanos) {
        if (drivers.contains(Thread.currentThread())) {
            throw new IllegalStateException(
                    "An event sleeps on the thread that drives the time, so that nobody would wake"
                            + " it: use VirtualTime.create(), or let it run on a thread of its own");
        }
        return timeline.fallAsleep(nanos);
    }

    // ---- driving

    /**
     * Moves the time on, and runs every event that is due on the way or at the end.
     *
     * @throws IllegalArgumentException if the duration is negative
     */
    public void advance(Duration duration) {
        advanceNanos(Nanos.of(duration));
    }

    /**
     * As {@link #advance(Duration)}, in nanoseconds.
     *
     * @throws IllegalArgumentException if the number is negative
     */
    public void advanceNanos(long nanos) {
        if (nanos < 0) {
            throw new IllegalArgumentException("nanos must be 0 or more, since time cannot go back, but is " + nanos);
        }
        long end = Math.min(timeline.after(nanos), Timeline.END);
        while (runNext(end)) {}
        timeline.moveTo(end);
    }

    /** Runs every event that is due now, and those that become due through them, without moving the time. */
    public void runDue() {
        advanceNanos(0);
    }

    /**
     * Runs every event that is left, moving the time as far as it takes.
     *
     * @throws IllegalStateException if it takes more than ten million events
     */
    public void runUntilIdle() {
        runUntilIdle(Timeline.EVENT_LIMIT);
    }

    /**
     * Runs every event that is left, moving the time as far as it takes.
     *
     * @param eventLimit how many events to run at most, since one that brings about another like it would never end
     * @throws IllegalStateException if it takes more
     */
    public void runUntilIdle(long eventLimit) {
        for (long i = 0; i < eventLimit; i++) {
            if (!runNext(Timeline.END)) {
                return;
            }
        }
        if (timeline.hasNext()) {
            throw new IllegalStateException(
                    "Not idle after " + eventLimit + " events in " + this + ": something arms itself again and again");
        }
    }

    /**
     * Runs events, moving the time as far as it takes, until a future is complete. With {@link #manual()}, if there is
     * no event, other threads have some (real) seconds to bring one, or to complete the future.
     *
     * @return the future's value
     * @throws Exception the future's failure itself, without a {@link CompletionException} around it
     * @throws IllegalStateException if nothing is left to run that could complete the future
     */
    public <T extends @Nullable Object> T await(CompletableFuture<T> future) throws Exception {
        if (!selfDriving) {
            future.whenComplete((value, failure) -> timeline.completed());
        }
        while (!future.isDone()) {
            if (!runNext(Timeline.END) && !timeline.awaitNext(future, patience)) {
                throw new IllegalStateException("The future cannot complete: nothing is left to run in " + this);
            }
        }
        // Not by what join() throws: some versions of Java put a failure of their own around a cancellation.
        Throwable thrown = future.handle((value, failure) -> failure).join();
        if (thrown != null) {
            throw unwrapped(thrown);
        }
        return future.join();
    }

    private static Exception unwrapped(Throwable thrown) {
        Throwable failure = thrown;
        while (failure instanceof CompletionException && failure.getCause() != null) {
            failure = failure.getCause();
        }
        if (failure instanceof Error error) {
            throw error;
        }
        return failure instanceof Exception exception ? exception : new CompletionException(failure);
    }

    /**
     * Blocks until so many threads sleep, or are parked with a limit on the time, so that a test moves the time only
     * when its threads are there. Only for {@link #manual()}.
     *
     * @throws IllegalStateException if they are not there after some (real) seconds; the message names those that are
     * @throws InterruptedException if the calling thread is interrupted
     */
    public void awaitSleepers(int count) throws InterruptedException {
        if (selfDriving) {
            throw new IllegalStateException("Sleepers drive this time themselves: use VirtualTime.manual()");
        }
        if (!timeline.awaitSleepers(count, patience)) {
            throw new IllegalStateException("Waited " + patience + " for " + count + " sleepers, but there are "
                    + timeline.sleepers() + " in " + this);
        }
    }

    private boolean runNext(long latest) {
        Event event = timeline.next(latest);
        if (event == null) {
            return false;
        }
        boolean outermost = !selfDriving && drivers.add(Thread.currentThread());
        try {
            event.happen();
        } finally {
            if (outermost) {
                drivers.remove(Thread.currentThread());
            }
        }
        return true;
    }

    /** The kind, how much time has passed, and how much is still to be done. */
    @Override
    public String toString() {
        return "VirtualTime[" + (selfDriving ? "self-driving" : "manual") + ", elapsed=" + elapsed() + ", pending="
                + pendingEvents() + (selfDriving ? "" : ", sleepers=" + timeline.sleepers()) + "]";
    }
}
