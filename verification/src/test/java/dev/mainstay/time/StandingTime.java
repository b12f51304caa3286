package dev.mainstay.time;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.LockSupport;

/**
 * A clock that stands until it is moved, and a timer that fires on the thread which moves it: as little machinery as
 * possible, so that a search through schedules is spent on what is to be proved. Work for the executor is done at once
 * by whoever hands it over.
 */
public final class StandingTime implements TimeSource, TimedTask.TimerSlot {

    private final List<TimedTask> armed = new ArrayList<>();
    private volatile long now;

    @Override
    public long nanoTime() {
        return now;
    }

    /** Moves the clock, and fires what is due then. */
    public void advance(long nanos) {
        List<TimedTask> due = new ArrayList<>();
        synchronized (this) {
            now += nanos;
            for (Iterator<TimedTask> tasks = armed.iterator(); tasks.hasNext(); ) {
                TimedTask task = tasks.next();
                if (task.due <= now) {
                    tasks.remove();
                    due.add(task);
                }
            }
        }
        due.forEach(TimedTask::fireUnlessCancelled);
    }

    /** How many tasks are armed. */
    public synchronized int pending() {
        return armed.size();
    }

    @Override
    public void arm(TimedTask task, long delayNanos) {
        arm(task, now, delayNanos);
    }

    /** A task that is due already fires when the clock is moved next, if only by nothing. */
    @Override
    public synchronized void arm(TimedTask task, long now, long delayNanos) {
        task.arming();
        task.due = Nanos.plus(now == UNREAD ? this.now : now, delayNanos);
        task.slot = this;
        armed.add(task);
        task.armed();
    }

    @Override
    public synchronized boolean cancel(TimedTask task) {
        if (!task.cancelled()) {
            return false;
        }
        armed.remove(task);
        return true;
    }

    @Override
    public void sleep(long nanos) {
        throw new UnsupportedOperationException("nobody sleeps here");
    }

    @Override
    public void parkNanos(Object blocker, long nanos) {
        LockSupport.park(blocker);
    }

    @Override
    public Executor executor() {
        return Runnable::run;
    }
}
