package dev.mainstay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import dev.mainstay.safe.Failures;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class ContextCarrierTest {

    private final List<String> steps = new ArrayList<>();

    private ContextCarrier noting(String name) {
        return () -> {
            steps.add("capture " + name);
            return () -> {
                steps.add("open " + name);
                return () -> steps.add("close " + name);
            };
        };
    }

    @Test
    void twoCarriersRestoreInTheOppositeOrder() {
        ContextCarrier.Snapshot snapshot =
                noting("one").and(noting("two")).and(noting("three")).capture();
        snapshot.open().close();
        assertThat(steps)
                .containsExactly(
                        "capture one",
                        "capture two",
                        "capture three",
                        "open one",
                        "open two",
                        "open three",
                        "close three",
                        "close two",
                        "close one");
    }

    @Test
    void aSnapshotCanBePutInPlaceSeveralTimes() {
        ContextCarrier.Snapshot snapshot = noting("one").and(noting("two")).capture();
        steps.clear();
        snapshot.open().close();
        snapshot.open().close();
        assertThat(steps).hasSize(8);
    }

    @Test
    void noCarrierIsRejectedByName() {
        assertThatNullPointerException()
                .isThrownBy(() -> ContextCarrier.none().and(null))
                .withMessage("other must not be null");
    }

    /** Where a carrier of a pair throws. */
    private enum Fault {
        NONE,
        CAPTURE,
        OPEN,
        CLOSE
    }

    private ContextCarrier setting(ThreadLocal<String> local, Fault fault, Throwable thrown) {
        return () -> {
            failIf(fault == Fault.CAPTURE, thrown);
            return () -> {
                failIf(fault == Fault.OPEN, thrown);
                local.set("carried");
                return () -> {
                    local.remove();
                    failIf(fault == Fault.CLOSE, thrown);
                };
            };
        };
    }

    private static void failIf(boolean faulty, Throwable thrown) {
        if (faulty) {
            throw Failures.<RuntimeException>undeclared(thrown);
        }
    }

    @TestFactory
    List<DynamicTest> oneThatThrowsLeavesNothingOfTheOtherBehindAndTakesNothingFromIt() {
        List<DynamicTest> tests = new ArrayList<>();
        for (Fault first : Fault.values()) {
            for (Fault second : Fault.values()) {
                for (Throwable thrown :
                        List.of(new IllegalStateException("scripted"), new StackOverflowError("scripted"))) {
                    tests.add(DynamicTest.dynamicTest(first + " and " + second + ", " + thrown, () -> {
                        ThreadLocal<String> one = new ThreadLocal<>();
                        ThreadLocal<String> two = new ThreadLocal<>();
                        ContextCarrier both = setting(one, first, thrown).and(setting(two, second, thrown));
                        for (ContextCarrier carrier : List.of(both, both.careful())) {
                            ContextCarrier.Restore before = carrier.capture().open();
                            assertThat(one.get()).isEqualTo(isCarried(first) ? "carried" : null);
                            assertThat(two.get()).isEqualTo(isCarried(second) ? "carried" : null);
                            before.close();
                            assertThat(one.get()).isNull();
                            assertThat(two.get()).isNull();
                        }
                    }));
                }
            }
        }
        return tests;
    }

    private static boolean isCarried(Fault fault) {
        return fault == Fault.NONE || fault == Fault.CLOSE;
    }
}
