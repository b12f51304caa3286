package dev.mainstay.verification.model;

import dev.mainstay.PolicyEvent;
import dev.mainstay.TimeLimiterConfig;
import dev.mainstay.call.CallContext;
import dev.mainstay.time.Nanos;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a time limiter makes of calls, as its documentation has it. */
final class NaiveTimeLimiter {

    private final String name;
    private final Agenda agenda;
    private final Ledger ledger;

    /** Gets the results that come too late. */
    private final List<String> discarded;

    private TimeLimiterConfig config;

    NaiveTimeLimiter(String name, TimeLimiterConfig config, List<String> discarded, Agenda agenda, Ledger ledger) {
        this.name = name;
        this.config = config;
        this.discarded = discarded;
        this.agenda = agenda;
        this.ledger = ledger;
    }

    TimeLimiterConfig config() {
        return config;
    }

    void reconfigure(TimeLimiterConfig other) {
        TimeLimiterConfig before = config;
        config = other;
        ledger.tell(new PolicyEvent.Reconfigured(name, agenda.clock(), before, other));
    }

    private void count(String outcome) {
        ledger.count("timelimiter.calls{outcome=" + outcome + "}");
    }

    /** One call, from its begin on. */
    abstract class Call {

        final CallContext context;
        final long timeout = Nanos.of(config.timeoutDuration());
        final long start = agenda.now();
        private Agenda.@Nullable Item timer;
        boolean fired;

        Call(CallContext context) {
            this.context = context;
        }

        final void arm(Runnable action) {
            timer = agenda.in(timeout - (agenda.now() - start), () -> {
                fired = true;
                action.run();
            });
        }

        /** The call has ended. False if its time was up before. */
        final boolean inTime() {
            agenda.cancel(timer);
            return !fired;
        }

        final void discard(Ending ending) {
            if (ending.failure() == null) {
                discarded.add("" + ending.result());
            }
        }

        final void countEnd(Ending ending) {
            count(ending.failure() == null ? "success" : "failure");
        }

        final void countTimeout() {
            count("timeout");
            tellTimeout();
        }

        final void tellTimeout() {
            ledger.tell(new PolicyEvent.TimedOut(name, agenda.clock(), context, timeout));
        }

        final void countCancelled() {
            count("cancelled");
        }

        final String timeoutLine(@Nullable Throwable cause) {
            return "timeout" + List.of(name, Duration.ofNanos(timeout), Lines.nameOf(cause));
        }
    }

    /** A call on its caller's thread. */
    final class HereCall extends Call {

        private boolean ended;

        HereCall(CallContext context) {
            super(context);
        }

        /** When the time is up, the interrupt comes from another thread than the timer's, unless the call has ended. */
        void interruptedBy(Runnable interrupt) {
            arm(() -> agenda.soon(() -> {
                if (!ended) {
                    interrupt.run();
                }
            }));
        }

        /** What the caller gets. */
        String end(Ending ending) {
            ended = true;
            if (inTime()) {
                countEnd(ending);
                return ending.line();
            }
            discard(ending);
            countTimeout();
            return timeoutLine(ending.failure());
        }
    }

    /** A call whose caller has a future, and whose body a stage. */
    abstract class FutureCall extends Call {

        private boolean given;
        private boolean stageEnded;
        private String line = "open";

        FutureCall(CallContext context) {
            super(context);
        }

        /** The call was ended before its stage, which is cancelled. */
        abstract void cancelStage();

        /** What the body has asked for when it is cancelled or times out. */
        void runHooks() {}

        final String line() {
            return line;
        }

        final boolean isOpen() {
            return line.equals("open");
        }

        /** The time was up before anything else, and the future is about to fail. */
        final boolean isDecided() {
            return isOpen() && fired;
        }

        /** The body has given a stage. */
        final void givesStage() {
            given = true;
            arm(() -> agenda.soon(this::timeOut));
        }

        /** The body has given a stage that is complete. */
        final void givesStage(Ending ending) {
            given = true;
            stageEnded = true;
            if (agenda.now() - start < timeout) {
                countEnd(ending);
                line = ending.line();
            } else {
                discard(ending);
                count("timeout");
                // Listeners do not keep the caller.
                agenda.soon(super::tellTimeout);
                line = timeoutLine(ending.failure());
            }
        }

        private void timeOut() {
            count("timeout");
            stageCancelled();
            agenda.soon(this::runHooks);
            line = timeoutLine(null);
            tellTimeout();
        }

        private void stageCancelled() {
            stageEnded = true;
            cancelStage();
        }

        final void stageEnds(Ending ending) {
            if (stageEnded || !given) {
                return;
            }
            stageEnded = true;
            if (!isOpen() || !inTime()) {
                discard(ending);
                return;
            }
            countEnd(ending);
            line = ending.line();
        }

        final void givenUp(String as) {
            boolean ignored = inTime();
            countCancelled();
            line = as;
            stageCancelled();
            runHooks();
        }
    }
}
