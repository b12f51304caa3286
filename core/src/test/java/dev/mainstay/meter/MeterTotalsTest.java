package dev.mainstay.meter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.event.Subscription;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;

class MeterTotalsTest {

    /** Something with one meter of each kind. */
    private static final class Tank {

        final String name;
        final Counter fillings = new Counter();
        final Recorder durations = new Recorder();
        double litres;
        double share = Double.NaN;

        Tank(String name) {
            this.name = name;
        }

        void describe(MeterSink sink) {
            sink.counter(MeterId.of("tank.fillings", name, "How often it was filled", "fillings"), fillings);
            sink.gauge(MeterId.of("tank.content", name, "What is in it", "litres"), () -> litres);
            sink.gauge(MeterId.of("tank.level", name, "How full it is", "percent"), () -> share);
            sink.timer(MeterId.of("tank.filling", name, "How long it took", "seconds"), durations);
        }
    }

    private final Tank pattern = new Tank("tanks[pattern]");
    private final MeterTotals totals = new MeterTotals("tanks", pattern.name, pattern::describe);
    private final Tank a = new Tank("tanks[a]");
    private final Tank b = new Tank("tanks[b]");

    private Subscription add(Tank tank) {
        return totals.add(tank.name, tank::describe);
    }

    private Counter counter() {
        Map<String, Counter> counters = new HashMap<>();
        totals.describe(sink((id, counter) -> counters.put(id.toString(), counter), recorder -> {}));
        assertThat(counters).containsOnlyKeys("tank.fillings{name=tanks}");
        return counters.get("tank.fillings{name=tanks}");
    }

    private double gauge(String name) {
        MeterReadings readings = new MeterReadings();
        totals.describe(readings);
        return readings.values().entrySet().stream()
                .filter(each -> each.getKey().name().equals(name))
                .findFirst()
                .orElseThrow()
                .getValue();
    }

    private interface OnCounter {
        void accept(MeterId id, Counter counter);
    }

    private static MeterSink sink(OnCounter onCounter, Consumer<Recorder> onTimer) {
        return new MeterSink() {
            @Override
            public void counter(MeterId id, LongSupplier count) {
                onCounter.accept(id, (Counter) count);
            }

            @Override
            public void gauge(MeterId id, DoubleSupplier value) {}

            @Override
            public void timer(MeterId id, Recorder recorder) {
                onTimer.accept(recorder);
            }
        };
    }

    @Test
    void startingTheTotalStartsTheCountersThatAreThereAndThoseThatCome() {
        add(a);
        Counter total = counter();
        a.fillings.increment();
        assertThat(total.isStarted()).isFalse();
        assertThat(total.getAsLong()).isZero();
        total.start();
        add(b);
        a.fillings.increment();
        b.fillings.increment();
        assertThat(total.isStarted()).isTrue();
        assertThat(total.getAsLong()).isEqualTo(2);
        assertThat(counter().getAsLong()).as("however often it is described").isEqualTo(2);
    }

    @Test
    void countsStayWhenTheirCounterGoesAndAreNotCountedAgainWhenItReturns() {
        Subscription first = add(a);
        Counter total = counter();
        total.start();
        a.fillings.increment();
        first.close();
        first.close();
        assertThat(total.getAsLong()).isEqualTo(1);
        add(a);
        assertThat(total.getAsLong()).isEqualTo(1);
        a.fillings.increment();
        assertThat(total.getAsLong()).isEqualTo(2);
    }

    @Test
    void aCountNeverFalls() {
        AtomicLong count = new AtomicLong(5);
        MeterId id = MeterId.of("odd", "tanks[a]", "Something that falls", "");
        MeterTotals odd = new MeterTotals("tanks", "tanks[a]", sink -> sink.counter(id, count::get));
        count.set(0);
        odd.add("tanks[a]", sink -> sink.counter(id, count::get));
        count.set(5);
        List<Counter> total = new ArrayList<>();
        odd.describe(sink((its, counter) -> total.add(counter), recorder -> {}));
        assertThat(total.get(0).getAsLong()).isEqualTo(5);
        count.set(3);
        assertThat(total.get(0).getAsLong()).isEqualTo(5);
    }

    @Test
    void gaugesAreAddedUpAndOfSharesTheGreatestIsTaken() {
        Subscription first = add(a);
        add(b);
        assertThat(gauge("tank.level")).isNaN();
        a.litres = 10;
        b.litres = 30;
        b.share = 20;
        assertThat(gauge("tank.content")).isEqualTo(40);
        assertThat(gauge("tank.level")).isEqualTo(20);
        a.share = 70;
        assertThat(gauge("tank.level")).isEqualTo(70);
        first.close();
        assertThat(gauge("tank.content")).isEqualTo(30);
        assertThat(gauge("tank.level")).isEqualTo(20);
    }

    @Test
    void durationsOfAllReachWhoeverAttachesAndNobodyMeasuresBefore() {
        Subscription first = add(a);
        assertThat(a.durations.isActive()).isFalse();
        List<Long> durations = new ArrayList<>();
        totals.describe(sink((id, counter) -> {}, recorder -> recorder.attach(durations::add)));
        totals.describe(sink((id, counter) -> {}, recorder -> recorder.attach(nanos -> {})));
        add(b);
        a.durations.record(1);
        b.durations.record(2);
        assertThat(durations).containsExactly(1L, 2L);
        first.close();
        assertThat(a.durations.isActive()).isFalse();
    }

    @Test
    void whatThePatternDoesNotHaveIsLeftOut() {
        totals.add(
                "tanks[odd]",
                sink -> sink.gauge(MeterId.of("tank.colour", "tanks[odd]", "Not in the pattern", ""), () -> 1));
        MeterReadings readings = new MeterReadings();
        totals.describe(readings);
        assertThat(readings.values()).hasSize(3);
    }
}
