package dev.mainstay;

import dev.mainstay.call.CallContext;
import dev.mainstay.event.MainstayEvent;
import dev.mainstay.outcome.Classifier;
import dev.mainstay.outcome.Rejection;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.outcome.Verdict;
import dev.mainstay.time.TimeSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A gate of which a user has written as little as possible: one place, and a wait of a second for it. It notes what it
 * is told.
 */
class OnePlace extends Gate {

    final List<Waiter> line = new ArrayList<>();
    final List<Waiter> gone = new ArrayList<>();
    final List<Verdict> verdicts = new ArrayList<>();
    final List<RejectionReason> rejections = new ArrayList<>();

    /** The times that it was given: as calls came, as they began to wait, as they were rejected. */
    final List<Long> entered = new ArrayList<>();

    final List<Long> waitedSince = new ArrayList<>();
    final List<Long> rejected = new ArrayList<>();

    boolean taken;
    boolean patient = true;
    Duration wait = Duration.ofSeconds(1);

    OnePlace(TimeSource time) {
        super("one", time, Classifier.standard());
    }

    @Override
    protected long tryEnter(CallContext context, long now) {
        entered.add(now);
        if (taken) {
            return reject(RejectionReason.FULL);
        }
        taken = true;
        return 0;
    }

    @Override
    protected boolean mayWait(long code, CallContext context) {
        return patient;
    }

    @Override
    protected long startWaiting(Waiter waiter, CallContext context, long now) {
        waitedSince.add(now);
        line.add(waiter);
        return wait.toNanos();
    }

    @Override
    protected void abandonWaiting(Waiter waiter) {
        gone.add(waiter);
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
        taken = false;
        verdicts.add(verdict);
    }

    @Override
    protected void onRejected(Rejection rejection, CallContext context) {
        rejections.add(rejection.reason());
    }

    @Override
    protected Rejection rejection(long code, CallContext context, long now) {
        rejected.add(now);
        return new Rejection(name(), reasonOf(code), -1);
    }

    /** Lets in whoever waits longest; the place stays taken. */
    void letIn() {
        line.get(0).grant(0);
    }

    void tell(MainstayEvent event) {
        events().publish(event);
    }
}
