package dev.mainstay.meter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.event.Subscription;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;
import org.junit.jupiter.api.Test;

class MetersTest {

    @Test
    void aCounterCountsFromWhenItWasStarted() {
        CallCounter counter = new CallCounter();
        counter.increment();
        assertThat(counter.isStarted()).isFalse();
        assertThat(counter.getAsLong()).isZero();

        counter.start();
        counter.increment();
        counter.start();
        counter.increment();

        assertThat(counter.isStarted()).isTrue();
        assertThat(counter.getAsLong()).isEqualTo(2);
    }

    @Test
    void aCounterReadsAsItsCount() {
        CallCounter counter = new CallCounter();
        counter.start();
        counter.increment();
        assertThat(counter).hasToString("1");
    }

    @Test
    void aRecorderHandsDurationsToThoseAttached() {
        Recorder recorder = new Recorder();
        List<Long> seen = new ArrayList<>();
        LongConsumer reader = seen::add;
        assertThat(recorder.isActive()).isFalse();
        recorder.record(1);

        Subscription first = recorder.attach(reader);
        Subscription second = recorder.attach(reader);
        recorder.record(2);
        first.close();
        recorder.record(3);
        second.close();
        recorder.record(4);

        assertThat(seen).containsExactly(2L, 2L, 3L);
        assertThat(recorder.isActive()).isFalse();
    }

    @Test
    void readingStartsNothing() {
        CallCounter counter = new CallCounter();
        MeterReadings readings = new MeterReadings();
        MeterId id = MeterId.of("door.calls", "front", "Calls", "calls").tag("outcome", "success");

        readings.counter(id, counter);
        readings.gauge(MeterId.of("door.width", "front", "Width", ""), () -> 1.5);

        assertThat(counter.isStarted()).isFalse();
        assertThat(readings.values().values()).containsExactly(0.0, 1.5);
        assertThat(id.tags()).isEqualTo(Map.of("name", "front", "outcome", "success"));
        assertThat(id).hasToString("door.calls{name=front, outcome=success}");
    }
}
