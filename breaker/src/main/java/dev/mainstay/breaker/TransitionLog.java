package dev.mainstay.breaker;

import dev.mainstay.breaker.CircuitBreaker.State;
import dev.mainstay.safe.SafeLog;
import dev.mainstay.safe.SafeText;
import dev.mainstay.time.Nanos;
import java.util.ArrayList;
import java.util.List;

/** What a breaker's transitions look like in its log, which is that of {@link CircuitBreaker}. */
final class TransitionLog {

    private static final SafeLog LOG = SafeLog.of(CircuitBreaker.class);

    private TransitionLog() {}

    /** One WARN for each opening: not for what becomes of a breaker that rejects calls already. */
    static void write(StateChanged event) {
        boolean warns = rejectsCalls(event.to()) && !rejectsCalls(event.from());
        if (warns ? !LOG.isWarnEnabled() : !LOG.isInfoEnabled()) {
            return;
        }
        List<Object> facts = new ArrayList<>();
        String message = line(event, facts);
        if (warns) {
            LOG.warn(message, facts.toArray());
        } else {
            LOG.info(message, facts.toArray());
        }
    }

    private static boolean rejectsCalls(State state) {
        return state == State.OPEN || state == State.FORCED_OPEN;
    }

    /** All that {@link #write} does, but for the log. */
    static void rehearse(StateChanged event) {
        String ignored = line(event, new ArrayList<>());
    }

    /** The numbers stand where they decided; the key is always there. */
    private static String line(StateChanged event, List<Object> facts) {
        facts.addAll(List.<Object>of("policy", event.policy(), "from", event.from(), "to", event.to()));
        facts.addAll(List.<Object>of("why", event.why(), "numbers", event.numbers()));
        String message = "Circuit breaker '{policy}' {from} -> {to}: ";
        if (event.why() == StateChanged.Why.WAIT_OVER) {
            message += "waited {wait}";
        } else {
            message += event.why().text() + (event.numbers().calls() == 0 ? "" : ", {numbers}");
        }
        if (event.waitNanos() >= 0) {
            facts.addAll(List.<Object>of("wait", Nanos.format(event.waitNanos())));
            message += event.to() == State.OPEN ? "; probes in {wait}" : "";
        }
        if (event.failure() != null) {
            facts.addAll(List.<Object>of("failure", SafeText.of(event.failure())));
            message += "; last failure: {failure}";
        }
        return message;
    }
}
