package dev.mainstay.benchmarks;

import static dev.mainstay.benchmarks.Samples.CALL;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class MeasurementTest {

    private static final Measurement TWO_JVMS =
            new Measurement(CALL, Measurement.NANOSECONDS, 2, List.of(1.0, 2.0), 8.0, "earlier");

    @Test
    void whatWasMeasuredLaterIsAdded() {
        Measurement another = new Measurement(CALL, Measurement.NANOSECONDS, 1, List.of(3.0), 2.0, "later");

        assertThat(TWO_JVMS.and(another))
                .isEqualTo(new Measurement(CALL, Measurement.NANOSECONDS, 3, List.of(1.0, 2.0, 3.0), 6.0, "later"));
    }

    @Test
    void whatIsAllocatedIsKnownOnlyIfItAlwaysIs() {
        Measurement another = new Measurement(CALL, Measurement.NANOSECONDS, 1, List.of(3.0), null, "later");

        assertThat(TWO_JVMS.and(another).allocated()).isNull();
        assertThat(another.and(TWO_JVMS).allocated()).isNull();
    }
}
