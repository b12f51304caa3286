package dev.mainstay.time;

import dev.mainstay.safe.LeafSection;
import dev.mainstay.time.TimerWheel.Wake;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The timer of the real clock: any number of tasks, one daemon thread, which runs only while there is something to wait
 * for.
 *
 * <p>Never early; late by at most one tick (about half a millisecond) and what the operating system adds. Arming and
 * cancelling take constant time, wait for no lock that is held while a task fires, and leave no trace of a cancelled
 * task. A stack overflow in either leaves nothing locked and nothing half done.
 */
final class SystemTimer {

    /*
     * The tasks lie in timing wheels, which any thread changes in leaf sections of the wheel's own (see there): several
     * wheels, so that threads seldom meet. A task goes to the wheel that its thread's number names. What follows is
     * about the thread that waits for the tasks.
     *
     * The timer's thread: shifts
     *
     * A shift is one life of the timer's thread: from its start, on demand, until it has been idle for long enough. At
     * most one shift is on duty. Whoever arms a task that is due before the thread would look unparks the shift on
     * duty, or starts a new one if there is none. Nobody relies on anybody else for that, since starting a thread may
     * fail. So several threads may start one at the same time; the first shift that begins is on duty, and the others
     * end at once. Once a start has succeeded, `coming` spares others the same.
     *
     * `wake` is the tick at which the thread looks next. Only the thread itself writes it:
     *
     *                 ┌────────────── plan ◀──────────────────────────────┐
     *                 ▼                                                   │
     *   STOPPED     IDLE ──the next tick of the wheel, or one asked──▶ tick ──reached──▶ BUSY ──all fired──▶ plan
     *      ▲          │
     *      └──────────┘ idle for long enough
     *
     * Whoever arms a task reads `wake` in the section that links the task. If that is later than the task is due, it
     * lowers `asked` to the task's tick and unparks the thread, which adopts what was asked. The thread plans by
     * setting `wake` to IDLE and only then asking each wheel, in such a section, for its next tick. So if the wheel was
     * asked before the task came, whoever brought it sees IDLE, or something newer, and asks; if it was asked after,
     * the plan has it. A task is never left to a wake-up that somebody else may have failed to give.
     *
     * The thread need not plan anew when a task is cancelled: at worst it wakes once for nothing. Tasks that are armed
     * and cancelled by the million therefore cost it one wake-up per delay, not one each.
     *
     * Tasks that fail to fire
     *
     * A task that fires hands something over, for which there may be no memory. What it would have ended must not wait
     * for ever, so the thread keeps such tasks, linked by `next`, and fires them again after a moment.
     */
    private static final long BUSY = -1;
    private static final long IDLE = Long.MAX_VALUE - 1;
    private static final long STOPPED = Long.MAX_VALUE;

    private static final int TICK_BITS = 19;

    /** After how long a task that could not fire is fired again. */
    private static final long RETRY_NANOS = 10_000_000;

    private final long origin = System.nanoTime();
    private final long idleNanos;
    private final Executor reports;
    private final TimerWheel[] wheels;

    private final Wake wake = new Wake(STOPPED);

    /** The earliest tick that was asked for since the last plan. Guarded by this, as are the next two. */
    private long asked = TimerWheel.NEVER;

    private @Nullable Shift onDuty;

    /** A shift whose thread has been started and has not begun. */
    private @Nullable Shift coming;

    /** Tasks to be fired again. Owned by the shift on duty. */
    private @Nullable TimedTask failed;

    /**
     * @param idleNanos how long the thread outlives the last task, and how often it looks whether that has been
     *     cancelled
     * @param wheelCount the number of wheels, a power of two
     * @param reports where what tasks throw is logged, so that no logging backend runs on the timer's thread
     */
    SystemTimer(long idleNanos, int wheelCount, Executor reports) {
        this.idleNanos = idleNanos;
        this.reports = reports;
        this.wheels = new TimerWheel[wheelCount];
        for (int i = 0; i < wheelCount; i++) {
            wheels[i] = new TimerWheel(0, wake);
        }
    }

    /**
     * Arms a task. If this throws, as it does when a thread is needed and cannot be had, the task is not armed.
     *
     * @param now what the clock said not long ago; the delay is counted from then
     */
    void arm(TimedTask task, long now, long delayNanos) {
        long dueTick = dueTick(now - origin, delayNanos);
        TimerWheel wheel = wheels[(int) Thread.currentThread().getId() & (wheels.length - 1)];
        if (wheel.add(task, dueTick)) {
            wakeBy(dueTick, task);
        }
    }

    /** The first tick that does not begin before a time, given as unsigned nanoseconds, is over. */
    static long dueTick(long elapsed, long delayNanos) {
        long start = Math.max(elapsed, 0);
        return delayNanos <= 0 ? start >>> TICK_BITS : ((start + delayNanos - 1) >>> TICK_BITS) + 1;
    }

    private void wakeBy(long tick, TimedTask task) {
        Shift shift = ask(tick);
        if (shift != null) {
            LockSupport.unpark(shift.thread);
            return;
        }
        try {
            Shift next = new Shift(this);
            next.thread.start();
            expect(next);
        } catch (Throwable noThread) {
            if (task.cancel()) {
                throw noThread;
            }
        }
    }

    @LeafSection
    private synchronized @Nullable Shift ask(long tick) {
        if (tick < asked) {
            asked = tick;
        }
        return onDuty != null ? onDuty : coming;
    }

    @LeafSection
    private synchronized void expect(Shift next) {
        if (onDuty == null && !next.over) {
            coming = next;
        }
    }

    // ---- the timer's thread

    /** Goes on duty, unless somebody is. */
    @LeafSection
    private synchronized boolean begin(Shift shift) {
        if (coming == shift) {
            coming = null;
        }
        if (onDuty != null) {
            shift.over = true;
            return false;
        }
        onDuty = shift;
        return true;
    }

    /** Goes off duty, unless somebody has asked for something since the plan. */
    @LeafSection
    private synchronized boolean end(Shift shift) {
        if (asked != TimerWheel.NEVER) {
            return false;
        }
        onDuty = null;
        shift.over = true;
        wake.tick = STOPPED;
        return true;
    }

    private void work(Shift shift) {
        if (!begin(shift)) {
            return;
        }
        boolean running = true;
        while (running) {
            try {
                plan();
                running = awaitDue(shift);
                if (running) {
                    fireAgain();
                    fireDue();
                }
            } catch (Throwable t) {
                report("timer", this, t);
            }
        }
    }

    private void plan() {
        forgetWhatWasAsked();
        long next = IDLE;
        for (TimerWheel wheel : wheels) {
            next = Math.min(next, wheel.nextTick());
        }
        wakeAt(next);
    }

    @LeafSection
    private synchronized void forgetWhatWasAsked() {
        asked = TimerWheel.NEVER;
        wake.tick = IDLE;
    }

    @LeafSection
    private synchronized void wakeAt(long tick) {
        wake.tick = tick;
    }

    /** When to look next, which is what was planned or what has been asked for since, if that is sooner. */
    @LeafSection
    private synchronized long adopt() {
        if (asked < wake.tick) {
            wake.tick = asked;
        }
        return wake.tick;
    }

    /** Returns true when it is time to look for tasks to fire, false when the thread is to end. */
    private boolean awaitDue(Shift shift) {
        long start = System.nanoTime();
        long patienceNanos = failed == null ? idleNanos : Math.min(idleNanos, RETRY_NANOS);
        while (true) {
            long planned = adopt();
            long now = System.nanoTime();
            long patience = patienceNanos - (now - start);
            long left = nanosUntil(planned, now - origin, patience);
            if (left <= 0) {
                if (planned != IDLE || failed != null) {
                    return true;
                }
                if (end(shift)) {
                    return false;
                }
                continue;
            }
            // A pending interrupt would turn the park into a spin.
            Thread.interrupted();
            LockSupport.parkNanos(this, left);
        }
    }

    /** How long it is until a tick begins, or a limit if that is less; zero or less if the time has come. */
    static long nanosUntil(long tick, long elapsed, long limit) {
        long ticks = tick - (elapsed >>> TICK_BITS);
        // Far ticks are beyond what can be told in nanoseconds.
        return ticks > (limit >> TICK_BITS) + 1 ? limit : Math.min(limit, (tick << TICK_BITS) - elapsed);
    }

    private void fireDue() {
        wake.tick = BUSY;
        long tick = (System.nanoTime() - origin) >>> TICK_BITS;
        for (TimerWheel wheel : wheels) {
            fireDue(wheel, tick);
        }
    }

    private void fireDue(TimerWheel wheel, long tick) {
        boolean more = true;
        while (more) {
            TimedTask task = wheel.poll(tick);
            if (task != null) {
                fire(task);
            } else {
                more = wheel.nextTick() <= tick;
            }
        }
    }

    private void fireAgain() {
        TimedTask task = failed;
        failed = null;
        while (task != null) {
            TimedTask next = task.next;
            boolean last = next == task;
            task.next = task;
            fire(task);
            task = last ? null : next;
        }
    }

    private void fire(TimedTask task) {
        try {
            task.fire();
        } catch (OutOfMemoryError e) {
            task.next = failed == null ? task : failed;
            failed = task;
        } catch (Throwable t) {
            report("timer task", task, t);
        }
    }

    private void report(String kind, Object source, Throwable failure) {
        try {
            reports.execute(() -> UncaughtExceptions.log(kind, source, failure));
        } catch (Throwable noMemory) {
            // The task has failed for good; only the news of it is lost.
        }
    }

    /** Loads and links what is needed when a thread is started, which must not be tried first where a stack ends. */
    void prepare() {
        Shift unused = new Shift(this);
        boolean ignored = unused.over;
        TimerWheel wheel = new TimerWheel(0, new Wake(STOPPED));
        TimedTask task = new Unneeded();
        if (wheel.add(task, 1)) {
            task.cancel();
        }
    }

    private static final class Unneeded extends TimedTask {

        @Override
        protected void fire() {}
    }

    /** For tests. */
    @LeafSection
    synchronized boolean isRunning() {
        return onDuty != null || coming != null;
    }

    /** One life of the timer's thread. */
    private static final class Shift implements Runnable {

        private final SystemTimer timer;
        private final Thread thread;

        /** Whether it has ended, or was not needed. Guarded by the timer. */
        private boolean over;

        Shift(SystemTimer timer) {
            this.timer = timer;
            this.thread = DaemonThreads.create("mainstay-timer", this);
        }

        @Override
        public void run() {
            timer.work(this);
        }
    }
}
