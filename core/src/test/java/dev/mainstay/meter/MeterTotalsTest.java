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
        final CallCounter fillings = new CallCounter();
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

    private CallCounter counter() {
        Map<String, CallCounter> counters = new HashMap<>();
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
        void accept(MeterId id, CallCounter counter);
    }

    private static MeterSink sink(OnCounter onCounter, Consumer<Recorder> onTimer) {
        return new MeterSink() {
            @Override
            public void counter(MeterId id, LongSupplier count) {
                onCounter.accept(id, (CallCounter) count);
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
        CallCounter total = counter();
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
        CallCounter total = counter();
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
        List<CallCounter> total = new ArrayList<>();
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
    void whoeverHasDetachedHearsNoMore() {
        add(a);
        List<Long> durations = new ArrayList<>();
        List<Subscription> attached = new ArrayList<>();
        totals.describe(sink((id, counter) -> {}, recorder -> attached.add(recorder.attach(durations::add))));
        a.durations.record(1);
        attached.forEach(Subscription::close);
        a.durations.record(2);
        assertThat(durations).containsExactly(1L);
    }

    @Test
    void oneTotalIsOneCounterHoweverOftenItIsDescribed() {
        assertThat(counter()).isEqualTo(counter()).hasSameHashCodeAs(counter());
    }

    @Test
    void differentTotalsAreDifferentCounters() {
        Pair pair = new Pair("tanks[pattern]");
        List<CallCounter> counters = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            new MeterTotals("tanks", pair.name, pair::describe)
                    .describe(sink((id, counter) -> counters.add(counter), recorder -> {}));
        }
        assertThat(counters).hasSize(32).doesNotHaveDuplicates().doesNotContain(counter());
        assertThat(counters.stream().map(CallCounter::hashCode).distinct())
                .as("hash codes")
                .hasSizeGreaterThan(16);
        assertThat(counter()).isNotEqualTo("tank.fillings{name=tanks}");
    }

    @Test
    void ofEachCounterOnlyWhatItCountsFromThenOnIsAdded() {
        Pair pattern = new Pair("tanks[pattern]");
        MeterTotals both = new MeterTotals("tanks", pattern.name, pattern::describe);
        Pair pair = new Pair("tanks[a]");
        pair.in.set(10);
        pair.out.set(4);
        both.add(pair.name, pair::describe);
        pair.in.incrementAndGet();
        pair.out.incrementAndGet();
        MeterReadings readings = new MeterReadings();
        both.describe(readings);
        assertThat(readings.values().values()).containsExactly(1.0, 1.0);
    }

    @Test
    void aCounterThatThePatternDoesNotHaveDisturbsNoOther() {
        totals.add("tanks[odd]", sink -> {
            a.fillings.start();
            a.fillings.increment();
            sink.counter(MeterId.of("tank.fillings", "tanks[odd]", "How often it was filled", "fillings"), a.fillings);
            sink.counter(MeterId.of("tank.leaks", "tanks[odd]", "Not in the pattern", ""), () -> 100);
            sink.counter(MeterId.of("tank.content", "tanks[odd]", "A gauge in the pattern", "litres"), () -> 100);
        });
        a.fillings.increment();
        assertThat(counter().getAsLong()).isEqualTo(1);
        assertThat(gauge("tank.content")).isZero();
    }

    /** Something with two counters that count at all times. */
    private record Pair(String name, AtomicLong in, AtomicLong out) {

        Pair(String name) {
            this(name, new AtomicLong(), new AtomicLong());
        }

        void describe(MeterSink sink) {
            sink.counter(MeterId.of("tank.in", name, "How much came in", "litres"), in::get);
            sink.counter(MeterId.of("tank.out", name, "How much went out", "litres"), out::get);
        }
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
