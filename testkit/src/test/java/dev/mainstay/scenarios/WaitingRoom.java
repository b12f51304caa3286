package dev.mainstay.scenarios;

import dev.mainstay.Gate;
import dev.mainstay.Waiter;
import dev.mainstay.call.CallContext;
import dev.mainstay.outcome.Classifier;
import dev.mainstay.outcome.Rejection;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.outcome.Verdict;
import dev.mainstay.time.TimeSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A gate as a user might write it: so many places, and a line for those who come when all are taken. It notes how each
 * permit came back.
 */
final class WaitingRoom extends Gate {

    private final AtomicInteger free;
    private final int places;
    private final long maxWaitNanos;
    private final Queue<Waiter> line = new ConcurrentLinkedQueue<>();
    private final AtomicLong lastPermit = new AtomicLong();
    final List<Long> permits = new CopyOnWriteArrayList<>();
    final List<Verdict> verdicts = new CopyOnWriteArrayList<>();
    final List<RejectionReason> rejections = new CopyOnWriteArrayList<>();

    WaitingRoom(String name, TimeSource time, int places, Duration maxWait, Classifier classifier) {
        super(name, time, classifier);
        this.places = places;
        this.free = new AtomicInteger(places);
        this.maxWaitNanos = maxWait.toNanos();
    }

    WaitingRoom(String name, TimeSource time, int places, Duration maxWait) {
        this(name, time, places, maxWait, Classifier.standard());
    }

    /** Without a line. */
    WaitingRoom(TimeSource time, int places) {
        this("room", time, places, Duration.ZERO);
    }

    int inside() {
        return places - free.get();
    }

    int waiting() {
        return line.size();
    }

    /** Takes the first out of the line. */
    void shedFirst(Rejection rejection) {
        Waiter first = line.poll();
        if (first == null || !first.reject(rejection)) {
            throw new AssertionError("nobody waits");
        }
    }

    /** Those verdicts that came since the last time this was asked. */
    List<Verdict> newVerdicts() {
        List<Verdict> all = new ArrayList<>(verdicts);
        verdicts.clear();
        return all;
    }

    @Override
    protected long tryEnter(CallContext context, long now) {
        return line.isEmpty() && take() ? newPermit() : reject(RejectionReason.FULL);
    }

    @Override
    protected boolean mayWait(long code, CallContext context) {
        return maxWaitNanos > 0;
    }

    @Override
    protected long startWaiting(Waiter waiter, CallContext context, long now) {
        line.add(waiter);
        letIn();
        return maxWaitNanos;
    }

    @Override
    protected long endWaiting(Waiter waiter, long now) {
        line.remove(waiter);
        return reject(RejectionReason.WAIT_EXPIRED);
    }

    @Override
    protected void abandonWaiting(Waiter waiter) {
        line.remove(waiter);
    }

    @Override
    protected void exit(
            long permit,
            long start,
            long now,
            Verdict verdict,
            CallContext context,
            @Nullable Object result,
            @Nullable Throwable failure) {
        if (!permits.remove(permit)) {
            throw new AssertionError("permit " + permit + " is not out");
        }
        verdicts.add(verdict);
        free.incrementAndGet();
        letIn();
    }

    private void letIn() {
        while (!line.isEmpty() && take()) {
            Waiter next = line.poll();
            if (next == null) {
                free.incrementAndGet();
                continue;
            }
            long permit = newPermit();
            if (!next.grant(permit)) {
                permits.remove(permit);
                free.incrementAndGet();
            }
        }
    }

    private boolean take() {
        int left = free.get();
        while (left > 0) {
            if (free.compareAndSet(left, left - 1)) {
                return true;
            }
            left = free.get();
        }
        return false;
    }

    private long newPermit() {
        long permit = lastPermit.incrementAndGet();
        permits.add(permit);
        return permit;
    }

    @Override
    protected Rejection rejection(long code, CallContext context, long now) {
        return new Rejection(name(), reasonOf(code), -1);
    }

    @Override
    protected void onRejected(Rejection rejection, CallContext context) {
        rejections.add(rejection.reason());
    }

    @Override
    public boolean isIdle() {
        return inside() == 0 && line.isEmpty();
    }

    @Override
    public String explain() {
        return "'" + name() + "' has " + free + " of " + places + " places free";
    }
}
