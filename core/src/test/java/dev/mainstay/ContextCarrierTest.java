package dev.mainstay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

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
    void noCarrierIsRefusedByName() {
        assertThatNullPointerException()
                .isThrownBy(() -> ContextCarrier.none().and(null))
                .withMessage("other must not be null");
    }
}
