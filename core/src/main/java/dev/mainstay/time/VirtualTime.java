package dev.mainstay.time;

import dev.mainstay.time.EventQueue.Event;
import dev.mainstay.time.TimerTask.TimerSlot;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Time for tests and simulations: a clock, a timer and an executor that do nothing by themselves, so that hours pass in
 * microseconds and every run is the same.
 *
 * <pre>{@code
 * VirtualTime time = VirtualTime.create();
 * CircuitBreaker breaker = CircuitBreaker.of("inventory", config -> config.timeSource(time));
 * ...                                      // calls that fail; the breaker opens
 * time.advance(Duration.ofSeconds(60));    // at once
 * assertThat(breaker.state()).isEqualTo(HALF_OPEN);
 * }</pre>
 *
 * <p>Timer tasks and work for the {@linkplain #executor() executor} are <em>events</em>. They run on the thread that
 * drives the time, in the order in which they fall due, and of those that fall due together, in the order in which they
 * came; the clock stands at the time at which the event is due. What an event throws is logged.
 *
 * <p>There are two kinds, which differ in what a sleeping thread does:
 *
 * <ul>
 *   <li>{@link #create()}: it drives the time itself, so that {@code sleep} returns at once, when all that is due on
 *     the way has been run. This is for tests that use one thread. Events may sleep as well, or drive the time in any
 *     other way.
 *   <li>{@link #manual()}: it blocks, until another thread drives the time. This is for tests in which several threads
 *       sleep at the same time.
 * </ul>
 *
 * <p>Safe for use by many threads. No lock is held while an event runs.
 */
public final class VirtualTime implements TimeSource {

    /** The due time of what is not due before the end of time. Time never gets there. */
    private static final long NEVER = Long.MAX_VALUE;

    private static final long EVENT_LIMIT = 1_000_000;

    private final boolean selfDriving;
    private final long start;
    private final Duration patience;

    private final ReentrantLock lock = new ReentrantLock();

    /** Signalled when an event or a sleeper has come or gone, if somebody may be waiting for that. */
    private final Condition changed = lock.newCondition();

    /** The threads that are running an event, in manual mode. */
    private final Set<Thread> drivers = ConcurrentHashMap.newKeySet();

    // Read by anybody, written under the lock.
    private volatile long elapsed;

    // Guarded by the lock.
    private final EventQueue queue = new EventQueue();
    private final List<Sleeper> sleepers = new ArrayList<>();
    private long sequence;
    private long eventsAtThisTime;

    private VirtualTime(boolean selfDriving, long start, Duration patience) {
        this.selfDriving = selfDriving;
        this.start = start;
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
        return manual(0, Duration.ofSeconds(10));
    }

    /**
     * As {@link #manual()}, with a clock that starts elsewhere.
     *
     * @param nanoTime what {@link #nanoTime()} returns at first
     */
    public static VirtualTime manualStartingAt(long nanoTime) {
        return manual(nanoTime, Duration.ofSeconds(10));
    }

    static VirtualTime manual(long nanoTime, Duration patience) {
        return new VirtualTime(false, nanoTime, patience);
    }

    @Override
    public long nanoTime() {
        return start + elapsed;
    }

    /** How much time has passed since this was created. */
    public Duration elapsed() {
        return Duration.ofNanos(elapsed);
    }

    /** How many timer tasks are armed, and how much work is waiting in the executor. */
    public int pendingEvents() {
        lock.lock();
        try {
            return queue.size()
                    - (int) sleepers.stream().filter(Sleeper::isTimed).count();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void arm(TimerTask task, long delayNanos) {
        task.arming();
        lock.lock();
        try {
            Armed event = new Armed(task, after(delayNanos), sequence++);
            task.slot = event;
            add(event);
            task.armed();
        } finally {
            lock.unlock();
        }
    }

    /** Runs work when the time is driven next, on the thread that drives it. */
    @Override
    public Executor executor() {
        return work -> {
            Runnable logged = Uncaught.logged(Objects.requireNonNull(work, "work"));
            lock.lock();
            try {
                add(new Work(logged, elapsed, sequence++));
            } finally {
                lock.unlock();
            }
        };
    }

    // ---- letting time pass

    /**
     * Lets time pass on the calling thread. With {@link #create()} this runs all that is due before the sleep is over,
     * and if that interrupts the thread, the sleep ends there and then; with {@link #manual()} it blocks until another
     * thread has moved the time far enough.
     *
     * @throws InterruptedException if the thread is, or becomes, interrupted; its interrupt flag is clear then
     * @throws IllegalStateException if nothing could ever end the sleep
     */
    @Override
    public void sleep(long nanos) throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        if (nanos <= 0) {
            return;
        }
        if (!selfDriving) {
            sleepUntilMoved(nanos);
            return;
        }
        long due;
        long ownSequence;
        lock.lock();
        try {
            due = after(nanos);
            ownSequence = sequence++;
        } finally {
            lock.unlock();
        }
        for (Event event; (event = takeBefore(due, ownSequence)) != null; ) {
            event.happen();
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
        }
        if (due == NEVER) {
            throw new IllegalStateException("A thread sleeps for ever: " + nothingLeft());
        }
        moveTo(due);
    }

    /**
     * Parks the calling thread. With {@link #create()} this runs the next event, if one is due in time, and returns;
     * else it moves the clock on. With {@link #manual()} it blocks until it is unparked or another thread has moved the
     * time far enough.
     *
     * @throws IllegalStateException if nothing could ever wake the thread
     */
    @Override
    public void parkNanos(Object blocker, long nanos) {
        if (nanos <= 0 || Thread.currentThread().isInterrupted()) {
            return;
        }
        if (!selfDriving) {
            parkUntilMoved(blocker, nanos);
            return;
        }
        long due = after(nanos);
        Event event = takeUpTo(due);
        if (event != null) {
            event.happen();
        } else if (due == NEVER) {
            throw new IllegalStateException(
                    "Nothing would ever wake the thread that is parked for " + blocker + ": " + nothingLeft());
        } else {
            moveTo(due);
        }
    }

    private void sleepUntilMoved(long nanos) throws InterruptedException {
        Sleeper sleeper = fallAsleep(nanos);
        try {
            while (!sleeper.awake) {
                if (Thread.interrupted()) {
                    throw new InterruptedException();
                }
                LockSupport.park(this);
            }
        } finally {
            getUp(sleeper);
        }
    }

    private void parkUntilMoved(Object blocker, long nanos) {
        Sleeper sleeper = fallAsleep(nanos);
        try {
            LockSupport.park(blocker);
        } finally {
            getUp(sleeper);
        }
    }

    private Sleeper fallAsleep(long nanos) {
        Thread thread = Thread.currentThread();
        if (drivers.contains(thread)) {
            throw new IllegalStateException(
                    "An event sleeps on the thread that drives the time, which nobody else would move:"
                            + " use VirtualTime.create(), or an executor with threads of its own");
        }
        lock.lock();
        try {
            Sleeper sleeper = new Sleeper(thread, after(nanos), sequence++);
            sleepers.add(sleeper);
            if (sleeper.isTimed()) {
                queue.add(sleeper);
            }
            changed.signalAll();
            return sleeper;
        } finally {
            lock.unlock();
        }
    }

    private void getUp(Sleeper sleeper) {
        lock.lock();
        try {
            queue.remove(sleeper);
            sleepers.remove(sleeper);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    // ---- driving

    /**
     * Moves the time on, and runs everything that falls due on the way and at its end.
     *
     * @throws IllegalArgumentException if the duration is negative
     */
    public void advance(Duration duration) {
        advanceNanos(duration.toNanos());
    }

    /**
     * As {@link #advance(Duration)}, in nanoseconds.
     *
     * @throws IllegalArgumentException if the number is negative
     */
    public void advanceNanos(long nanos) {
        if (nanos < 0) {
            throw new IllegalArgumentException("time cannot go back: nanos must be 0 or more, but is " + nanos);
        }
        long target = Math.min(after(nanos), NEVER - 1);
        runUpTo(target);
        moveTo(target);
    }

    /** Runs everything that is due now, and what that makes due now, without moving the time. */
    public void runDue() {
        runUpTo(elapsed);
    }

    /**
     * Runs everything that is left, moving the time as far as it takes.
     *
     * @throws IllegalStateException if there is still something left after a million events
     */
    public void runUntilIdle() {
        runUntilIdle(EVENT_LIMIT);
    }

    /**
     * Runs everything that is left, moving the time as far as it takes.
     *
     * @param eventLimit how many events to run at most, since something that arms itself again and again would never
     *     end
     * @throws IllegalStateException if there is still something left after so many
     */
    public void runUntilIdle(long eventLimit) {
        for (long i = 0; i < eventLimit; i++) {
            if (!runNext(NEVER - 1)) {
                return;
            }
        }
        if (hasEvent()) {
            throw new IllegalStateException(
                    "Not idle after " + eventLimit + " events, something arms itself again and again: " + this);
        }
    }

    /**
     * Drives the time until a future is complete. With {@link #manual()}, when nothing is left to run, waits some
     * (real) seconds for other threads.
     *
     * @return its value
     * @throws Exception the future's failure itself, without a {@link CompletionException} around it
     * @throws IllegalStateException if nothing is left to run that could complete the future
     */
    public <T extends @Nullable Object> T await(CompletableFuture<T> future) throws Exception {
        while (!future.isDone()) {
            if (!runNext(NEVER - 1) && !future.isDone() && !awaitEvent(future)) {
                throw new IllegalStateException("The future cannot complete: " + nothingLeft());
            }
        }
        try {
            return future.join();
        } catch (CompletionException e) {
            throw unwrapped(e);
        }
    }

    private static Exception unwrapped(CompletionException e) {
        Throwable failure = e;
        while (failure instanceof CompletionException && failure.getCause() != null) {
            failure = failure.getCause();
        }
        if (failure instanceof Error error) {
            throw error;
        }
        return failure instanceof Exception exception ? exception : e;
    }

    /**
     * Blocks until so many threads are asleep, or parked with a limit on the time: for a test that must not move the
     * time before its threads have got there. Only for {@link #manual()}.
     *
     * @throws IllegalStateException if that has not happened after some (real) seconds; it names the threads
     * @throws InterruptedException if the calling thread is interrupted
     */
    public void awaitSleepers(int count) throws InterruptedException {
        if (selfDriving) {
            throw new IllegalStateException(
                    "nobody sleeps in a time that sleepers drive themselves: use VirtualTime.manual()");
        }
        long left = patience.toNanos();
        lock.lock();
        try {
            while (sleepers.stream().filter(Sleeper::isFastAsleep).count() < count) {
                if (left <= 0) {
                    throw new IllegalStateException(
                            "Not " + count + " threads are asleep after " + patience + ", but these: " + sleepers);
                }
                left = changed.awaitNanos(left);
            }
        } finally {
            lock.unlock();
        }
    }

    /** For other threads to bring an event or complete the future; false if neither comes about. */
    private boolean awaitEvent(CompletableFuture<?> future) throws InterruptedException {
        if (selfDriving) {
            return false;
        }
        future.whenComplete((value, failure) -> signal());
        long left = patience.toNanos();
        lock.lock();
        try {
            while (!future.isDone() && !hasEvent()) {
                if (left <= 0) {
                    return false;
                }
                left = changed.awaitNanos(left);
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    private void signal() {
        lock.lock();
        try {
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void runUpTo(long due) {
        while (runNext(due)) {}
    }

    private boolean runNext(long latest) {
        Event event = takeUpTo(latest);
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

    private @Nullable Event takeUpTo(long due) {
        return takeBefore(due, Long.MAX_VALUE);
    }

    /** Takes the next event that comes before a point of time and sequence, and moves the clock to it. */
    private @Nullable Event takeBefore(long due, long ownSequence) {
        lock.lock();
        try {
            Event event = queue.first();
            if (event == null || event.due == NEVER || !event.isBefore(due, ownSequence)) {
                return null;
            }
            queue.remove(event);
            moveTo(event.due);
            if (++eventsAtThisTime > EVENT_LIMIT) {
                throw new IllegalStateException(
                        "Time stands still: " + EVENT_LIMIT + " events in a row were due at once: " + this);
            }
            return event;
        } finally {
            lock.unlock();
        }
    }

    private void moveTo(long target) {
        lock.lock();
        try {
            if (target > elapsed) {
                elapsed = target;
                eventsAtThisTime = 0;
            }
        } finally {
            lock.unlock();
        }
    }

    private void add(Event event) {
        queue.add(event);
        if (!selfDriving) {
            changed.signalAll();
        }
    }

    private boolean hasEvent() {
        lock.lock();
        try {
            Event event = queue.first();
            return event != null && event.due != NEVER;
        } finally {
            lock.unlock();
        }
    }

    private long after(long nanos) {
        long due = elapsed + Math.max(nanos, 0);
        return nanos >= Nanos.FOREVER || due < 0 ? NEVER : due;
    }

    private String nothingLeft() {
        return "nothing is left to run in " + this;
    }

    @Override
    public String toString() {
        String sleeping = selfDriving ? "" : ", sleepers=" + sleepers.size();
        return "VirtualTime[" + (selfDriving ? "self-driving" : "manual") + ", elapsed=" + elapsed() + ", pending="
                + pendingEvents() + sleeping + "]";
    }

    // ---- events

    private final class Armed extends Event implements TimerSlot {

        private final TimerTask task;

        Armed(TimerTask task, long due, long sequence) {
            super(due, sequence);
            this.task = task;
        }

        @Override
        void happen() {
            task.slot = null;
            task.fireUnlessCancelled();
        }

        @Override
        public void remove(TimerTask cancelled) {
            lock.lock();
            try {
                queue.remove(this);
            } finally {
                lock.unlock();
            }
        }
    }

    private static final class Work extends Event {

        private final Runnable logged;

        Work(Runnable logged, long due, long sequence) {
            super(due, sequence);
            this.logged = logged;
        }

        @Override
        void happen() {
            logged.run();
        }
    }

    /** A thread that sleeps or is parked, in manual mode. */
    private final class Sleeper extends Event {

        private final Thread thread;
        private volatile boolean awake;

        Sleeper(Thread thread, long due, long sequence) {
            super(due, sequence);
            this.thread = thread;
        }

        boolean isTimed() {
            return due != NEVER;
        }

        boolean isFastAsleep() {
            return isTimed() && !awake && !thread.isInterrupted();
        }

        @Override
        void happen() {
            // An interrupt that came before the time is over ends the sleep; one that comes later finds it over.
            awake = !thread.isInterrupted();
            LockSupport.unpark(thread);
        }

        @Override
        public String toString() {
            return thread.getName() + (isTimed() ? " until " + Duration.ofNanos(due) : " until unparked");
        }
    }
}
