package dev.mainstay.breaker;

import dev.mainstay.breaker.CircuitBreaker.State;
import dev.mainstay.breaker.StateMachine.Trigger;
import dev.mainstay.call.CallContext;
import dev.mainstay.outcome.Verdict;
import dev.mainstay.time.TimeSource;
import org.jspecify.annotations.Nullable;

/**
 * Records how calls ended: in the window, or as a probe, of the state that let the call in, and in the meters. Opens
 * the breaker when a threshold is reached.
 */
final class OutcomeRecorder {

    private final StateMachine machine;
    private final BreakerMeters meters;

    OutcomeRecorder(StateMachine machine, BreakerMeters meters) {
        this.machine = machine;
        this.meters = meters;
    }

    /**
     * A call that was let in has ended.
     *
     * @param start when it began; {@link TimeSource#UNREAD} if nobody looked
     * @param now the time; {@link TimeSource#UNREAD} if nobody looked
     */
    void ended(
            long permit,
            long start,
            long now,
            Verdict verdict,
            CallContext context,
            @Nullable Object result,
            @Nullable Throwable failure) {
        BreakerSnapshot snapshot = machine.snapshot();
        Window window = snapshot.window;
        if (permit == snapshot.permit && window != null) {
            record(snapshot, snapshot.settings, window, start, now, verdict, context, result, failure);
        } else if (!BreakerSnapshot.countsNothing(permit)) {
            endedElsewhere(snapshot, permit, start, now, verdict, context, result, failure);
        }
    }

    /**
     * The end of a call that is not the ordinary one: a probe's, that of a call from before the options changed, or one
     * that comes too late.
     */
    private void endedElsewhere(
            BreakerSnapshot snapshot,
            long permit,
            long start,
            long read,
            Verdict verdict,
            CallContext context,
            @Nullable Object result,
            @Nullable Throwable failure) {
        Settings admitting = snapshot.settingsOf(permit);
        if (admitting != null && snapshot.window != null) {
            record(snapshot, admitting, snapshot.window, start, read, verdict, context, result, failure);
            return;
        }
        long now = read == TimeSource.UNREAD ? machine.time().nanoTime() : read;
        Settings settings = admitting == null ? snapshot.settings : admitting;
        boolean slow = start != TimeSource.UNREAD && settings.isSlow(now - start);
        meters.ended(verdict, slow);
        if (admitting != null) {
            long asked = settings.askedNanos(verdict, result, failure);
            Trigger trigger = new Trigger(context, verdict.isFailure() ? failure : null);
            machine.probeEnded(
                    snapshot.generation, BreakerSnapshot.probeOf(permit), verdict, slow, asked, now, trigger);
        }
    }

    private void record(
            BreakerSnapshot snapshot,
            Settings settings,
            Window window,
            long start,
            long read,
            Verdict verdict,
            CallContext context,
            @Nullable Object result,
            @Nullable Throwable failure) {
        boolean failed = verdict.isFailure();
        boolean needed = failed || settings.readsClock || snapshot.settings.readsClock;
        long now = needed && read == TimeSource.UNREAD ? machine.time().nanoTime() : read;
        boolean slow = settings.timesCalls && start != TimeSource.UNREAD && settings.isSlow(now - start);
        meters.ended(verdict, slow);
        if (verdict == Verdict.SUCCESS) {
            recordSuccess(snapshot, settings, window, slow, now, context);
        } else if (failed) {
            long asked = settings.askedNanos(verdict, result, failure);
            recordFailure(snapshot, settings, window, slow, now, context, asked, failure);
            leaveToOthers(snapshot, settings);
        }
    }

    /**
     * A success that left the window unchanged has nothing to follow: there is no failure that could be followed up.
     */
    private void recordSuccess(
            BreakerSnapshot snapshot, Settings settings, Window window, boolean slow, long now, CallContext context) {
        int news = slow ? Window.DUE : window.recordGood(now, settings.minimumCalls);
        if (news == Window.UNCHANGED) {
            return;
        }
        Generation generation = snapshot.generation;
        generation.endStreak();
        if (slow) {
            considerOpening(snapshot, settings, window, window.recordBad(false, true, now), 0, now, context, null);
        } else if (news == Window.CLEAN) {
            forgetAsked(generation, window);
        } else if (news == Window.DUE || (snapshot.unsure && settings == snapshot.settings)) {
            considerOpening(snapshot, settings, window, window.tally(now), 0, now, context, null);
        }
        leaveToOthers(snapshot, settings);
    }

    /**
     * A call that was judged by other options than those in force by now, which may find reason to open where it did
     * not: the next call looks.
     */
    private void leaveToOthers(BreakerSnapshot snapshot, Settings settings) {
        BreakerSnapshot current = machine.snapshot();
        if (current.settings != settings && current.generation == snapshot.generation) {
            current.beUnsure();
        }
    }

    /**
     * A failure may have come since the window was found clean. It asks when it is in the window, so that what is asked
     * is read first, and the window again after it.
     */
    private void forgetAsked(Generation generation, Window window) {
        Generation.RetryAfter asked = generation.asked();
        if (asked != null && window.tally(machine.time().nanoTime()).failures() == 0) {
            generation.forget(asked);
        }
    }

    private void recordFailure(
            BreakerSnapshot snapshot,
            Settings settings,
            Window window,
            boolean slow,
            long now,
            CallContext context,
            long asked,
            @Nullable Throwable failure) {
        Generation generation = snapshot.generation;
        if (asked > 0) {
            generation.ask(now, asked);
        }
        int streak = settings.countsStreaks() ? generation.lengthenStreak() : 0;
        Tally tally = window.recordBad(true, slow, now);
        if (asked > 0) {
            // Once more: as long as the failure was not in the window, a success may have forgotten it. Before, for
            // those that this failure may make open.
            generation.ask(now, asked);
        }
        considerOpening(snapshot, settings, window, tally, streak, now, context, failure);
    }

    /** @param streak how many calls have failed in a row, if this one has: others may have succeeded since */
    private void considerOpening(
            BreakerSnapshot snapshot,
            Settings settings,
            Window window,
            Tally found,
            int streak,
            long now,
            CallContext context,
            @Nullable Throwable failure) {
        Generation generation = snapshot.generation;
        Tally tally = found;
        if (snapshot.unsure) {
            // Before the look, not after it: whoever counts a call that this look misses says so again.
            snapshot.unsure = false;
            tally = window.tally(now);
        }
        if (generation.state != State.CLOSED) {
            return;
        }
        StateChanged.Why why = streak >= settings.consecutiveFailures
                ? StateChanged.Why.CONSECUTIVE_FAILURES
                : settings.reasonToOpen(tally);
        if (why != null) {
            machine.open(
                    generation,
                    why,
                    tally,
                    now == TimeSource.UNREAD ? machine.time().nanoTime() : now,
                    new Trigger(context, failure));
        }
    }
}
