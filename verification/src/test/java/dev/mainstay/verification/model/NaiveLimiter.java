package dev.mainstay.verification.model;

import dev.mainstay.PolicyEvent;
import dev.mainstay.call.CallContext;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.ratelimit.RateLimit;
import dev.mainstay.ratelimit.RateLimiterConfig;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A rate limiter as its documentation has it: limits that all hold at once, and a list of who was given permits, in
 * order.
 */
final class NaiveLimiter extends NaiveGate {

    /** Permits that somebody was given for use from a time on. */
    static final class Grant {

        private final int permits;
        private final @Nullable Call call;

        /** When a call that waits may go on at the latest, as it was told. */
        private final long promised;

        long at;

        /** Whether it was given up: then it is spent, if it could not go back. */
        private boolean cancelled;

        private Grant(int permits, @Nullable Call call, long at) {
            this.permits = permits;
            this.call = call;
            this.promised = at;
            this.at = at;
        }
    }

    private RateLimiterConfig config;
    private final List<NaiveLimit> limits = new ArrayList<>();

    /** Those since permits were last taken at once: they can still go back. */
    private final List<Grant> line = new ArrayList<>();

    /** In the order in which they came. */
    private final Map<Call, Grant> waiting = new LinkedHashMap<>();

    /** Lets in the first call that has moved up, and when. */
    private Agenda.@Nullable Item turn;

    private long turnDue;

    NaiveLimiter(String name, RateLimiterConfig config, Agenda agenda, Ledger ledger) {
        super(name, agenda, ledger);
        this.config = config;
        config.limits().forEach(limit -> limits.add(NaiveLimit.of(limit, agenda.now())));
    }

    // ---- permits

    private int most() {
        return limits.stream().mapToInt(limit -> limit.limit.burst()).min().orElseThrow();
    }

    private long earliest(int permits) {
        return limits.stream()
                .mapToLong(limit -> limit.earliest(permits, agenda.now()))
                .max()
                .orElseThrow();
    }

    private Grant grant(int permits, @Nullable Call call, long wait) {
        Grant grant = new Grant(permits, call, agenda.now() + wait);
        limits.forEach(limit -> limit.use(permits, grant.at, true));
        line.add(grant);
        return grant;
    }

    /** Takes back all grants from this one on. */
    private List<Grant> takeBack(int from) {
        List<Grant> back = List.copyOf(line.subList(from, line.size()));
        for (Grant ignored : back) {
            line.remove(line.size() - 1);
            limits.forEach(NaiveLimit::undo);
        }
        return back;
    }

    /** Grants again what was taken back, in the same order, and earlier where that is possible and not yet too late. */
    private void grantAgain(List<Grant> back) {
        for (Grant grant : back) {
            boolean moves = grant.call != null && grant.at > agenda.now() && grant.permits <= most();
            long free = moves ? agenda.now() + earliest(grant.permits) : grant.at;
            boolean fits = moves && free <= grant.at;
            grant.at = Math.min(grant.at, free);
            limits.forEach(limit -> limit.use(grant.permits, grant.at, fits));
            line.add(grant);
        }
    }

    private @Nullable Grant firstMovedUp() {
        return waiting.values().stream()
                .filter(grant -> grant.at < grant.promised)
                .findFirst()
                .orElse(null);
    }

    private void armTurn() {
        Grant first = firstMovedUp();
        if (first != null && (turn == null || turnDue > first.at)) {
            agenda.cancel(turn);
            turnDue = first.at;
            turn = agenda.in(first.at - agenda.now(), () -> letInMovedUp(null));
        }
    }

    private void letInMovedUp(@Nullable Grant gone) {
        turn = null;
        Grant movedUp = firstMovedUp();
        while (movedUp != null && movedUp.at <= agenda.now()) {
            Grant first = waiting.values().stream()
                    .filter(grant -> grant.at <= agenda.now())
                    .findFirst()
                    .orElseThrow();
            Call call = Objects.requireNonNull(first.call);
            if (call.stand() != Stand.WAITING) {
                // It goes on by itself, and comes first.
                if (first == gone) {
                    throw new AssertionError("it has had its time");
                }
                agenda.soon(() -> letInMovedUp(first));
                return;
            }
            waiting.remove(call);
            letIn(call);
            movedUp = firstMovedUp();
        }
        armTurn();
    }

    private boolean take(int permits) {
        if (permits > most() || earliest(permits) > 0) {
            return false;
        }
        limits.forEach(limit -> limit.use(permits, agenda.now(), true));
        line.clear();
        ledger.count("ratelimiter.admitted");
        return true;
    }

    boolean tryAcquire(int permits) {
        if (take(permits)) {
            return true;
        }
        note(CallContext.plain(), RejectionReason.RATE, retryAfter(permits));
        return false;
    }

    /** Owes what the other one does, which is never less than what it owes by itself. */
    void takeOver(NaiveLimiter shared) {
        if (!isIdle()) {
            throw new AssertionError("one that owes something comes back");
        }
        for (int i = 0; i < Math.min(limits.size(), shared.limits.size()); i++) {
            limits.set(i, shared.limits.get(i).changedTo(limits.get(i).limit, agenda.now()));
        }
        line.clear();
    }

    /** Null if it would take longer. */
    @Nullable
    Grant reserve(int permits, long maxWait) {
        if (permits > most() || earliest(permits) > maxWait) {
            note(CallContext.plain(), RejectionReason.RATE, retryAfter(permits));
            return null;
        }
        ledger.count("ratelimiter.admitted");
        return grant(permits, null, earliest(permits));
    }

    boolean cancel(Grant grant) {
        boolean last = !line.isEmpty() && line.get(line.size() - 1) == grant;
        boolean goesBack = !grant.cancelled && grant.at > agenda.now() && last;
        if (goesBack) {
            takeBack(line.size() - 1);
        }
        grant.cancelled |= grant.at > agenda.now();
        return goesBack;
    }

    // ---- as a gate

    @Override
    @Nullable
    RejectionReason take(Call call) {
        return take(call.context.cost()) ? null : RejectionReason.RATE;
    }

    @Override
    @Nullable
    RejectionReason join(Call call, RejectionReason rejected) {
        int permits = call.context.cost();
        long allowed = config.timeoutDuration().toNanos();
        if (allowed == 0 || permits > most() || earliest(permits) > allowed) {
            return RejectionReason.RATE;
        }
        call.expires = agenda.now() + earliest(permits);
        if (call.expires >= call.deadline) {
            return RejectionReason.DEADLINE;
        }
        waiting.put(call, grant(permits, call, earliest(permits)));
        return null;
    }

    @Override
    @Nullable
    RejectionReason waited(Call call) {
        waiting.remove(call);
        return null;
    }

    @Override
    void begins(Call call) {
        ledger.count("ratelimiter.admitted");
        ledger.duration(agenda.now() - call.joined);
    }

    @Override
    void leave(Call call) {
        Grant grant = waiting.remove(call);
        if (grant != null && line.contains(grant)) {
            List<Grant> back = takeBack(line.indexOf(grant));
            grantAgain(back.subList(1, back.size()));
            armTurn();
        }
    }

    /** They come back with time. */
    @Override
    void giveBack(Call call) {}

    @Override
    void countRejected(RejectionReason reason) {
        ledger.count("ratelimiter.rejected");
    }

    /** For one permit, however many calls ask for. */
    long retryAfter() {
        return earliest(1);
    }

    @Override
    long retryAfter(CallContext context) {
        return retryAfter(context.cost());
    }

    private long retryAfter(int permits) {
        return permits > most() ? -1 : earliest(permits);
    }

    @Override
    String rejection(Call call, RejectionReason reason) {
        return rejection(call.context.cost(), reason);
    }

    String rejection(int permits, RejectionReason reason) {
        RateLimit tightest = tightest(permits);
        return Lines.rejected("RateLimitExceededException", name, reason, retryAfter(permits))
                + List.of(permits, tightest.limit(), tightest.period(), tightest.burst(), remaining());
    }

    /** The one that will never let so many through; or else the one that holds them up longest. */
    private RateLimit tightest(int permits) {
        NaiveLimit tightest = limits.get(0);
        for (NaiveLimit limit : limits) {
            if (permits > limit.limit.burst()) {
                return limit.limit;
            }
        }
        for (NaiveLimit limit : limits) {
            if (limit.earliest(permits, agenda.now()) > tightest.earliest(permits, agenda.now())) {
                tightest = limit;
            }
        }
        return tightest.limit;
    }

    void reconfigure(RateLimiterConfig other) {
        RateLimiterConfig before = config;
        config = other;
        if (!before.limits().equals(other.limits())) {
            while (!line.isEmpty() && isOver(line.get(0))) {
                line.remove(0);
            }
            List<Grant> back = takeBack(0);
            List<NaiveLimit> old = List.copyOf(limits);
            limits.clear();
            for (int i = 0; i < other.limits().size(); i++) {
                RateLimit limit = other.limits().get(i);
                limits.add(
                        i < old.size()
                                ? old.get(i).changedTo(limit, agenda.now())
                                : NaiveLimit.of(limit, agenda.now()));
            }
            grantAgain(back);
            armTurn();
        }
        ledger.tell(new PolicyEvent.Reconfigured(name, agenda.clock(), before, other));
    }

    private boolean isOver(Grant grant) {
        return grant.at <= agenda.now() && (grant.call == null || !waiting.containsKey(grant.call));
    }

    // ---- what can be seen

    int remaining() {
        return limits.stream()
                .mapToInt(limit -> limit.remaining(agenda.now()))
                .min()
                .orElseThrow();
    }

    long resetAfter() {
        return limits.stream()
                .mapToLong(limit -> limit.resetAfter(agenda.now()))
                .max()
                .orElseThrow();
    }

    @Override
    boolean isIdle() {
        return waiting.isEmpty() && resetAfter() == 0;
    }

    int waiting() {
        return waiting.size();
    }

    @Override
    void readGauges() {
        ledger.gauge("ratelimiter.available", remaining());
        ledger.gauge("ratelimiter.waiting", waiting.size());
    }
}
