package guests;

import dev.mainstay.Gate;
import dev.mainstay.WaitQueue;
import dev.mainstay.Waiter;
import dev.mainstay.call.CallContext;
import dev.mainstay.outcome.Classifier;
import dev.mainstay.outcome.Rejection;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.outcome.Verdict;
import dev.mainstay.time.TimeSource;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A rate limiter whose permits come from a server. A call that finds none here stands in line, and the server is asked
 * for one; its answer lets the first in line in, or rejects it. A permit whose call has left is kept for the next one,
 * and so is that of a call that was rejected further in.
 */
final class ServerLimiter extends Gate {

    /** Whoever counts the permits. Called on a thread of the time source's own. */
    interface PermitServer {

        CompletableFuture<Answer> ask();
    }

    /** @param retryAfterNanos when to ask again, if there was no permit */
    record Answer(boolean granted, long retryAfterNanos) {}

    private static final long PERMIT = 0;

    private final PermitServer server;
    private final long maxWaitNanos;
    private final AtomicInteger stock = new AtomicInteger();
    private final AtomicInteger inUse = new AtomicInteger();
    private final WaitQueue line;

    ServerLimiter(TimeSource time, PermitServer server, int longestLine, Duration maxWait) {
        super("server", time, Classifier.standard());
        this.server = server;
        this.maxWaitNanos = maxWait.toNanos();
        this.line = WaitQueue.firstComeFirstServed(name(), () -> longestLine);
    }

    int stock() {
        return stock.get();
    }

    int waiting() {
        return line.size();
    }

    @Override
    protected long tryEnter(CallContext context, long now) {
        return line.isEmpty() && take() ? PERMIT : reject(RejectionReason.RATE);
    }

    private boolean take() {
        int left = stock.get();
        while (left > 0) {
            if (stock.compareAndSet(left, left - 1)) {
                inUse.incrementAndGet();
                return true;
            }
            left = stock.get();
        }
        return false;
    }

    private void putBack() {
        inUse.decrementAndGet();
        stock.incrementAndGet();
    }

    @Override
    protected void exit(
            long permit, long start, long now, Verdict verdict, CallContext context, Object result, Throwable failure) {
        if (verdict != Verdict.REJECTED && verdict != Verdict.IGNORED) {
            inUse.decrementAndGet();
            return;
        }
        putBack();
        try {
            serve();
        } catch (Throwable noRoom) {
            // The permit is in stock; the next answer serves the line.
        }
    }

    private void serve() {
        while (!line.isEmpty() && take()) {
            Waiter next = line.next(timeSource().nanoTime());
            if (next == null || !next.grant(PERMIT)) {
                putBack();
            }
        }
    }

    @Override
    protected boolean mayWait(long code, CallContext context) {
        return true;
    }

    @Override
    protected long startWaiting(Waiter waiter, CallContext context, long now) {
        long remaining = context.remainingNanos(timeSource(), now);
        if (remaining <= 0) {
            return reject(RejectionReason.DEADLINE);
        }
        if (!line.add(waiter, now)) {
            return reject(RejectionReason.QUEUE_FULL);
        }
        serve();
        if (waiter.isWaiting()) {
            timeSource().executor().execute(this::ask);
        }
        return Math.min(maxWaitNanos, remaining);
    }

    private void ask() {
        server.ask().whenComplete((answer, failure) -> {
            if (failure != null) {
                rejectFirst(new Rejection(name(), RejectionReason.BACKEND, -1));
            } else if (answer.granted()) {
                stock.incrementAndGet();
                serve();
            } else {
                rejectFirst(new Rejection(name(), RejectionReason.RATE, answer.retryAfterNanos()));
            }
        });
    }

    private void rejectFirst(Rejection rejection) {
        Waiter next = line.next(timeSource().nanoTime());
        while (next != null && !next.reject(rejection)) {
            next = line.next(timeSource().nanoTime());
        }
    }

    @Override
    protected long endWaiting(Waiter waiter, long now) {
        line.remove(waiter);
        boolean late = waiter.context().remainingNanos(timeSource(), now) <= 0;
        return reject(late ? RejectionReason.DEADLINE : RejectionReason.WAIT_EXPIRED);
    }

    @Override
    protected void abandonWaiting(Waiter waiter) {
        line.remove(waiter);
    }

    @Override
    protected Rejection rejection(long code, CallContext context, long now) {
        return new Rejection(name(), reasonOf(code), -1);
    }

    @Override
    protected boolean isIdle() {
        return inUse.get() == 0 && line.isEmpty();
    }

    @Override
    public String explain() {
        return "'" + name() + "' has " + stock + " permits in stock, " + inUse + " in use, " + line.size() + " waiting";
    }
}
