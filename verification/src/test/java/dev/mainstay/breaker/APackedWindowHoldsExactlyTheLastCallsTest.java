package dev.mainstay.breaker;

import dev.mainstay.verification.Exploration;
import org.jetbrains.lincheck.datastructures.Operation;
import org.junit.jupiter.api.Test;

/** A window of up to 62 calls is at each moment what it would be if the calls had come one after the other: the last so many, none missing and none twice. */
public class APackedWindowHoldsExactlyTheLastCallsTest {

    private static final int SIZE = 3;
    private static final int MINIMUM = 2;

    private final PackedWindow window = new PackedWindow(SIZE);

    @Operation
    public int good() {
        return window.recordGood(0, MINIMUM);
    }

    @Operation
    public String bad() {
        return text(window.recordBad(true, false, 0));
    }

    @Operation
    public String tally() {
        return text(window.tally(0));
    }

    private static String text(Tally tally) {
        return LastCalls.text(tally.failures(), tally.calls());
    }

    @Test
    void inEverySchedule() {
        Exploration.matches(
                getClass(), Specification.class, Exploration.options().actorsPerThread(3));
    }

    public static class Specification {

        private final LastCalls calls = new LastCalls(SIZE);

        public int good() {
            int before = calls.calls();
            if (before == SIZE && calls.failures() == 0) {
                return Window.UNCHANGED;
            }
            calls.add(false);
            if (calls.failures() == 0) {
                return Window.CLEAN;
            }
            return before == MINIMUM - 1 ? Window.DUE : Window.COUNTED;
        }

        public String bad() {
            calls.add(true);
            return calls.toString();
        }

        public String tally() {
            return calls.toString();
        }
    }
}
