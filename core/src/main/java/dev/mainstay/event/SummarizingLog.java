package dev.mainstay.event;

import dev.mainstay.safe.SafeLog;
import dev.mainstay.safe.SafeText;
import dev.mainstay.time.Nanos;
import dev.mainstay.time.TimeSource;
import dev.mainstay.time.TimedTask;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Tells the log of something that may happen to every call, such as a rejection, without a line for each: the first is
 * logged at once; if more follow within ten seconds, a line at the end of these says how many, and of which kind, and
 * so on every ten seconds while it lasts.
 *
 * <pre>
 * Bulkhead 'inventory' rejected calls: the first (full); now it has 10 of 10 slots in use
 * Bulkhead 'inventory' rejected calls: 119 more in the last 10s (99 full, 20 deadline); now it has 3 of 10 slots in use
 * </pre>
 *
 * <p>A line may come when all is well again: it says which period it is about, and apart from that how things are now.
 *
 * <p>For policies, ours and yours. While it lasts, taking note costs one striped increment, and reads no clock. Safe
 * for use by many threads. Once nobody refers to it any more, it can be collected at any time, and what it counted last
 * is then not told.
 *
 * @param <K> the kinds that are told apart
 */
public final class SummarizingLog<K extends Enum<K>> {

    /** How long one line holds for. */
    static final long PERIOD_NANOS = 10_000_000_000L;

    private final SafeLog log;
    private final TimeSource time;
    private final String policy;
    private final boolean warns;

    /** The kind of policy, its name and what it did. */
    private final String subject;

    private final Class<K> kinds;
    private final Supplier<String> explanation;

    /** The line written last; null after a silence. */
    private final AtomicReference<@Nullable Line> lastLine = new AtomicReference<>();

    private final AtomicReferenceArray<@Nullable LongAdder> counts;

    /**
     * Nothing has happened yet; it will be logged at WARN.
     *
     * @param source the policy's class: the logger has its name, and messages begin with it
     * @param time decides when a period is over
     * @param policy the name of the policy
     * @param what what the policy did, as the log shall say it: {@code "rejected calls"}
     * @param kinds the kinds that are told apart
     * @param explanation the policy's {@code explain()}, asked when a line is written, on a thread on which it may
     *     block and throw
     */
    public SummarizingLog(
            Class<?> source,
            TimeSource time,
            String policy,
            String what,
            Class<K> kinds,
            Supplier<String> explanation) {
        this(
                SafeLog.of(source),
                true,
                SafeText.kind(source) + " '{policy}' " + Objects.requireNonNull(what, "what"),
                time,
                policy,
                kinds,
                explanation);
    }

    SummarizingLog(
            SafeLog log,
            boolean warns,
            String subject,
            TimeSource time,
            String policy,
            Class<K> kinds,
            Supplier<String> explanation) {
        this.log = Objects.requireNonNull(log, "log");
        this.warns = warns;
        this.subject = subject;
        this.time = Objects.requireNonNull(time, "time");
        this.policy = Objects.requireNonNull(policy, "policy");
        this.kinds = kinds;
        this.explanation = Objects.requireNonNull(explanation, "explanation");
        this.counts = new AtomicReferenceArray<>(kinds.getEnumConstants().length);
    }

    /**
     * The same for a log at INFO: for a policy that itself warns when this begins, as a circuit breaker does when it
     * opens. To be called before anything has happened.
     */
    public SummarizingLog<K> atInfo() {
        return new SummarizingLog<>(log, false, subject, time, policy, kinds, explanation);
    }

    /** Takes note that it has happened once more. Never throws. */
    public void happened(K kind) {
        try {
            Line last = lastLine.get();
            if (last != null && last.counting) {
                count(kind);
                // The period may have ended in silence meanwhile. Whoever ends it looks for counts after that.
                Line after = lastLine.get();
                if (after == null || !after.counting) {
                    goOnCounting(time.nanoTime());
                }
            } else if (isEnabled()) {
                happenedSeldom(last, kind);
            }
        } catch (Throwable noRoom) {
            // Out of stack or memory, or a clock that throws: the log does without this one.
        }
    }

    private boolean isEnabled() {
        return warns ? log.isWarnEnabled() : log.isInfoEnabled();
    }

    private void write(String message, Object... facts) {
        if (warns) {
            log.warn(subject + message, facts);
        } else {
            log.info(subject + message, facts);
        }
    }

    private static String nameOf(Enum<?> kind) {
        return kind.name().toLowerCase(Locale.ROOT);
    }

    /** One that happens alone is a line and needs no timer; one that comes soon after a line begins the count. */
    private void happenedSeldom(@Nullable Line last, K kind) {
        long now = time.nanoTime();
        if ((last == null || now - last.at >= PERIOD_NANOS) && lastLine.compareAndSet(last, new Line(now, false))) {
            write(": the first (" + nameOf(kind) + "); now {why}", "policy", policy, "why", explain(), "reason", kind);
        } else {
            count(kind);
            goOnCounting(now);
        }
    }

    private void goOnCounting(long now) {
        for (Line last = lastLine.get(); last == null || !last.counting; last = lastLine.get()) {
            Line counting = new Line(last == null ? now : last.at, true);
            if (lastLine.compareAndSet(last, counting)) {
                awaitPeriod(Math.max(0, PERIOD_NANOS - (now - counting.at)));
                return;
            }
        }
    }

    /**
     * Without a timer nobody would write the line at the end of the period: then the next one that happens is told of
     * as if it were the first.
     */
    private void awaitPeriod(long nanos) {
        try {
            time.arm(new Period(this), nanos);
        } catch (Throwable noTimer) {
            lastLine.set(null);
        }
    }

    @SuppressWarnings("EnumOrdinal")
    private void count(K kind) {
        LongAdder count = counts.get(kind.ordinal());
        if (count == null) {
            LongAdder fresh = new LongAdder();
            LongAdder found = counts.compareAndExchange(kind.ordinal(), null, fresh);
            count = found == null ? fresh : found;
        }
        count.increment();
    }

    private void periodIsOver() {
        List<Object> pairs = new ArrayList<>();
        StringBuilder kindsCounted = new StringBuilder();
        long total = 0;
        for (K kind : kinds.getEnumConstants()) {
            long count = takeCount(kind);
            if (count > 0) {
                String name = nameOf(kind);
                total += count;
                pairs.addAll(List.of(name, count));
                kindsCounted
                        .append(kindsCounted.length() == 0 ? "" : ", ")
                        .append(count)
                        .append(' ')
                        .append(name);
            }
        }
        if (total > 0) {
            pairs.addAll(List.of("count", total, "period", Nanos.format(PERIOD_NANOS)));
            pairs.addAll(List.of("policy", policy, "why", explain()));
            write(": {count} more in the last {period} (" + kindsCounted + "); now {why}", pairs.toArray());
            awaitPeriod(PERIOD_NANOS);
            return;
        }
        lastLine.set(null);
        // One that was counted just before the silence would otherwise be told of with the next flood only.
        if (Arrays.stream(kinds.getEnumConstants()).anyMatch(this::isCounted)) {
            goOnCounting(time.nanoTime());
        }
    }

    @SuppressWarnings("EnumOrdinal")
    private long takeCount(K kind) {
        LongAdder count = counts.get(kind.ordinal());
        return count == null ? 0 : count.sumThenReset();
    }

    @SuppressWarnings("EnumOrdinal")
    private boolean isCounted(K kind) {
        LongAdder count = counts.get(kind.ordinal());
        return count != null && count.sum() > 0;
    }

    /** The policy is named before, and not again. */
    private String explain() {
        try {
            String whole = explanation.get();
            String name = "'" + policy + "' ";
            return whole.startsWith(name) ? "it " + whole.substring(name.length()) : whole;
        } catch (Throwable failure) {
            return "cannot be said: " + SafeText.of(failure);
        }
    }

    /** A line was written, and what happens from then on is counted or not. */
    private record Line(long at, boolean counting) {}

    /**
     * Fires on the timer's thread, which runs no appender. Holds nothing: a policy that nobody uses any more, and the
     * application it came from, does not stay for a line in the log.
     */
    private static final class Period extends TimedTask {

        private final WeakReference<SummarizingLog<?>> recurrence;

        Period(SummarizingLog<?> recurrence) {
            this.recurrence = new WeakReference<>(recurrence);
        }

        @Override
        protected void fire() {
            SummarizingLog<?> stillUsed = recurrence.get();
            if (stillUsed == null) {
                return;
            }
            try {
                stillUsed.time.executor().execute(stillUsed::periodIsOver);
            } catch (Throwable noThread) {
                stillUsed.lastLine.set(null);
            }
        }
    }
}
