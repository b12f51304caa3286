package guests;

import dev.mainstay.Gate;
import dev.mainstay.WaitQueue;
import dev.mainstay.Waiter;
import dev.mainstay.call.CallContext;
import dev.mainstay.call.Priority;
import dev.mainstay.outcome.Classifier;
import dev.mainstay.outcome.Rejection;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.outcome.Verdict;
import dev.mainstay.time.TimeSource;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A bulkhead whose limit follows the verdicts of its calls: one more after as many successes as the limit has slots,
 * half after an overload. Calls wait by priority. When the line has not been empty for an interval, calls that have
 * waited longer than the target are shed (CoDel), and the newest are served first (adaptive LIFO).
 */
final class AdaptiveBulkhead extends Gate {

    private static final long PERMIT = 0;

    private final AtomicInteger limit;
    private final AtomicInteger inUse = new AtomicInteger();
    private final AtomicInteger successes = new AtomicInteger();
    private final long maxWaitNanos;
    private final ControlledDelay delay;
    private final WaitQueue line;

    AdaptiveBulkhead(
            TimeSource time, int limit, int longestLine, Duration maxWait, Duration target, Duration interval) {
        super("adaptive", time, Classifier.standard());
        this.limit = new AtomicInteger(limit);
        this.maxWaitNanos = maxWait.toNanos();
        this.delay = new ControlledDelay(name(), target.toNanos(), interval.toNanos(), time.nanoTime());
        this.line = new WaitQueue(name(), delay, () -> longestLine);
        classifyWith(Classifier.standard(), false, true);
    }

    int limit() {
        return limit.get();
    }

    int inUse() {
        return inUse.get();
    }

    int waiting() {
        return line.size();
    }

    @Override
    protected long tryEnter(CallContext context, long now) {
        return line.isEmpty() && take() ? PERMIT : reject(RejectionReason.FULL, limit.get());
    }

    private boolean take() {
        int used = inUse.get();
        while (used < limit.get()) {
            if (inUse.compareAndSet(used, used + 1)) {
                return true;
            }
            used = inUse.get();
        }
        return false;
    }

    @Override
    protected void exit(
            long permit, long start, long now, Verdict verdict, CallContext context, Object result, Throwable failure) {
        if (verdict == Verdict.OVERLOAD) {
            limit.updateAndGet(before -> Math.max(1, before / 2));
        } else if (verdict == Verdict.SUCCESS && successes.incrementAndGet() >= limit.get()) {
            successes.set(0);
            limit.incrementAndGet();
        }
        inUse.decrementAndGet();
        try {
            serve(now == TimeSource.UNREAD ? timeSource().nanoTime() : now);
        } catch (Throwable noRoom) {
            // The slot is back; whoever comes next finds the line and serves it.
        }
    }

    private void serve(long now) {
        while (!line.isEmpty() && take()) {
            Waiter next = line.next(now);
            if (next == null || !next.grant(PERMIT)) {
                inUse.decrementAndGet();
            }
        }
        delay.noteLength(line.size(), now);
    }

    @Override
    protected boolean mayWait(long code, CallContext context) {
        return maxWaitNanos > 0;
    }

    @Override
    protected long startWaiting(Waiter waiter, CallContext context, long now) {
        long remaining = context.remainingNanos(timeSource(), now);
        if (remaining <= 0) {
            return reject(RejectionReason.DEADLINE, limit.get());
        }
        delay.noteLength(line.size(), now);
        if (!line.add(waiter, now)) {
            return reject(RejectionReason.QUEUE_FULL, limit.get());
        }
        serve(now);
        return Math.min(maxWaitNanos, remaining);
    }

    @Override
    protected long endWaiting(Waiter waiter, long now) {
        line.remove(waiter);
        boolean late = waiter.context().remainingNanos(timeSource(), now) <= 0;
        return reject(late ? RejectionReason.DEADLINE : RejectionReason.WAIT_EXPIRED, limit.get());
    }

    @Override
    protected void abandonWaiting(Waiter waiter) {
        line.remove(waiter);
    }

    @Override
    protected Rejection rejection(long code, CallContext context, long now) {
        return new Numbers(name(), reasonOf(code), -1, "limit " + dataOf(code));
    }

    @Override
    protected boolean isIdle() {
        return inUse.get() == 0 && line.isEmpty();
    }

    @Override
    public String explain() {
        return "'" + name() + "' has " + inUse + " of " + limit + " slots in use, " + line.size() + " waiting";
    }

    /** Priorities, CoDel and adaptive LIFO. */
    private static final class ControlledDelay implements WaitQueue.Discipline {

        private final String policy;
        private final long targetNanos;
        private final long intervalNanos;
        private volatile long lastEmpty;

        ControlledDelay(String policy, long targetNanos, long intervalNanos, long now) {
            this.policy = policy;
            this.targetNanos = targetNanos;
            this.intervalNanos = intervalNanos;
            this.lastEmpty = now;
        }

        void noteLength(int length, long now) {
            if (length == 0) {
                lastEmpty = now;
            }
        }

        private boolean isStanding(long now) {
            return now - lastEmpty > intervalNanos;
        }

        @Override
        public int ranks() {
            return Priority.values().length;
        }

        @Override
        @SuppressWarnings("EnumOrdinal")
        public int rank(Waiter waiter) {
            return Priority.CRITICAL.ordinal() - waiter.context().priority().ordinal();
        }

        @Override
        public boolean newestFirst(long longestWaitNanos) {
            return longestWaitNanos > targetNanos;
        }

        @Override
        public Rejection shed(Waiter next, long waitedNanos, int length, long now) {
            return isStanding(now) && waitedNanos > targetNanos
                    ? new Numbers(policy, RejectionReason.SHED, intervalNanos, "waited " + waitedNanos + " ns")
                    : null;
        }
    }

    /** A rejection with numbers of the guest's own. */
    static final class Numbers extends Rejection {

        private static final long serialVersionUID = 1L;

        private final String numbers;

        Numbers(String policy, RejectionReason reason, long retryAfterNanos, String numbers) {
            super(policy, reason, retryAfterNanos);
            this.numbers = numbers;
        }

        @Override
        protected String numbers() {
            return numbers;
        }
    }
}
