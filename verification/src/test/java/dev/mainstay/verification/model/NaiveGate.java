package dev.mainstay.verification.model;

import dev.mainstay.PolicyEvent;
import dev.mainstay.call.CallContext;
import dev.mainstay.outcome.Classifier;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.outcome.Verdict;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;

/** What a gate does with a call, in which some may wait, as the documentation has it: who decides is a subclass. */
abstract class NaiveGate {

    /**
     * Where a call is. {@code EXPIRED} has waited as long as it may, and {@code LET_IN} has its permit; but both go on
     * elsewhere and are not there yet.
     */
    enum Stand {
        NEW,
        WAITING,
        EXPIRED,
        LET_IN,
        RUNNING,
        GONE
    }

    /** One call. What becomes of it is told to {@link #runs} and {@link #rejected}. */
    abstract static class Call {

        final CallContext context;

        /** When its time is up; never, if that is the largest number. */
        final long deadline;

        /** Since when it waits, and until when at most. */
        long joined;

        long expires;

        private Stand stand = Stand.NEW;
        private boolean parked;
        private boolean abandoned;
        private long start;
        private Agenda.@Nullable Item timer;

        Call(CallContext context, long deadline) {
            this.context = context;
            this.deadline = deadline;
        }

        final Stand stand() {
            return stand;
        }

        /** Its body begins. */
        abstract void runs();

        /** It ends without having run. */
        abstract void rejected(String line);
    }

    final String name;
    final Agenda agenda;
    final Ledger ledger;

    NaiveGate(String name, Agenda agenda, Ledger ledger) {
        this.name = name;
        this.agenda = agenda;
        this.ledger = ledger;
    }

    /** Gives the call a permit, if it can have one now. */
    abstract @Nullable RejectionReason take(Call call);

    /** Puts a call in line that was rejected a permit, and says when its wait ends; or says why not. */
    abstract @Nullable RejectionReason join(Call call, RejectionReason rejected);

    /** The wait is over: gives the call a permit after all, or says why not. */
    abstract @Nullable RejectionReason waited(Call call);

    /** A call begins that has waited. */
    abstract void begins(Call call);

    /** The call has given up waiting. */
    abstract void leave(Call call);

    /** The call has ended, and has no use for its permit any more. */
    abstract void giveBack(Call call);

    /** Counts a rejection. */
    abstract void countRejected(RejectionReason reason);

    /** How long until such a call may be let in; negative if that cannot be said. */
    abstract long retryAfter(CallContext context);

    /** What a rejection says now, as {@link Lines} has it. */
    abstract String rejection(Call call, RejectionReason reason);

    /** What can be measured now. */
    abstract void readGauges();

    abstract boolean isIdle();

    // ---- in

    /** A call that blocks nobody. */
    final void begin(Call call) {
        RejectionReason no = enter(call);
        if (no != null) {
            reject(call, no);
        } else if (call.stand == Stand.WAITING) {
            call.timer = agenda.in(call.expires - agenda.now(), () -> timeIsUp(call));
        }
    }

    /** A call whose caller waits with it; the thread may be interrupted meanwhile. Null if it was let in. */
    final @Nullable RejectionReason beginHere(Call call, Flag interrupted) {
        RejectionReason no = enter(call);
        if (no == null && call.stand == Stand.WAITING) {
            call.parked = true;
            agenda.park(call.expires, () -> call.stand != Stand.WAITING || interrupted.isSet());
            if (call.stand == Stand.WAITING) {
                if (interrupted.isSet()) {
                    leave(call);
                    no = RejectionReason.INTERRUPTED;
                } else {
                    no = waited(call);
                }
            }
            if (no == null) {
                begins(call);
                run(call);
            }
        }
        return no;
    }

    /** A call that takes a permit if there is one. */
    final boolean tryBegin(Call call) {
        RejectionReason no = take(call);
        if (no != null) {
            note(call, no);
            return false;
        }
        run(call);
        return true;
    }

    private @Nullable RejectionReason enter(Call call) {
        RejectionReason no = take(call);
        if (no == null) {
            run(call);
            return null;
        }
        no = join(call, no);
        if (no == null) {
            call.stand = Stand.WAITING;
            call.joined = agenda.now();
        }
        return no;
    }

    private void run(Call call) {
        call.stand = Stand.RUNNING;
        call.start = agenda.now();
        call.runs();
    }

    /** Lets a call in that waits. */
    final void letIn(Call call) {
        call.stand = Stand.LET_IN;
        agenda.cancel(call.timer);
        if (!call.parked) {
            agenda.soon(() -> goOn(call));
        }
    }

    private void goOn(Call call) {
        if (call.stand == Stand.LET_IN) {
            begins(call);
            run(call);
        }
    }

    private void timeIsUp(Call call) {
        call.stand = Stand.EXPIRED;
        agenda.soon(() -> expired(call));
    }

    private void expired(Call call) {
        RejectionReason no = waited(call);
        if (no != null) {
            reject(call, no);
        } else if (call.abandoned) {
            endUnused(call);
        } else {
            letIn(call);
        }
    }

    /** It has a permit, and no use for it. */
    private void endUnused(Call call) {
        call.stand = Stand.GONE;
        giveBack(call);
        note(call, RejectionReason.CANCELLED);
    }

    private void reject(Call call, RejectionReason reason) {
        call.stand = Stand.GONE;
        note(call, reason);
        call.rejected(rejection(call, reason));
    }

    /** Counts and tells that a call was rejected. */
    final void note(Call call, RejectionReason reason) {
        note(call.context, reason);
    }

    final void note(CallContext context, RejectionReason reason) {
        note(context, reason, retryAfter(context));
    }

    final void note(CallContext context, RejectionReason reason, long retryAfter) {
        countRejected(reason);
        ledger.tell(new PolicyEvent.CallRejected(name, agenda.clock(), context, reason, retryAfter));
    }

    // ---- out

    final void end(Call call, Ending ending) {
        end(call, ending.by(Classifier.standard(), call.deadline <= agenda.now()));
    }

    final void end(Call call, Verdict verdict) {
        call.stand = Stand.GONE;
        giveBack(call);
        ledger.tell(new PolicyEvent.CallEnded(name, agenda.clock(), call.context, verdict, agenda.now() - call.start));
    }

    /** Its caller does not want it any more. */
    final void abandon(Call call) {
        switch (call.stand) {
            case WAITING -> {
                agenda.cancel(call.timer);
                call.stand = Stand.GONE;
                leave(call);
                note(call, RejectionReason.CANCELLED);
            }
            case EXPIRED -> call.abandoned = true;
            case LET_IN -> endUnused(call);
            case RUNNING -> end(call, Ending.failing(new CancellationException(), Verdict.IGNORED));
            default -> {}
        }
    }
}
