package dev.mainstay.time;

import dev.mainstay.time.TimerTask.TimerSlot;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The timer of the real clock: any number of tasks, one daemon thread, which runs only while there is something to wait
 * for.
 *
 * <p>Never early; late by at most one tick (about half a millisecond) and what the operating system adds. Arming and
 * cancelling take constant time, wait for no lock that is held while a task fires, and leave no trace of a cancelled
 * task.
 */
final class SystemTimer {

    /*
     * The tasks lie in timing wheels, several of them, each with a lock of its own, so that threads seldom meet. A task
     * goes to the wheel that belongs to its thread, or to the next one that is free.
     *
     * `wake` is the tick that the timer thread sleeps until, and decides alone who wakes or starts it:
     *
     *                 ┌────────────── plan ◀───────────────────────────┐
     *                 ▼                                                │
     *   STOPPED     IDLE ──lowered by the plan, or by whoever arms──▶ tick ──reached──▶ BUSY ──all fired──▶ plan
     *      ▲          │
     *      └──────────┘ idle for long enough
     *
     * The thread plans by setting IDLE and then asking each wheel, under its lock, for its next tick. Whoever arms a
     * task first puts it into a wheel, under the lock, and then lowers `wake` if it is later than the task is due. So
     * if the wheel was asked before the task came, the armer took the lock after the thread had set IDLE, sees that or
     * something newer, and lowers it; if it was asked after, the plan has the task. Whoever lowers IDLE or a tick
     * unparks the thread; whoever lowers STOPPED starts a new one, which begins with a plan. The thread stops by a
     * compare-and-set from IDLE, which fails if anybody has lowered it since the plan.
     *
     * The thread need not plan anew when a task is cancelled: at worst it wakes once for nothing. Tasks that are armed
     * and cancelled by the million therefore cost it one wake-up per delay, not one each.
     */
    private static final long BUSY = -1;
    private static final long IDLE = Long.MAX_VALUE - 1;
    private static final long STOPPED = Long.MAX_VALUE;

    private static final int TICK_BITS = 19;

    private static final int HOME_BITS = 8;

    /** Tasks to fire from one wheel before the others have their turn. */
    private static final int TURN = 64;

    private static final VarHandle WAKE;

    static {
        try {
            WAKE = MethodHandles.lookup().findVarHandle(SystemTimer.class, "wake", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final long origin = System.nanoTime();
    private final long idleNanos;
    private final Stripe[] stripes;

    /** The stripe at which a thread looks first, by a hash of the thread. Written without order: any value serves. */
    private final byte[] homes = new byte[1 << HOME_BITS];

    private volatile long wake = STOPPED;
    private volatile @Nullable Thread thread;

    /**
     * @param idleNanos how long the thread outlives the last task, and how often it looks whether that has been
     *     cancelled
     * @param stripeCount the number of wheels, a power of two, at most 128
     */
    SystemTimer(long idleNanos, int stripeCount) {
        this.idleNanos = idleNanos;
        this.stripes = new Stripe[stripeCount];
        for (int i = 0; i < stripes.length; i++) {
            stripes[i] = new Stripe();
        }
        for (int i = 0; i < homes.length; i++) {
            homes[i] = (byte) (i & (stripes.length - 1));
        }
    }

    /** @param now what the clock said not long ago; the delay is counted from then */
    void arm(TimerTask task, long now, long delayNanos) {
        long dueTick = dueTick(now - origin, delayNanos);
        task.arming();
        Stripe stripe = lockAnyStripe();
        try {
            task.slot = stripe;
            stripe.wheel.add(task, dueTick);
            task.armed();
        } finally {
            stripe.unlock();
        }
        if (dueTick < wake) {
            wakeBy(dueTick, task);
        }
    }

    /** The first tick that does not begin before a time, given as unsigned nanoseconds, is over. */
    static long dueTick(long elapsed, long delayNanos) {
        long start = Math.max(elapsed, 0);
        return delayNanos <= 0 ? start >>> TICK_BITS : ((start + delayNanos - 1) >>> TICK_BITS) + 1;
    }

    private Stripe lockAnyStripe() {
        int hash = (int) ((Thread.currentThread().getId() * 0x9E3779B97F4A7C15L) >>> (Long.SIZE - HOME_BITS));
        int home = homes[hash];
        if (stripes[home].tryLock()) {
            return stripes[home];
        }
        // Two threads meet here. This one moves to where it is alone, and stays there.
        for (int i = home + 1; ; i++) {
            int free = i & (stripes.length - 1);
            if (stripes[free].tryLock()) {
                homes[hash] = (byte) free;
                return stripes[free];
            }
            if (free == home) {
                Thread.yield();
            }
        }
    }

    private void wakeBy(long tick, TimerTask task) {
        long planned = wake;
        while (tick < planned) {
            if (WAKE.compareAndSet(this, planned, tick)) {
                if (planned == STOPPED) {
                    start(task);
                } else {
                    LockSupport.unpark(thread);
                }
                return;
            }
            planned = wake;
        }
    }

    private void start(TimerTask first) {
        try {
            DaemonThreads.create("mainstay-timer", this::run).start();
        } catch (Throwable t) {
            // No memory for a thread. The caller hears of it; whoever arms next tries again.
            first.cancel();
            wake = STOPPED;
            throw t;
        }
    }

    private void run() {
        thread = Thread.currentThread();
        boolean running = true;
        while (running) {
            try {
                plan();
                running = awaitDue();
                if (running) {
                    fireDue();
                }
            } catch (Throwable t) {
                Uncaught.log("timer", this, t);
            }
        }
    }

    private void plan() {
        wake = IDLE;
        long next = IDLE;
        for (Stripe stripe : stripes) {
            stripe.lock();
            try {
                next = Math.min(next, stripe.wheel.nextTick());
            } finally {
                stripe.unlock();
            }
        }
        long planned = wake;
        while (next < planned && !WAKE.compareAndSet(this, planned, next)) {
            planned = wake;
        }
    }

    /** Returns true when it is time to look for tasks to fire, false when the thread is to end. */
    private boolean awaitDue() {
        long start = System.nanoTime();
        while (true) {
            long planned = wake;
            long now = System.nanoTime();
            long patience = idleNanos - (now - start);
            long left = nanosUntil(planned, now - origin, patience);
            if (left <= 0) {
                if (planned != IDLE) {
                    return true;
                }
                thread = null;
                if (WAKE.compareAndSet(this, IDLE, STOPPED)) {
                    return false;
                }
                thread = Thread.currentThread();
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
        wake = BUSY;
        boolean more = true;
        while (more) {
            more = false;
            long tick = (System.nanoTime() - origin) >>> TICK_BITS;
            for (Stripe stripe : stripes) {
                more |= fireDue(stripe, tick);
            }
        }
    }

    /** Returns whether the wheel may hold more that is due. */
    private static boolean fireDue(Stripe stripe, long tick) {
        for (int i = 0; i < TURN; i++) {
            TimerTask task;
            boolean done;
            stripe.lock();
            try {
                task = stripe.wheel.poll(tick);
                done = task == null && stripe.wheel.nextTick() > tick;
            } finally {
                stripe.unlock();
            }
            if (done) {
                return false;
            }
            if (task != null) {
                task.fireUnlessCancelled();
            }
        }
        return true;
    }

    /** For tests. */
    boolean isRunning() {
        return wake != STOPPED;
    }

    /** Keeps the lock of one stripe out of the cache lines of the others. */
    @SuppressWarnings("unused")
    private abstract static class Padding {
        long p00, p01, p02, p03, p04, p05, p06, p07, p08, p09, p10, p11, p12, p13, p14, p15;
    }

    /** A wheel and its lock, which is held for a handful of instructions at a time. */
    private static final class Stripe extends Padding implements TimerSlot {

        private static final int SPINS = 64;

        private static final VarHandle LOCKED;

        static {
            try {
                LOCKED = MethodHandles.lookup().findVarHandle(Stripe.class, "locked", boolean.class);
            } catch (ReflectiveOperationException e) {
                throw new ExceptionInInitializerError(e);
            }
        }

        final TimerWheel wheel = new TimerWheel(0);

        private volatile boolean locked;

        boolean tryLock() {
            return !locked && LOCKED.compareAndSet(this, false, true);
        }

        void lock() {
            for (int i = 0; !tryLock(); i++) {
                if (i < SPINS) {
                    Thread.onSpinWait();
                } else {
                    // The holder has lost its processor in the middle.
                    Thread.yield();
                }
            }
        }

        void unlock() {
            LOCKED.setRelease(this, false);
        }

        @Override
        public void remove(TimerTask task) {
            lock();
            try {
                wheel.remove(task);
            } finally {
                unlock();
            }
        }
    }
}
