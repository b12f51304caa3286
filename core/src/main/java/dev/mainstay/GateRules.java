package dev.mainstay;

import dev.mainstay.event.Events;
import dev.mainstay.outcome.Classifier;
import dev.mainstay.safe.LeafSection;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Works out which rules apply to the calls that enter a gate: who judges them, whether the clock is read for them, who
 * listens, and which permit stands. They follow from the gate's options, its state and its listeners, and are worked
 * out anew whenever one of these changes. Safe for use by many threads.
 */
final class GateRules {

    /*
     * The rules in force are plain fields of the gate, so that a call finds each with one read: Gate.classifier,
     * clockAtExit, listened, timed and standing. Only this class writes them, under its monitor.
     *
     * Options, state and listeners may change at any time, and the gate's methods that say what follows from them must
     * not be called under a monitor. So the rules are worked out without it, and put in force only if nothing has
     * changed meanwhile (the revision is the same); otherwise they are worked out once more. While a change is being
     * made, no permit stands.
     */

    /** How many changes are being made, during which no permit stands. */
    private int changing;

    /** A number that each change makes another one. */
    private volatile int revision;

    /** What a subclass said last of who judges. */
    private volatile Gate.Judging judging;

    /** The classifier in force as the subclass gave it, before it was named after the gate. */
    private Classifier judge;

    GateRules(Classifier classifier) {
        this.judge = classifier;
        this.judging = new Gate.Judging(classifier, false, false);
    }

    Gate.Judging judging() {
        return judging;
    }

    void judging(Gate gate, Gate.Judging judging) {
        this.judging = judging;
        renew(gate);
    }

    /** Makes a change to the state of the gate, as {@link Gate#change} says. */
    @LeafSection
    boolean change(Gate gate, BooleanSupplier change) {
        synchronized (this) {
            changing++;
            gate.standing = null;
        }
        try {
            return change.getAsBoolean();
        } finally {
            // Nothing is called before this, so that a change which has run out of stack is over, too.
            try {
                synchronized (this) {
                    changing--;
                    revision++;
                }
            } catch (Throwable noRoomToLock) {
                // Of changes that end without the lock at the very same moment, one may seem to go on. Then no permit
                // stands any more, which is slower and right.
                changing--;
            }
            putInForce(gate);
        }
    }

    /** Options or listeners have changed. */
    @LeafSection
    void renew(Gate gate) {
        synchronized (this) {
            revision++;
        }
        putInForce(gate);
    }

    private void putInForce(Gate gate) {
        try {
            boolean done;
            do {
                int seen = revision;
                Events events = gate.events();
                boolean heard = events.wanted(PolicyEvent.CallEnded.class);
                Gate.Judging judging = gate.judging();
                StandingPermit offered = gate.standingPermit();
                boolean told = offered != null && (heard || judging.classifier().judgesResults());
                Classifier named = judging.classifier() == judge
                        ? gate.classifier
                        : judging.classifier().namedAfter(gate.name());
                done = publish(gate, seen, heard, judging, named, offered != null && told ? offered.told() : offered);
            } while (!done);
        } catch (VirtualMachineError noRoom) {
            // No permit stands now, which is slower and right. The next change brings one.
        }
    }

    /** False if something has changed since the given revision. */
    @LeafSection
    private boolean publish(
            Gate gate,
            int seen,
            boolean heard,
            Gate.Judging judging,
            Classifier named,
            @Nullable StandingPermit offered) {
        Classifier given = judging.classifier();
        boolean entry = judging.clockAtEntry();
        boolean exit = judging.clockAtExit();
        synchronized (this) {
            if (revision != seen) {
                return false;
            }
            judge = given;
            gate.classifier = named;
            gate.clockAtExit = exit;
            gate.listened = heard;
            gate.timed = entry || heard;
            gate.standing = changing == 0 ? offered : null;
            return true;
        }
    }
}
