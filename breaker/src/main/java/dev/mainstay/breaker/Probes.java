package dev.mainstay.breaker;

import dev.mainstay.breaker.StateChanged.Why;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * How the probes of one half-open state stand: which are out, and how the others ended. Immutable: each change is
 * another one, put in place by one compare-and-set, so that exactly so many are out as may be, and a result counts
 * once.
 */
final class Probes {

    /** None yet. */
    static final Probes NONE = new Probes(new long[0], new long[0], 1, Tally.NOTHING, 0, 0);

    /** The numbers of those that are out, in the order in which they were let in, and when that was. */
    private final long[] numbers;

    private final long[] starts;

    private final long next;
    private final Tally ended;

    /** How many of those that have ended failed in a row, up to the last. */
    private final int streak;

    private final long lastEnd;

    private Probes(long[] numbers, long[] starts, long next, Tally ended, int streak, long lastEnd) {
        this.numbers = numbers;
        this.starts = starts;
        this.next = next;
        this.ended = ended;
        this.streak = streak;
        this.lastEnd = lastEnd;
    }

    /** The number of the one that is let in next. */
    long next() {
        return next;
    }

    int out() {
        return numbers.length;
    }

    /** When the first of those that are out was let in. */
    long oldestStart() {
        return starts[0];
    }

    /** How those that have ended have ended. */
    Tally ended() {
        return ended;
    }

    /** When the last of them ended, or its time was up. */
    long lastEnd() {
        return lastEnd;
    }

    /** How many places are taken: those of probes that are out, and of those that have ended. */
    long taken() {
        return out() + ended.calls();
    }

    /** Whether none is out, and none has ended after that time. */
    boolean isOverSince(long time) {
        return out() == 0 && (ended.calls() == 0 || lastEnd - time <= 0);
    }

    boolean isOut(long number) {
        return indexOf(number) >= 0;
    }

    Probes admit(long now) {
        long[] numbers = Arrays.copyOf(this.numbers, out() + 1);
        long[] starts = Arrays.copyOf(this.starts, out() + 1);
        numbers[out()] = next;
        starts[out()] = now;
        // Numbers begin again when the permits have no room for more; whoever had the same one is long gone.
        return new Probes(numbers, starts, next % BreakerSnapshot.MOST_NUMBERS + 1, ended, streak, lastEnd);
    }

    /** The probe has said nothing: its place is free again. */
    Probes without(long number) {
        int at = indexOf(number);
        return new Probes(omit(numbers, at), omit(starts, at), next, ended, streak, lastEnd);
    }

    Probes ended(long number, boolean failed, boolean slow, long now) {
        int at = indexOf(number);
        Tally more = new Tally(
                ended.calls() + 1,
                ended.failures() + (failed ? 1 : 0),
                ended.slowCalls() + (slow ? 1 : 0),
                ended.slowFailures() + (failed && slow ? 1 : 0));
        return new Probes(omit(numbers, at), omit(starts, at), next, more, failed ? streak + 1 : 0, now);
    }

    /** What those that have ended decide, whatever the others will do; null as long as that depends on them. */
    @Nullable
    Why decision(Settings settings) {
        return settings.decision(ended, streak);
    }

    /**
     * Those whose time is up have failed when it was, one after the other until that decides; this itself if there are
     * none.
     */
    Probes expired(long now, Settings settings) {
        Probes probes = this;
        while (probes.out() > 0
                && now - probes.oldestStart() >= settings.probeNanos
                && probes.decision(settings) == null) {
            boolean slow = settings.isSlow(settings.probeNanos);
            probes = probes.ended(probes.numbers[0], true, slow, probes.oldestStart() + settings.probeNanos);
        }
        return probes;
    }

    private int indexOf(long number) {
        for (int i = 0; i < numbers.length; i++) {
            if (numbers[i] == number) {
                return i;
            }
        }
        return -1;
    }

    private static long[] omit(long[] values, int at) {
        long[] rest = Arrays.copyOf(values, values.length - 1);
        System.arraycopy(values, at + 1, rest, at, rest.length - at);
        return rest;
    }
}
