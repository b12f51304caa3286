package dev.mainstay.verification.model;

import dev.mainstay.PolicyEvent;
import dev.mainstay.bulkhead.BulkheadConfig;
import dev.mainstay.bulkhead.BulkheadEvent;
import dev.mainstay.call.CallContext;
import dev.mainstay.outcome.RejectionReason;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A bulkhead as its documentation has it: a list of the calls that have a slot, and a list of those that wait for one.
 */
final class NaiveBulkhead extends NaiveGate {

    private BulkheadConfig config;
    private final List<Call> inUse = new ArrayList<>();
    private final List<Call> queue = new ArrayList<>();

    NaiveBulkhead(String name, BulkheadConfig config, Agenda agenda, Ledger ledger) {
        super(name, agenda, ledger);
        this.config = config;
    }

    @Override
    @Nullable
    RejectionReason take(Call call) {
        if (queue.isEmpty() && inUse.size() < config.maxConcurrentCalls()) {
            inUse.add(call);
            ledger.count("bulkhead.admitted");
            return null;
        }
        return RejectionReason.FULL;
    }

    @Override
    @Nullable
    RejectionReason join(Call call, RejectionReason rejected) {
        if (config.maxWaitDuration().isZero()) {
            return rejected;
        }
        if (call.deadline <= agenda.now()) {
            return RejectionReason.DEADLINE;
        }
        if (queue.size() >= config.maxQueuedCalls()) {
            return RejectionReason.QUEUE_FULL;
        }
        queue.add(call);
        call.expires = Math.min(agenda.now() + config.maxWaitDuration().toNanos(), call.deadline);
        return null;
    }

    @Override
    RejectionReason waited(Call call) {
        queue.remove(call);
        return call.deadline <= agenda.now() ? RejectionReason.DEADLINE : RejectionReason.WAIT_EXPIRED;
    }

    @Override
    void begins(Call call) {
        ledger.count("bulkhead.admitted");
        long waited = agenda.now() - call.joined;
        agenda.soon(() -> ledger.duration(waited));
    }

    @Override
    void leave(Call call) {
        queue.remove(call);
    }

    @Override
    void giveBack(Call call) {
        inUse.remove(call);
        serve();
    }

    private void serve() {
        while (!queue.isEmpty() && inUse.size() < config.maxConcurrentCalls()) {
            Call call = queue.remove(0);
            if (call.stand() == Stand.WAITING) {
                inUse.add(call);
                letIn(call);
            }
        }
    }

    void reconfigure(BulkheadConfig other) {
        BulkheadConfig before = config;
        config = other;
        serve();
        ledger.tell(new PolicyEvent.Reconfigured(name, agenda.clock(), before, other));
        if (before.maxConcurrentCalls() != other.maxConcurrentCalls()) {
            ledger.tell(new BulkheadEvent.LimitChanged(
                    name, agenda.clock(), before.maxConcurrentCalls(), other.maxConcurrentCalls(), "reconfigured"));
        }
    }

    @Override
    void countRejected(RejectionReason reason) {
        ledger.count("bulkhead.rejected{reason=" + reason.name().toLowerCase(Locale.ROOT) + "}");
    }

    @Override
    long retryAfter(CallContext context) {
        return -1;
    }

    @Override
    String rejection(Call call, RejectionReason reason) {
        return Lines.rejected("BulkheadFullException", name, reason, -1)
                + List.of(config.maxConcurrentCalls(), inUse.size(), queue.size());
    }

    int limit() {
        return config.maxConcurrentCalls();
    }

    int inUse() {
        return inUse.size();
    }

    int queued() {
        return queue.size();
    }

    @Override
    boolean isIdle() {
        return inUse.isEmpty() && queue.isEmpty();
    }

    @Override
    void readGauges() {
        ledger.gauge("bulkhead.in.use", inUse.size());
        ledger.gauge("bulkhead.limit", limit());
        ledger.gauge("bulkhead.queued", queue.size());
    }
}
