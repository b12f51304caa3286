package dev.mainstay.time;

import java.util.concurrent.Executor;
import java.util.concurrent.locks.LockSupport;

/**
 * The only way to the clock: what time it is, how to let some of it pass, and how to be called back when it has.
 *
 * <p>Every policy takes all its time from one of these, so that a test (or a simulation) which hands in {@link
 * VirtualTime} decides when a second is over. Times are monotonic nanoseconds with an arbitrary origin, as {@link
 * System#nanoTime()} gives them: only differences mean anything, and they are compared as {@code now - start >=
 * duration}, which survives the overflow.
 *
 * <p>Implementations are safe for use by many threads.
 */
public interface TimeSource {

    /** A time that nobody has read yet. A clock that happens to give this very value is simply read once more. */
    long UNREAD = Long.MIN_VALUE;

    /**
     * The real clock, one daemon timer thread for the whole process, and elastic pools of daemon threads for what
     * follows a timer: a thread is started at once when none is idle, and is gone after ten idle seconds.
     */
    static TimeSource system() {
        return SystemTime.INSTANCE;
    }

    /** Monotonic time in nanoseconds, with an arbitrary origin. */
    long nanoTime();

    /**
     * Lets time pass on the calling thread. Never returns early.
     *
     * @param nanos how long; zero or less returns at once
     * @throws InterruptedException if the thread is, or becomes, interrupted; its interrupt flag is clear then
     */
    void sleep(long nanos) throws InterruptedException;

    /**
     * Parks the calling thread until somebody {@linkplain LockSupport#unpark unparks} or interrupts it or the time is
     * over; may return for no reason, as {@link LockSupport#parkNanos(Object, long)} may.
     *
     * @param nanos at most how long; {@link Long#MAX_VALUE} means until unparked
     */
    void parkNanos(Object blocker, long nanos);

    /**
     * Arms a task: its {@link TimedTask#fire()} is called once, no sooner than {@code delayNanos} from now, unless it
     * is {@linkplain TimedTask#cancel() cancelled} first. A task can be armed once in its life.
     *
     * @param delayNanos how long from now; zero or less means as soon as possible, but never on the calling thread
     * @throws IllegalStateException if the task was armed before
     */
    void arm(TimedTask task, long delayNanos);

    /**
     * As {@link #arm(TimedTask, long)}, for a caller that has just read the clock and would rather not read it again.
     *
     * @param now what {@link #nanoTime()} has given to the caller, or {@link #UNREAD}; the delay may be counted from
     *     then, or from this call
     * @param delayNanos how long from now; zero or less means as soon as possible, but never on the calling thread
     * @throws IllegalStateException if the task was armed before
     */
    default void arm(TimedTask task, long now, long delayNanos) {
        arm(task, delayNanos);
    }

    /**
     * Where work goes on that a timer or another thread has released: retried attempts and calls that had queued. Never
     * the timer's own thread.
     */
    Executor executor();

    /**
     * Where calls end that nobody's thread is there to end: time-outs and expired waits, with the callbacks of whoever
     * depends on them. It must not wait for what runs in {@link #executor()}, in which bodies may block. By default
     * that executor itself; that of {@link #system()} may run them on virtual threads.
     */
    default Executor completions() {
        return executor();
    }
}
