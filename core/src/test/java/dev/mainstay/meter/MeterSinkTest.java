package dev.mainstay.meter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.event.Subscription;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class MeterSinkTest {

    @Test
    void aSinkThatOnlyLooksReadsThoseThatAreThereAndWatchesNoLonger() {
        AtomicInteger watchers = new AtomicInteger();
        MeterSource present = sink -> sink.gauge(MeterId.of("door.width", "front", "Width", ""), () -> 1.5);
        MeterReadings readings = new MeterReadings();

        readings.members(attach -> {
            Subscription attached = attach.apply(present);
            watchers.incrementAndGet();
            return () -> {
                attached.close();
                watchers.decrementAndGet();
            };
        });

        assertThat(readings.values().values()).containsExactly(1.5);
        assertThat(watchers).hasValue(0);
    }
}
