package dev.mainstay.verification.model;

import dev.mainstay.PolicyEvent;
import dev.mainstay.bulkhead.BulkheadEvent;
import dev.mainstay.bulkhead.ThreadPoolBulkheadConfig;
import dev.mainstay.call.CallContext;
import dev.mainstay.outcome.Classifier;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.outcome.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A thread pool bulkhead over an executor, as its documentation has it: a list of the calls that have a slot, and a
 * list of those that wait for one.
 */
final class NaiveThreadPool {

    /**
     * Where a call is. {@code EXPIRED} has waited as long as it may, which is looked after elsewhere. {@code HANDED}
     * has a slot, and the executor has not begun it.
     */
    enum Stand {
        WAITING,
        EXPIRED,
        HANDED,
        RUNNING,
        GONE
    }

    /** One call. How it ends before it has begun is told to {@link #rejected}. */
    abstract static class Call {

        private final CallContext context;

        /** When its time is up; never, if that is the largest number. */
        private final long deadline;

        private Stand stand = Stand.WAITING;
        private boolean withdrawn;
        private long joined;
        private long start;

        /** The end of its wait, and then its deadline. */
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

        abstract void rejected(String line);
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
            inUse.add(call);
            handOver(call);
        } else if (queue.size() >= config.queueCapacity()) {
            RejectionReason full = config.queueCapacity() == 0 ? RejectionReason.FULL : RejectionReason.QUEUE_FULL;
            withdraw(call, full, full(full));
        } else if (call.deadline <= agenda.now()) {
            withdraw(call, RejectionReason.DEADLINE, full(RejectionReason.DEADLINE));
        } else {
            call.joined = agenda.now();
            queue.add(call);
            long wait = Math.min(
                    call.deadline - agenda.now(), config.maxWaitDuration().toNanos());
            call.timer = agenda.in(wait, () -> timeIsUp(call));
        }
    }

    /** Gives a call that has a slot to the executor; also one that was withdrawn meanwhile, which then does nothing. */
    private void handOver(Call call) {
        if (!call.withdrawn) {
            call.stand = Stand.HANDED;
            if (call.deadline != Long.MAX_VALUE) {
                call.timer = agenda.in(call.deadline - agenda.now(), () -> agenda.soon(() -> overdue(call)));
            }
        }
        if (!executor.test(call) && !call.withdrawn) {
            withdraw(call, RejectionReason.EXECUTOR, notTaken());
        }
    }

    /** Its deadline has come, and it may be that the executor has not begun it. */
    private void overdue(Call call) {
        if (call.stand == Stand.HANDED) {
            withdraw(call, RejectionReason.DEADLINE, full(RejectionReason.DEADLINE));
        }
    }

    private void giveSlotBack(Call call) {
        inUse.remove(call);
        serve();
    }

    private void serve() {
        while (!queue.isEmpty() && inUse.size() < config.maxThreads()) {
            Call next = queue.remove(0);
            if (next.stand == Stand.WAITING) {
                agenda.cancel(next.timer);
                next.stand = Stand.HANDED;
                inUse.add(next);
                agenda.soon(() -> handOver(next));
                long waited = agenda.now() - next.joined;
                agenda.soon(() -> ledger.duration(waited));
            }
        }
    }

    private void timeIsUp(Call call) {
        call.stand = Stand.EXPIRED;
        agenda.soon(() -> expired(call));
    }

    private void expired(Call call) {
        if (!call.withdrawn) {
            queue.remove(call);
            RejectionReason reason =
                    call.deadline <= agenda.now() ? RejectionReason.DEADLINE : RejectionReason.WAIT_EXPIRED;
            withdraw(call, reason, full(reason));
        }
    }

    /** Takes a call that has not begun out of wherever it is: its slot is free at once. */
    private void withdraw(Call call, RejectionReason reason, String rejection) {
        call.withdrawn = true;
        call.stand = Stand.GONE;
        agenda.cancel(call.timer);
        queue.remove(call);
        giveSlotBack(call);
        ledger.count("bulkhead.rejected{reason=" + reason.name().toLowerCase(Locale.ROOT) + "}");
        ledger.tell(new PolicyEvent.CallRejected(name, agenda.clock(), call.context, reason, -1));
        call.rejected(rejection);
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
            return false;
        }
        agenda.cancel(call.timer);
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
        if (call.stand != Stand.RUNNING && call.stand != Stand.GONE) {
            withdraw(call, RejectionReason.CANCELLED, "");
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
            withdraw(queue.remove(0), RejectionReason.EXECUTOR, notTaken());
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
