package dev.mainstay.time;

import dev.mainstay.time.EventQueue.Event;
import dev.mainstay.time.TimedTask.TimerSlot;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** Where a {@link VirtualTime} stands, and what is still to come. Counts in nanoseconds from its creation. */
final class Timeline {

    /** The due time of what is never due: time never gets there. */
    static final long NEVER = Long.MAX_VALUE;

    /** The end of time. */
    static final long END = NEVER - 1;

    /** More events in a row, without the time moving, are not a busy test but an endless loop. */
    static final long EVENT_LIMIT = 10_000_000;

    private final ReentrantLock lock = new ReentrantLock();

    /** Signalled when an event has come, or a sleeper gone. */
    private final Condition changed = lock.newCondition();

    /** Guarded by the lock, as all that follows. */
    private final EventQueue queue = new EventQueue();

    /** Written under the lock, and never back. */
    private volatile long elapsed;

    private long eventsAtThisTime;

    private final long eventLimit;

    Timeline() {
        this(EVENT_LIMIT);
    }

    Timeline(long eventLimit) {
        this.eventLimit = eventLimit;
    }

    long elapsed() {
        return elapsed;
    }

    /** The time that comes so much later. */
    long after(long nanos) {
        long due = elapsed + Math.max(nanos, 0);
        return nanos >= Nanos.FOREVER || due < 0 ? NEVER : due;
    }

    // ---- what is to come

    void arm(TimedTask task, long delayNanos) {
        task.arming();
        lock.lock();
        try {
            Alarm alarm = new Alarm(task);
            add(alarm, after(delayNanos));
            task.slot = alarm;
            task.armed();
        } finally {
            lock.unlock();
        }
    }

    void submit(Runnable work) {
        lock.lock();
        try {
            add(new Work(UncaughtExceptions.logged(work)), elapsed);
        } finally {
            lock.unlock();
        }
    }

    /** Notes that the calling thread sleeps; it must call {@link #getUp} in the end. */
    Sleeper fallAsleep(long nanos) {
        // Waiting for the lock might consume an unpark that is meant for the park to come.
        while (!lock.tryLock()) {
            Thread.yield();
        }
        try {
            Sleeper sleeper = new Sleeper(Thread.currentThread());
            add(sleeper, after(nanos));
            return sleeper;
        } finally {
            lock.unlock();
        }
    }

    void getUp(Sleeper sleeper) {
        remove(sleeper);
    }

    private void add(Event event, long due) {
        queue.add(event, due);
        changed.signalAll();
    }

    private void remove(Event event) {
        lock.lock();
        try {
            queue.remove(event);
        } finally {
            lock.unlock();
        }
    }

    int pendingEvents() {
        lock.lock();
        try {
            return (int)
                    queue.stream().filter(event -> !(event instanceof Sleeper)).count();
        } finally {
            lock.unlock();
        }
    }

    // ---- letting it happen

    /** Takes the next event that is due by a time, and moves the clock to it. */
    @Nullable
    Event next(long latest) {
        lock.lock();
        try {
            Event event = queue.first();
            if (event == null || event.due > Math.min(latest, END)) {
                return null;
            }
            moveTo(event.due);
            if (++eventsAtThisTime > eventLimit) {
                throw new IllegalStateException("Time stands still at " + Duration.ofNanos(elapsed) + ": " + eventLimit
                        + " events in a row were due at once");
            }
            queue.remove(event);
            if (event instanceof Sleeper sleeper) {
                sleeper.wakeUp();
            }
            return event;
        } finally {
            lock.unlock();
        }
    }

    /** Moves the clock to a time, unless it is past it. */
    void moveTo(long time) {
        lock.lock();
        try {
            if (time > elapsed) {
                elapsed = time;
                eventsAtThisTime = 0;
            }
        } finally {
            lock.unlock();
        }
    }

    /** Whether anything is left that will be due. */
    boolean hasNext() {
        lock.lock();
        try {
            Event event = queue.first();
            return event != null && event.due != NEVER;
        } finally {
            lock.unlock();
        }
    }

    // ---- waiting, in real time, for other threads

    /** Waits until there is an event to come or the future is complete; false if neither came about in time. */
    boolean awaitNext(CompletableFuture<?> future, Duration patience) throws InterruptedException {
        long left = patience.toNanos();
        lock.lock();
        try {
            while (!future.isDone() && !hasNext()) {
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

    /** Wakes whoever waits for a future that is complete now. */
    void completed() {
        lock.lock();
        try {
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Waits until so many threads sleep until a certain time; false if they did not in time. */
    boolean awaitSleepers(int count, Duration patience) throws InterruptedException {
        long left = patience.toNanos();
        lock.lock();
        try {
            while (sleepers().stream().filter(Sleeper::isFastAsleep).count() < count) {
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

    List<Sleeper> sleepers() {
        lock.lock();
        try {
            return queue.stream()
                    .filter(Sleeper.class::isInstance)
                    .map(Sleeper.class::cast)
                    .toList();
        } finally {
            lock.unlock();
        }
    }

    // ---- events

    private final class Alarm extends Event implements TimerSlot {

        private final TimedTask task;

        Alarm(TimedTask task) {
            this.task = task;
        }

        @Override
        void happen() {
            task.fireUnlessCancelled();
        }

        @Override
        public boolean cancel(TimedTask task) {
            if (!task.cancelled()) {
                return false;
            }
            Timeline.this.remove(this);
            return true;
        }
    }

    private static final class Work extends Event {

        private final Runnable logged;

        Work(Runnable logged) {
            this.logged = logged;
        }

        @Override
        void happen() {
            logged.run();
        }
    }

    /** A thread that sleeps, or is parked, until the time comes. */
    static final class Sleeper extends Event {

        private final Thread thread;
        private volatile boolean awake;

        Sleeper(Thread thread) {
            this.thread = thread;
        }

        boolean isAwake() {
            return awake;
        }

        private void wakeUp() {
            // An interrupt that came before the time was over ends the sleep; one that comes later finds it over.
            awake = !thread.isInterrupted();
            if (thread != Thread.currentThread()) {
                LockSupport.unpark(thread);
            }
        }

        private boolean isFastAsleep() {
            return due != NEVER && !thread.isInterrupted();
        }

        @Override
        void happen() {
            // What was to be done has been done under the lock, so that nobody finds the sleeper gone but not yet
            // awake.
        }

        @Override
        public String toString() {
            return thread.getName() + (due == NEVER ? " until it is woken" : " until " + Duration.ofNanos(due));
        }
    }
}
