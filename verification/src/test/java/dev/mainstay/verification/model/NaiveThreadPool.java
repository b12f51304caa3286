package dev.mainstay.verification.model;

import dev.mainstay.CallContext;
import dev.mainstay.Classifier;
import dev.mainstay.PolicyEvent;
import dev.mainstay.RejectionReason;
import dev.mainstay.Verdict;
import dev.mainstay.bulkhead.BulkheadEvent;
import dev.mainstay.bulkhead.ThreadPoolBulkheadConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** A thread pool bulkhead over an executor, as its documentation has it: a list of the calls that have a slot, and a list of those that wait for one. */
final class NaiveThreadPool {

    /** Where a call is. {@code HANDED} has a slot, and the executor has not begun it. */
    enum Stand {
        WAITING,
        HANDED,
        RUNNING,
        GONE
    }

    /** One call. How it ends before it has begun is told to {@link #refused}. */
    abstract static class Call {

        private final CallContext context;

        /** When its time is up; never, if that is the largest number. */
        private final long deadline;

        private Stand stand = Stand.WAITING;
        private boolean withdrawn;
        private long joined;
        private long start;
        private Agenda.@Nullable Item timer;

        Call(CallContext context, long deadline) {
            this.context = context;
            this.deadline = deadline;
        }

        final Stand stand() {
            return stand;
        }

        final long deadline() {
            return deadline;
        }

        /** Whether nobody wants it any more, so that it will not run. */
        final boolean isWithdrawn() {
            return withdrawn;
        }

        abstract void refused(String line);
    }

    private final String name;
    private final Agenda agenda;
    private final Ledger ledger;

    /** Where calls are handed to; false if it does not take one. */
    private final Predicate<Call> executor;

    private ThreadPoolBulkheadConfig config;
    private final List<Call> inUse = new ArrayList<>();
    private final List<Call> queue = new ArrayList<>();
    private boolean closed;

    NaiveThreadPool(
            String name, ThreadPoolBulkheadConfig config, Predicate<Call> executor, Agenda agenda, Ledger ledger) {
        this.name = name;
        this.config = config;
        this.executor = executor;
        this.agenda = agenda;
        this.ledger = ledger;
    }

    // ---- in

    void begin(Call call) {
        boolean room = queue.isEmpty() && inUse.size() < config.maxThreads();
        if (closed) {
            withdraw(call, RejectionReason.EXECUTOR, notTaken());
        } else if (room) {
            takeSlot(call);
        } else if (queue.size() >= config.queueCapacity()) {
            RejectionReason full = config.queueCapacity() == 0 ? RejectionReason.FULL : RejectionReason.QUEUE_FULL;
            withdraw(call, full, full(full));
        } else if (call.deadline <= agenda.now()) {
            withdraw(call, RejectionReason.DEADLINE, full(RejectionReason.DEADLINE));
        } else {
            call.joined = agenda.now();
            queue.add(call);
            if (call.deadline != Long.MAX_VALUE) {
                call.timer = agenda.in(call.deadline - agenda.now(), () -> timeIsUp(call));
            }
        }
    }

    private void takeSlot(Call call) {
        call.stand = Stand.HANDED;
        inUse.add(call);
        if (!executor.test(call)) {
            giveSlotBack(call);
            withdraw(call, RejectionReason.EXECUTOR, notTaken());
        }
    }

    private void giveSlotBack(Call call) {
        inUse.remove(call);
        serve();
    }

    private void serve() {
        while (!queue.isEmpty() && inUse.size() < config.maxThreads()) {
            Call next = queue.remove(0);
            agenda.cancel(next.timer);
            takeSlot(next);
            ledger.duration(agenda.now() - next.joined);
        }
    }

    private void timeIsUp(Call call) {
        queue.remove(call);
        String refusal = full(RejectionReason.DEADLINE);
        agenda.soon(() -> {
            if (!call.withdrawn) {
                withdraw(call, RejectionReason.DEADLINE, refusal);
            }
        });
    }

    private void withdraw(Call call, RejectionReason reason, String refusal) {
        call.withdrawn = true;
        call.stand = Stand.GONE;
        ledger.count("bulkhead.rejected{reason=" + reason.name().toLowerCase(Locale.ROOT) + "}");
        ledger.tell(new PolicyEvent.CallRejected(name, agenda.clock(), call.context, reason, -1));
        call.refused(refusal);
    }

    private String full(RejectionReason reason) {
        return Lines.rejected("BulkheadFullException", name, reason, -1)
                + List.of(config.maxThreads(), inUse.size(), queue.size());
    }

    private String notTaken() {
        return Lines.rejected("CallRejectedException", name, RejectionReason.EXECUTOR, -1);
    }

    // ---- on the thread

    /** The executor begins a call. False if nobody wants it any more. */
    boolean run(Call call) {
        if (call.withdrawn) {
            giveSlotBack(call);
            return false;
        }
        call.stand = Stand.RUNNING;
        call.start = agenda.now();
        ledger.count("bulkhead.admitted");
        return true;
    }

    /** The thread is done with a call. */
    void end(Call call, Ending ending) {
        call.stand = Stand.GONE;
        giveSlotBack(call);
        Verdict verdict = ending.failure() == null
                ? Verdict.SUCCESS
                : ending.by(Classifier.standard(), call.deadline <= agenda.now());
        ledger.tell(new PolicyEvent.CallEnded(name, agenda.clock(), call.context, verdict, agenda.now() - call.start));
    }

    /** Its caller does not want it any more. */
    void abandon(Call call) {
        if (call.stand == Stand.WAITING || call.stand == Stand.HANDED) {
            Stand before = call.stand;
            agenda.cancel(call.timer);
            queue.remove(call);
            withdraw(call, RejectionReason.CANCELLED, "");
            // What the executor has not begun keeps its slot until it does.
            call.stand = before == Stand.HANDED ? Stand.HANDED : Stand.GONE;
        }
    }

    void reconfigure(ThreadPoolBulkheadConfig other) {
        ThreadPoolBulkheadConfig before = config;
        config = other;
        serve();
        ledger.tell(new PolicyEvent.Reconfigured(name, agenda.clock(), before, other));
        if (before.maxThreads() != other.maxThreads()) {
            ledger.tell(new BulkheadEvent.LimitChanged(
                    name, agenda.clock(), before.maxThreads(), other.maxThreads(), "reconfigured"));
        }
    }

    void close() {
        closed = true;
        while (!queue.isEmpty()) {
            Call first = queue.remove(0);
            agenda.cancel(first.timer);
            withdraw(first, RejectionReason.EXECUTOR, notTaken());
        }
    }

    // ---- what can be seen

    int inUse() {
        return inUse.size();
    }

    int queued() {
        return queue.size();
    }

    void readGauges() {
        ledger.gauge("bulkhead.in.use", inUse.size());
        ledger.gauge("bulkhead.limit", config.maxThreads());
        ledger.gauge("bulkhead.queued", queue.size());
    }
}
