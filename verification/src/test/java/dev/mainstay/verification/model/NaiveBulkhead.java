package dev.mainstay.verification.model;

import dev.mainstay.CallContext;
import dev.mainstay.Classifier;
import dev.mainstay.PolicyEvent;
import dev.mainstay.RejectionReason;
import dev.mainstay.Verdict;
import dev.mainstay.bulkhead.BulkheadConfig;
import dev.mainstay.bulkhead.BulkheadEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;

/** A bulkhead as its documentation has it: a list of the calls that are in progress, and a list of those that wait. */
final class NaiveBulkhead {

    /** Where a call is. {@code LET_IN} has a slot, but goes on elsewhere and is not there yet. */
    enum Stand {
        NEW,
        WAITING,
        LET_IN,
        RUNNING,
        GONE
    }

    /** A call; what becomes of it is told to {@link #runs} and {@link #refused}. */
    abstract static class Call {

        private final CallContext context;

        /** When its time is up; never, if that is the largest number. */
        private final long deadline;

        private Stand stand = Stand.NEW;
        private boolean parked;
        private boolean abandoned;
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

        /** It has a slot, and its body begins. */
        abstract void runs();

        /** It ends without having run. */
        abstract void refused(RejectionReason reason, String line);
    }

    private final String name;
    private final Agenda agenda;
    private final Ledger ledger;
    private final Play play;
    private BulkheadConfig config;
    private final List<Call> inUse = new ArrayList<>();
    private final List<Call> queue = new ArrayList<>();

    NaiveBulkhead(String name, BulkheadConfig config, Play play) {
        this.name = name;
        this.config = config;
        this.play = play;
        this.agenda = play.agenda;
        this.ledger = play.expected;
    }

    // ---- in

    /** A call that blocks nobody. */
    void begin(Call call) {
        RejectionReason no = enter(call);
        if (no != null) {
            refuse(call, no);
        } else if (call.stand == Stand.WAITING) {
            call.timer = agenda.in(waitOf(call), () -> expired(call));
        }
    }

    /** A call whose caller waits with it; the thread may be interrupted meanwhile. Null if it was let in. */
    @Nullable
    RejectionReason beginHere(Call call, Flag interrupted) {
        RejectionReason no = enter(call);
        if (no != null) {
            return no;
        }
        if (call.stand == Stand.WAITING) {
            call.parked = true;
            agenda.park(
                    agenda.now() + waitOf(call), () -> call.stand != Stand.WAITING || interrupted.isSet());
            if (call.stand == Stand.WAITING) {
                queue.remove(call);
                return interrupted.isSet() ? RejectionReason.INTERRUPTED : whyExpired(call);
            }
            run(call);
        }
        return null;
    }

    /** A call that takes a slot if there is one. */
    boolean tryBegin(Call call) {
        if (hasRoom()) {
            letInAtOnce(call);
            return true;
        }
        note(call, RejectionReason.FULL);
        return false;
    }

    private @Nullable RejectionReason enter(Call call) {
        if (hasRoom()) {
            letInAtOnce(call);
            return null;
        }
        if (config.maxWaitDuration().isZero()) {
            return RejectionReason.FULL;
        }
        if (call.deadline <= agenda.now()) {
            return RejectionReason.DEADLINE;
        }
        if (queue.size() >= config.maxQueuedCalls()) {
            return RejectionReason.QUEUE_FULL;
        }
        call.stand = Stand.WAITING;
        call.joined = agenda.now();
        queue.add(call);
        return null;
    }

    private boolean hasRoom() {
        return queue.isEmpty() && inUse.size() < config.maxConcurrentCalls();
    }

    private void letInAtOnce(Call call) {
        inUse.add(call);
        ledger.count("bulkhead.admitted");
        run(call);
    }

    private long waitOf(Call call) {
        return Math.min(config.maxWaitDuration().toNanos(), call.deadline - agenda.now());
    }

    private void run(Call call) {
        call.stand = Stand.RUNNING;
        call.start = agenda.now();
        call.runs();
    }

    private void expired(Call call) {
        queue.remove(call);
        call.stand = Stand.GONE;
        RejectionReason why = whyExpired(call);
        agenda.soon(() -> refuse(call, why));
    }

    private RejectionReason whyExpired(Call call) {
        return call.deadline <= agenda.now() ? RejectionReason.DEADLINE : RejectionReason.WAIT_EXPIRED;
    }

    private void refuse(Call call, RejectionReason reason) {
        call.stand = Stand.GONE;
        note(call, reason);
        call.refused(reason, refusal(reason));
    }

    void note(Call call, RejectionReason reason) {
        ledger.count("bulkhead.rejected{reason=" + reason.name().toLowerCase(Locale.ROOT) + "}");
        play.tell(new PolicyEvent.CallRejected(name, agenda.clock(), call.context, reason, -1));
    }

    /** What a refusal says now, as {@link Lines} has it. */
    String refusal(RejectionReason reason) {
        return Lines.rejected("BulkheadFullException", name, reason, -1)
                + List.of(config.maxConcurrentCalls(), inUse.size(), queue.size());
    }

    private void serve() {
        while (!queue.isEmpty() && inUse.size() < config.maxConcurrentCalls()) {
            Call call = queue.remove(0);
            call.stand = Stand.LET_IN;
            agenda.cancel(call.timer);
            inUse.add(call);
            ledger.count("bulkhead.admitted");
            ledger.durations.add(agenda.now() - call.joined);
            if (!call.parked) {
                agenda.soon(() -> goOn(call));
            }
        }
    }

    private void goOn(Call call) {
        if (call.abandoned) {
            call.start = agenda.now();
            end(call, Verdict.IGNORED);
        } else {
            run(call);
        }
    }

    // ---- out

    void end(Call call, Ending ending) {
        end(call, ending.by(Classifier.standard(), call.deadline <= agenda.now()));
    }

    void end(Call call, Verdict verdict) {
        call.stand = Stand.GONE;
        inUse.remove(call);
        serve();
        play.tell(new PolicyEvent.CallEnded(
                name, agenda.clock(), call.context, verdict, agenda.now() - call.start));
    }

    /** Its caller does not want it any more. */
    void abandon(Call call) {
        switch (call.stand) {
            case WAITING -> {
                agenda.cancel(call.timer);
                queue.remove(call);
                call.stand = Stand.GONE;
                note(call, RejectionReason.CANCELLED);
            }
            case LET_IN -> call.abandoned = true;
            case RUNNING -> end(call, Ending.failing(new CancellationException(), Verdict.IGNORED));
            default -> {}
        }
    }

    void reconfigure(BulkheadConfig other) {
        BulkheadConfig before = config;
        config = other;
        serve();
        play.tell(new PolicyEvent.Reconfigured(name, agenda.clock(), before, other));
        if (before.maxConcurrentCalls() != other.maxConcurrentCalls()) {
            play.tell(new BulkheadEvent.LimitChanged(
                    name, agenda.clock(), before.maxConcurrentCalls(), other.maxConcurrentCalls(), "reconfigured"));
        }
    }

    // ---- what can be seen

    int limit() {
        return config.maxConcurrentCalls();
    }

    int inUse() {
        return inUse.size();
    }

    int queued() {
        return queue.size();
    }

    void readGauges() {
        ledger.gauge("bulkhead.in.use", inUse.size());
        ledger.gauge("bulkhead.limit", limit());
        ledger.gauge("bulkhead.queued", queue.size());
    }
}
