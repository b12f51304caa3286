package guests;

import dev.mainstay.Gate;
import dev.mainstay.call.CallContext;
import dev.mainstay.outcome.Classifier;
import dev.mainstay.outcome.Rejection;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.outcome.Verdict;
import dev.mainstay.time.TimeSource;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Lets load back to a target that has just recovered little by little: in the first of so many equal steps one call in
 * as many, in the second two, and in the end all. A call that fails meanwhile begins the ramp anew.
 */
final class RampUp extends Gate {

    /** A permit is the number of the ramp in which it was given: the end of an older one's call says nothing. */
    private record Ramp(long number, boolean over, long since, AtomicInteger offered) {}

    private final long stepNanos;
    private final int steps;
    private final AtomicReference<Ramp> ramp = new AtomicReference<>(new Ramp(0, true, 0, new AtomicInteger()));
    private final AtomicInteger inProgress = new AtomicInteger();

    RampUp(TimeSource time, Duration step, int steps) {
        super("ramp", time, Classifier.standard());
        this.stepNanos = step.toNanos();
        this.steps = steps;
        classifyWith(Classifier.standard(), true, true);
    }

    /** The target is there again. */
    void recovered() {
        ramp.updateAndGet(before -> begun(before, timeSource().nanoTime()));
    }

    private static Ramp begun(Ramp before, long now) {
        return new Ramp(before.number() + 1, false, now, new AtomicInteger());
    }

    int inProgress() {
        return inProgress.get();
    }

    @Override
    protected long tryEnter(CallContext context, long now) {
        Ramp ramp = this.ramp.get();
        if (!ramp.over()) {
            long step = 1 + (now - ramp.since()) / stepNanos;
            if (step >= steps) {
                this.ramp.compareAndSet(ramp, new Ramp(ramp.number(), true, now, ramp.offered()));
            } else if (ramp.offered().getAndIncrement() % steps >= step) {
                return reject(RejectionReason.THROTTLED, step);
            }
        }
        inProgress.incrementAndGet();
        return ramp.number();
    }

    @Override
    protected void exit(
            long permit, long start, long now, Verdict verdict, CallContext context, Object result, Throwable failure) {
        Ramp current = ramp.get();
        if (verdict.isFailure() && permit == current.number() && !current.over()) {
            ramp.compareAndSet(
                    current,
                    begun(current, now == TimeSource.UNREAD ? timeSource().nanoTime() : now));
        }
        inProgress.decrementAndGet();
    }

    @Override
    protected Rejection rejection(long code, CallContext context, long now) {
        return new AdaptiveBulkhead.Numbers(name(), reasonOf(code), stepNanos, "step " + dataOf(code) + " of " + steps);
    }

    @Override
    protected boolean isIdle() {
        return inProgress.get() == 0 && ramp.get().over();
    }

    @Override
    public String explain() {
        return "'" + name() + "' " + (ramp.get().over() ? "lets all calls in" : "lets calls in little by little");
    }
}
