package dev.mainstay.meter;

import dev.mainstay.event.CallbackFailures;
import dev.mainstay.event.Subscription;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The meters of several policies of one kind, as if they were one: for policies of which there is one per host or
 * tenant, where a meter for each would be too many. Policies may come and go.
 *
 * <p>Counters are added up, and what a policy has counted stays in the sum when it goes. Gauges are added up, too: the
 * gauge of a state says how many policies are in it. Of gauges whose unit is {@code percent} or {@code ratio}, the
 * greatest is taken. Timers are put together.
 *
 * <p>Which meters there are is read once, from a policy that serves as the pattern; others that a policy may have are
 * left out. Safe for use by many threads; a reading taken while policies come and go may miss those that do, but a
 * counter never falls.
 */
public final class MeterTotals {

    private static final Set<String> SHARES = Set.of("percent", "ratio");

    private final List<Total> totals = new ArrayList<>();
    private final Map<MeterId, Integer> indices = new HashMap<>();
    private final String name;
    private final Set<Part> parts = ConcurrentHashMap.newKeySet();
    private final CallbackFailures failures = new CallbackFailures();

    /**
     * Totals without parts.
     *
     * @param name what takes the place of a policy's own name in the tag {@code name}
     * @param patternName the name of the pattern
     * @param pattern describes the policy that serves as the pattern, which does not become a part by this
     */
    public MeterTotals(String name, String patternName, Consumer<? super MeterSink> pattern) {
        this.name = Objects.requireNonNull(name, "name");
        pattern.accept(new Pattern(patternName));
    }

    /**
     * Adds the meters of one policy, counted from now on.
     *
     * @param policyName its name, which the totals' own replaces wherever it stands in a tag {@code name}
     * @param description describes it
     * @return what takes the policy out again
     */
    public Subscription add(String policyName, Consumer<? super MeterSink> description) {
        Part part = new Part(policyName);
        description.accept(part);
        parts.add(part);
        for (int i = 0; i < totals.size(); i++) {
            Total total = totals.get(i);
            if (total.started) {
                part.start(i);
            }
            if (total.recorder != null && total.recorder.isActive()) {
                part.link(i, total.recorder);
            }
        }
        return part;
    }

    /** Lists the totals. */
    public void describe(MeterSink sink) {
        for (Total total : totals) {
            switch (total.kind) {
                case COUNTER -> sink.counter(total.id, new TotalCounter(this, total.index));
                case GAUGE -> sink.gauge(total.id, () -> gauge(total));
                case TIMER -> sink.timer(total.id, Objects.requireNonNull(total.recorder));
            }
        }
    }

    void startCounter(int index) {
        totals.get(index).started = true;
        parts.forEach(part -> part.start(index));
    }

    boolean isStarted(int index) {
        return totals.get(index).started;
    }

    long count(int index) {
        Total total = totals.get(index);
        long sum = total.gone.sum();
        for (Part part : parts) {
            sum += part.count(index);
        }
        // A part that is just being taken out is in neither of the two for a moment.
        return total.highest.accumulateAndGet(sum, Math::max);
    }

    void link(int index) {
        TotalRecorder recorder = Objects.requireNonNull(totals.get(index).recorder);
        parts.forEach(part -> part.link(index, recorder));
    }

    private double gauge(Total total) {
        boolean share = SHARES.contains(total.id.unit());
        double result = share ? Double.NaN : 0;
        for (Part part : parts) {
            double value = part.gauge(total.index);
            if (!Double.isNaN(value)) {
                result = share ? (result >= value ? result : value) : result + value;
            }
        }
        return result;
    }

    private MeterId renamed(MeterId id, String policyName) {
        String its = id.tags().get("name");
        return its == null ? id : id.tag("name", its.replace(policyName, name));
    }

    private enum Kind {
        COUNTER,
        GAUGE,
        TIMER
    }

    /** One meter over all parts. */
    private static final class Total {

        private final MeterId id;
        private final Kind kind;
        private final int index;
        private final @Nullable TotalRecorder recorder;
        private volatile boolean started;

        /** What parts had counted that are there no longer. */
        private final LongAdder gone = new LongAdder();

        /** The highest count that was ever read. */
        private final AtomicLong highest = new AtomicLong();

        Total(MeterId id, Kind kind, int index, @Nullable TotalRecorder recorder) {
            this.id = id;
            this.kind = kind;
            this.index = index;
            this.recorder = recorder;
        }
    }

    /** Reads which meters there are. */
    private final class Pattern implements MeterSink {

        private final String policyName;

        Pattern(String policyName) {
            this.policyName = policyName;
        }

        @Override
        public void counter(MeterId id, LongSupplier count) {
            add(id, Kind.COUNTER);
        }

        @Override
        public void gauge(MeterId id, DoubleSupplier value) {
            add(id, Kind.GAUGE);
        }

        @Override
        public void timer(MeterId id, Recorder recorder) {
            add(id, Kind.TIMER);
        }

        private void add(MeterId id, Kind kind) {
            MeterId renamed = renamed(id, policyName);
            int index = totals.size();
            if (indices.putIfAbsent(renamed, index) == null) {
                TotalRecorder recorder = kind == Kind.TIMER ? new TotalRecorder(MeterTotals.this, index) : null;
                totals.add(new Total(renamed, kind, index, recorder));
            }
        }
    }

    /** The meters of one policy, in the order of the totals. */
    private final class Part implements MeterSink, Subscription {

        private final String policyName;

        /**
         * A {@code LongSupplier}, {@code DoubleSupplier} or {@code Recorder} each, or null. Written before the part is
         * published.
         */
        private final @Nullable Object[] meters = new Object[totals.size()];

        /** What counters had counted when the policy was added. */
        private final long[] before = new long[totals.size()];

        private final AtomicReferenceArray<@Nullable Subscription> links = new AtomicReferenceArray<>(totals.size());

        Part(String policyName) {
            this.policyName = policyName;
        }

        @Override
        public void counter(MeterId id, LongSupplier count) {
            int index = put(id, Kind.COUNTER, count);
            if (index >= 0) {
                before[index] = count.getAsLong();
            }
        }

        @Override
        public void gauge(MeterId id, DoubleSupplier value) {
            put(id, Kind.GAUGE, value);
        }

        @Override
        public void timer(MeterId id, Recorder recorder) {
            put(id, Kind.TIMER, recorder);
        }

        private int put(MeterId id, Kind kind, Object meter) {
            Integer index = indices.get(renamed(id, policyName));
            if (index == null || totals.get(index).kind != kind) {
                return -1;
            }
            meters[index] = meter;
            return index;
        }

        void start(int index) {
            if (meters[index] instanceof CallCounter counter) {
                counter.start();
            }
        }

        /** Of one that throws, nothing: the others are read all the same. */
        long count(int index) {
            try {
                return meters[index] instanceof LongSupplier count ? count.getAsLong() - before[index] : 0;
            } catch (Throwable failure) {
                failures.report(policyName, "meter", failure);
                return 0;
            }
        }

        double gauge(int index) {
            try {
                return meters[index] instanceof DoubleSupplier gauge ? gauge.getAsDouble() : Double.NaN;
            } catch (Throwable failure) {
                failures.report(policyName, "meter", failure);
                return Double.NaN;
            }
        }

        /** Hands on what the policy records, from now on and once. */
        void link(int index, TotalRecorder total) {
            if (meters[index] instanceof Recorder recorder && links.get(index) == null) {
                Subscription link = recorder.attach(total::record);
                if (!links.compareAndSet(index, null, link)) {
                    link.close();
                }
            }
        }

        @Override
        public void close() {
            if (!parts.remove(this)) {
                return;
            }
            for (int i = 0; i < meters.length; i++) {
                totals.get(i).gone.add(count(i));
                Subscription link = links.getAndSet(i, () -> {});
                if (link != null) {
                    link.close();
                }
            }
        }
    }
}
