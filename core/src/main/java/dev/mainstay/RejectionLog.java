package dev.mainstay;

import dev.mainstay.event.SummarizingLog;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.safe.Require;
import dev.mainstay.time.TimeSource;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * What a policy tells the log of the calls that it rejects: the first at once, and of those that follow {@linkplain
 * SummarizingLog a sum every ten seconds}. The logger has the name of the policy's class. Calls that give up by
 * themselves are no news.
 *
 * <p>A {@link Gate} has one; it is for policies that are none. Safe for use by many threads.
 */
public final class RejectionLog {

    private final Policy policy;
    private final TimeSource time;
    private final boolean warns;
    private final AtomicReference<@Nullable SummarizingLog<RejectionReason>> recurrence = new AtomicReference<>();

    /** Nothing rejected yet; rejections will be logged at WARN. */
    public RejectionLog(Policy policy, TimeSource time) {
        this(policy, time, true);
    }

    /**
     * Nothing rejected yet.
     *
     * @param warns whether rejections are logged at WARN; at INFO if not, for a policy that itself warns when it begins
     *     to reject, as a circuit breaker does
     */
    public RejectionLog(Policy policy, TimeSource time, boolean warns) {
        this.policy = Require.present("policy", policy);
        this.time = Require.present("timeSource", time);
        this.warns = warns;
    }

    /** Takes note that a call was rejected. */
    public void rejected(RejectionReason reason) {
        if (reason != RejectionReason.INTERRUPTED && reason != RejectionReason.CANCELLED) {
            recurrence().happened(reason);
        }
    }

    private SummarizingLog<RejectionReason> recurrence() {
        SummarizingLog<RejectionReason> existing = recurrence.get();
        if (existing != null) {
            return existing;
        }
        SummarizingLog<RejectionReason> warning = new SummarizingLog<>(
                policy.getClass(), time, policy.name(), "rejected calls", RejectionReason.class, policy::explain);
        SummarizingLog<RejectionReason> fresh = warns ? warning : warning.atInfo();
        SummarizingLog<RejectionReason> found = recurrence.compareAndExchange(null, fresh);
        return found == null ? fresh : found;
    }
}
