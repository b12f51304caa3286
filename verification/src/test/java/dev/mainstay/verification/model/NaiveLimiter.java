package dev.mainstay.verification.model;

import dev.mainstay.CallContext;
import dev.mainstay.PolicyEvent;
import dev.mainstay.RejectionReason;
import dev.mainstay.ratelimit.RateLimit;
import dev.mainstay.ratelimit.RateLimiterConfig;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A rate limiter as its documentation has it: limits that all hold at once, and a list of who was given permits, in order. */
final class NaiveLimiter extends NaiveGate {

    /** Permits that somebody was given for use from a time on. */
    static final class Grant {

        final long at;

        /** Whether it was given up: then it is spent, if it could not go back. */
        private boolean cancelled;

        private Grant(long at) {
            this.at = at;
        }
    }

    private RateLimiterConfig config;
    private final List<NaiveLimit> limits = new ArrayList<>();

    /** Those that can still go back, the last first to do so. */
    private final List<Grant> grants = new ArrayList<>();

    private final Map<Call, Grant> waiting = new HashMap<>();

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

    private Grant grant(int permits, long wait) {
        Grant grant = new Grant(agenda.now() + wait);
        limits.forEach(limit -> limit.use(permits, grant.at));
        grants.add(grant);
        return grant;
    }

    /** The permits go back if nobody has been given any since. */
    private boolean undo(Grant grant) {
        if (grants.isEmpty() || grants.get(grants.size() - 1) != grant) {
            return false;
        }
        grants.remove(grants.size() - 1);
        limits.forEach(NaiveLimit::undo);
        return true;
    }

    private boolean take(int permits) {
        if (permits > most() || earliest(permits) > 0) {
            return false;
        }
        grant(permits, 0);
        ledger.count("ratelimiter.admitted");
        return true;
    }

    boolean tryAcquire(int permits) {
        if (take(permits)) {
            return true;
        }
        note(CallContext.plain(), RejectionReason.RATE);
        return false;
    }

    /** Spends as many permits as the other one lacks. */
    void takeOver(NaiveLimiter shared) {
        int permits = Math.min(shared.most() - shared.remaining(), remaining());
        if (permits > 0) {
            grant(permits, 0);
        }
    }

    /** Null if it would take longer. */
    @Nullable
    Grant reserve(int permits, long maxWait) {
        if (permits > most() || earliest(permits) > maxWait) {
            note(CallContext.plain(), RejectionReason.RATE);
            return null;
        }
        ledger.count("ratelimiter.admitted");
        return grant(permits, earliest(permits));
    }

    boolean cancel(Grant grant) {
        boolean goesBack = !grant.cancelled && grant.at > agenda.now() && undo(grant);
        grant.cancelled = true;
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
    RejectionReason join(Call call, RejectionReason refused) {
        int permits = call.context.cost();
        long allowed = config.timeoutDuration().toNanos();
        if (allowed == 0 || permits > most() || earliest(permits) > allowed) {
            return RejectionReason.RATE;
        }
        call.expires = agenda.now() + earliest(permits);
        if (call.expires >= call.deadline) {
            return RejectionReason.DEADLINE;
        }
        waiting.put(call, grant(permits, earliest(permits)));
        return null;
    }

    @Override
    @Nullable
    RejectionReason waited(Call call) {
        waiting.remove(call);
        ledger.count("ratelimiter.admitted");
        ledger.duration(agenda.now() - call.joined);
        return null;
    }

    @Override
    void leave(Call call) {
        Grant grant = waiting.remove(call);
        if (grant != null) {
            undo(grant);
        }
    }

    /** They come back with time. */
    @Override
    void giveBack(Call call) {}

    @Override
    void countRefused(RejectionReason reason) {
        ledger.count("ratelimiter.rejected");
    }

    @Override
    long retryAfter() {
        return earliest(1);
    }

    @Override
    String refusal(Call call, RejectionReason reason) {
        return refusal(call.context.cost(), reason);
    }

    String refusal(int permits, RejectionReason reason) {
        RateLimit tightest = tightest(permits);
        return Lines.rejected("RateLimitExceededException", name, reason, permits > most() ? -1 : earliest(permits))
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
            List<NaiveLimit> old = List.copyOf(limits);
            limits.clear();
            for (int i = 0; i < other.limits().size(); i++) {
                RateLimit limit = other.limits().get(i);
                limits.add(
                        i < old.size()
                                ? old.get(i).changedTo(limit, agenda.now())
                                : NaiveLimit.of(limit, agenda.now()));
            }
            grants.clear();
        }
        ledger.tell(new PolicyEvent.Reconfigured(name, agenda.clock(), before, other));
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
