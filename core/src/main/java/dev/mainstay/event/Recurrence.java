package dev.mainstay.event;

import dev.mainstay.time.Nanos;
import dev.mainstay.time.TimeSource;
import dev.mainstay.time.TimerTask;
import java.lang.ref.WeakReference;
import java.util.Arrays;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * Tells the log of something that may happen to every call, such as a refusal, without a line for each: the first is logged at WARN at once; if more follow within ten seconds, a
 * line at the end of these says how many, and of which kind, and so on every ten seconds while it lasts.
 *
 * <p>For policies, ours and yours. While it lasts, taking note costs one striped increment, and reads no clock. Safe for use by many threads. Once nobody refers to it any more, it can
 * be collected at any time, and what it counted last is then not told.
 *
 * @param <K> the kinds that are told apart
 */
public final class Recurrence<K extends Enum<K>> {

    /** How long one line holds for. */
    static final long PERIOD_NANOS = 10_000_000_000L;

    private final Logger logger;
    private final TimeSource time;
    private final String policy;
    private final String what;
    private final Class<K> kinds;
    private final Supplier<String> explanation;

    /** The line written last; null after a silence. */
    private final AtomicReference<@Nullable Line> lastLine = new AtomicReference<>();

    private final AtomicReferenceArray<@Nullable LongAdder> counts;

    /**
     * Nothing has happened yet.
     *
     * @param source whose name the logger has
     * @param time decides when a period is over
     * @param policy the name of the policy
     * @param what what happens, as the log shall say it: {@code "Calls are rejected"}
     * @param kinds the kinds that are told apart
     * @param explanation why it happens, asked when a line is written, on a thread on which it may block and throw
     */
    public Recurrence(
            Class<?> source,
            TimeSource time,
            String policy,
            String what,
            Class<K> kinds,
            Supplier<String> explanation) {
        this(LoggerFactory.getLogger(source), time, policy, what, kinds, explanation);
    }

    Recurrence(
            Logger logger, TimeSource time, String policy, String what, Class<K> kinds, Supplier<String> explanation) {
        this.logger = Objects.requireNonNull(logger, "logger");
        this.time = Objects.requireNonNull(time, "time");
        this.policy = Objects.requireNonNull(policy, "policy");
        this.what = Objects.requireNonNull(what, "what");
        this.kinds = kinds;
        this.explanation = Objects.requireNonNull(explanation, "explanation");
        this.counts = new AtomicReferenceArray<>(kinds.getEnumConstants().length);
    }

    /** Takes note that it has happened once more. Never throws. */
    public void happened(K kind) {
        Line last = lastLine.get();
        if (last != null && last.counting) {
            count(kind);
        } else if (logger.isWarnEnabled()) {
            happenedSeldom(last, kind);
        }
    }

    /** One that happens alone is a line and needs no timer; one that comes soon after a line begins the count. */
    private void happenedSeldom(@Nullable Line last, K kind) {
        long now = time.nanoTime();
        if ((last == null || now - last.at >= PERIOD_NANOS) && lastLine.compareAndSet(last, new Line(now, false))) {
            line().addKeyValue("reason", kind).log(what);
        } else {
            count(kind);
            goOnCounting(now);
        }
    }

    private void goOnCounting(long now) {
        for (Line last = lastLine.get(); last == null || !last.counting; last = lastLine.get()) {
            Line counting = new Line(last == null ? now : last.at, true);
            if (lastLine.compareAndSet(last, counting)) {
                time.arm(new Period(this), Math.max(0, PERIOD_NANOS - (now - counting.at)));
                return;
            }
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
        LoggingEventBuilder line = line();
        long total = 0;
        for (K kind : kinds.getEnumConstants()) {
            long count = takeCount(kind);
            if (count > 0) {
                total += count;
                line = line.addKeyValue(kind.name().toLowerCase(Locale.ROOT), count);
            }
        }
        if (total > 0) {
            line.addKeyValue("count", total)
                    .addKeyValue("period", Nanos.format(PERIOD_NANOS))
                    .log(what);
            time.arm(new Period(this), PERIOD_NANOS);
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

    private LoggingEventBuilder line() {
        return logger.atWarn().addKeyValue("policy", policy).addKeyValue("why", explain());
    }

    private String explain() {
        try {
            return explanation.get();
        } catch (Throwable failure) {
            return "cannot be said: " + failure;
        }
    }

    /** A line was written, and what happens from then on is counted or not. */
    private record Line(long at, boolean counting) {}

    /**
     * Fires on the timer's thread, which runs no appender. Holds nothing: a policy that nobody uses any more, and the application it came from, does not stay for a line in the
     * log.
     */
    private static final class Period extends TimerTask {

        private final WeakReference<Recurrence<?>> recurrence;

        Period(Recurrence<?> recurrence) {
            this.recurrence = new WeakReference<>(recurrence);
        }

        @Override
        protected void fire() {
            Recurrence<?> stillUsed = recurrence.get();
            if (stillUsed != null) {
                stillUsed.time.executor().execute(stillUsed::periodIsOver);
            }
        }
    }
}
