package dev.mainstay.breaker;

import dev.mainstay.verification.Exploration;
import org.jetbrains.lincheck.datastructures.Operation;
import org.junit.jupiter.api.Test;

/**
 * A window of calls is at each moment what it would be if the calls had come one after the other, although successes
 * and failures are counted apart, and successes write nothing while there is no failure.
 */
class ACountWindowHoldsExactlyTheLastCallsTest {

    private static final int SIZE = 2;
    private static final int MINIMUM = 2;

    @Test
    void fromTheBeginning() {
        Exploration.matches(Fresh.class, FreshSpecification.class);
    }

    @Test
    void ofThreeThreads() {
        Exploration.matches(
                Fresh.class, FreshSpecification.class, Exploration.options().threads(3));
    }

    @Test
    void asItBecomesQuiet() {
        Exploration.matches(AlmostQuiet.class, AlmostQuietSpecification.class);
    }

    public abstract static class Calls {

        private final CountWindow window = new CountWindow(SIZE);

        Calls(int successes) {
            for (int i = 0; i < successes; i++) {
                good();
            }
        }

        @Operation
        public void good() {
            if (!window.isQuiet()) {
                window.recordGood(0, MINIMUM);
            }
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
    }

    public static class Fresh extends Calls {
        public Fresh() {
            super(0);
        }
    }

    /** One success before it becomes quiet. */
    public static class AlmostQuiet extends Calls {
        public AlmostQuiet() {
            super(SIZE - 1);
        }
    }

    public abstract static class Specification {

        private final LastCalls calls = new LastCalls(SIZE);

        Specification(int successes) {
            for (int i = 0; i < successes; i++) {
                good();
            }
        }

        public void good() {
            calls.add(false);
        }

        public String bad() {
            calls.add(true);
            return calls.toString();
        }

        public String tally() {
            return calls.toString();
        }
    }

    public static class FreshSpecification extends Specification {
        public FreshSpecification() {
            super(0);
        }
    }

    public static class AlmostQuietSpecification extends Specification {
        public AlmostQuietSpecification() {
            super(SIZE - 1);
        }
    }
}
