package dev.mainstay;

import dev.mainstay.call.AsyncCallBody;
import dev.mainstay.call.CallBody;
import dev.mainstay.call.CallContext;
import dev.mainstay.call.CancellationScope;
import dev.mainstay.event.CallbackFailures;
import dev.mainstay.event.Events;
import dev.mainstay.event.MainstayEvent;
import dev.mainstay.event.Subscription;
import dev.mainstay.event.SummarizingLog;
import dev.mainstay.future.Stages;
import dev.mainstay.meter.CallCounter;
import dev.mainstay.meter.MeterId;
import dev.mainstay.meter.MeterSink;
import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.outcome.CallTimeoutException;
import dev.mainstay.outcome.LateExits;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.safe.Failures;
import dev.mainstay.safe.Require;
import dev.mainstay.time.Nanos;
import dev.mainstay.time.TimeSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Gives a call so much time and no more, and lets everything inside see the deadline.
 *
 * <p>A synchronous call runs on the caller's thread, which is interrupted when the time is up; a body that ignores
 * interrupts delays the caller, who then still gets the {@link CallTimeoutException}. With {@link
 * TimeLimiterConfig.Builder#onExecutor} the body runs elsewhere and the caller is released on time. An asynchronous
 * call's future fails on time and the stage is cancelled.
 *
 * <p>Once the time is up, the outcome is a {@link CallTimeoutException}, whatever the body does: its failure becomes
 * the cause, its result goes to {@code onDiscard}. An interrupt of ours is cleared before the call returns, and one
 * from outside is kept: one that came before ours, or of which the body has made an {@code InterruptedException}. One
 * that comes while ours is still unseen cannot be told apart from it, nor can one that comes after the body has
 * swallowed ours.
 *
 * <p>Safe for use by many threads.
 */
public final class TimeLimiter extends Policy implements Reconfigurable<TimeLimiterConfig> {

    private static final AtomicReferenceFieldUpdater<TimeLimiter, Settings> SETTINGS =
            AtomicReferenceFieldUpdater.newUpdater(TimeLimiter.class, Settings.class, "settings");

    private final String name;
    private final TimeSource time;
    private final Events events = new Events();

    /** How many results are still to be looked at for stages. Written without order: any value serves. */
    private int unseenResults = StageWarning.FIRST_RESULTS;

    private final CallCounter successes = new CallCounter();
    private final CallCounter failures = new CallCounter();
    private final CallCounter timeouts = new CallCounter();
    private final CallCounter cancels = new CallCounter();
    private final CallbackFailures discardFailures = new CallbackFailures();
    private final SummarizingLog<Happening> log;
    private volatile Settings settings;

    private TimeLimiter(String name, TimeLimiterConfig config) {
        this.name = Require.name(name);
        this.time = Require.present("config", config).timeSource();
        this.settings = new Settings(name, config);
        EngineClasses.load();
        this.log = new SummarizingLog<>(TimeLimiter.class, time, name, "gave calls up", Happening.class, this::explain);
    }

    /** A limiter with these options. */
    public static TimeLimiter of(String name, TimeLimiterConfig config) {
        return new TimeLimiter(name, config);
    }

    /**
     * A limiter with the defaults, but for what the function says: {@code TimeLimiter.of("search", c ->
     * c.timeoutDuration(ofMillis(300)))}.
     */
    public static TimeLimiter of(String name, UnaryOperator<TimeLimiterConfig.Builder> options) {
        return of(
                name,
                Require.configured(
                        TimeLimiterConfig.KIND,
                        name,
                        () -> options.apply(TimeLimiterConfig.builder()).build()));
    }

    /** A limiter with the defaults: one second. */
    public static TimeLimiter ofDefaults(String name) {
        return of(name, TimeLimiterConfig.defaults());
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    protected TimeSource timeSource() {
        return time;
    }

    @Override
    public TimeLimiterConfig config() {
        return settings.config;
    }

    @Override
    public void reconfigure(UnaryOperator<TimeLimiterConfig> change) {
        Require.present("change", change);
        Settings before;
        Settings after;
        do {
            before = settings;
            TimeLimiterConfig config = Require.present("config", change.apply(before.config));
            Require.unchanged(TimeLimiterConfig.KIND, name(), "timeSource", time, config.timeSource());
            after = new Settings(name, config);
        } while (!SETTINGS.compareAndSet(this, before, after));
        PolicyEvent.Reconfigured.announce(this, events, time, before.config, after.config);
    }

    /**
     * Begins the time limit of a call that is made elsewhere, such as in a reactive operator: what is returned decides,
     * and whoever asked for it makes the call and keeps the timer. {@code onExecutor} does not matter there.
     */
    public TimeLimit start(CallContext context) {
        Require.present("context", context);
        return new TimeLimit(this, settings, context.orInherited(), time.nanoTime());
    }

    @Override
    protected <T extends @Nullable Object> T around(
            CallContext context, long now, Chain inner, CallBody<? extends T> body) throws Exception {
        Settings settings = this.settings;
        @Nullable Object[] place = CallContext.place();
        CallContext outer = context.orInherited((CallContext) place[0]);
        long start = now == TimeSource.UNREAD ? time.nanoTime() : now;
        Executor executor = settings.config.executor();
        return executor == null
                ? this.<T>onCallersThread(settings, place, outer, start, inner, body)
                : this.<T>onExecutor(settings, executor, outer, start, inner, body);
    }

    @SuppressWarnings("NullAway") // the result is null only where T admits it, or there is a failure
    private <T extends @Nullable Object> T onCallersThread(
            Settings settings,
            @Nullable Object[] place,
            CallContext outer,
            long start,
            Chain inner,
            CallBody<? extends T> body)
            throws Exception {
        CallerThreadLimit limit = CallerThreadLimit.of(
                outer.scope(), time, start + settings.timeoutNanos, inner.capture(), settings.config.cancelOnTimeout());
        CallContext context = outer.within(limit);
        Object before = place[0];
        try {
            limit.arm(start, settings.timeoutNanos);
        } catch (Throwable noTimer) {
            // It may have got so far that it would interrupt whatever the thread does next.
            limit.fate = CallerThreadLimit.ENDED;
            limit.cancel();
            throw noTimer;
        }
        T result = null;
        Throwable failure = null;
        place[0] = context;
        try {
            result = inner.proceed(context, start, body);
        } catch (Throwable thrown) {
            failure = thrown;
        }
        place[0] = before;
        boolean inTime = true;
        try {
            inTime = limit.finish(failure);
            if (inTime) {
                (failure == null ? successes : failures).increment();
            }
            if (unseenResults > 0) {
                unseenResults = StageWarning.look(name, result, unseenResults);
            }
        } catch (Throwable noRoom) {
            // On a full stack the call has its own outcome, and its limit must not interrupt what the thread does next.
            if (limit.fate instanceof Interruption interruption) {
                interruption.state = Interruption.OVER;
            } else {
                limit.fate = CallerThreadLimit.ENDED;
            }
        }
        if (!inTime) {
            if (failure == null) {
                discard(settings, result);
            }
            throw timedOut(settings, outer, failure);
        }
        if (failure == null) {
            return result;
        }
        if (failure instanceof Exception exception) {
            throw exception;
        }
        if (failure instanceof Error error) {
            throw error;
        }
        throw Failures.<RuntimeException>undeclared(failure);
    }

    private <T extends @Nullable Object> T onExecutor(
            Settings settings,
            Executor executor,
            CallContext outer,
            long start,
            Chain inner,
            CallBody<? extends T> body)
            throws Exception {
        FutureTimeLimit limit = limitOf(settings, outer, start);
        ExecutorCall<T> work = new ExecutorCall<>(
                outer.within(limit),
                context -> inner.<T>proceed(context, TimeSource.UNREAD, body),
                result -> discard(settings, result));
        ThreadHandoff own = ThreadHandoff.of(executor, time, settings.contextCarrier);
        ThreadHandoff pipelines = inner.handoff(time);
        // The clock runs before the executor is asked, which may run the call here and now.
        CompletableFuture<T> call = new TimeLimitedCall<T>(this, settings, outer, limit, pipelines).follow(work, start);
        if (work.isQueued()) {
            work.start(name, task -> executor.execute(pipelines.carried(own.carried(task))));
        }
        return work.await(name, call, time);
    }

    @Override
    protected <T extends @Nullable Object> CompletableFuture<T> aroundAsync(
            CallContext context, long now, Chain inner, AsyncCallBody<? extends T> body) {
        Settings settings = this.settings;
        @Nullable Object[] place = CallContext.place();
        Object before = place[0];
        CallContext outer = context.orInherited((CallContext) before);
        long start = now == TimeSource.UNREAD ? time.nanoTime() : now;
        FutureTimeLimit limit = limitOf(settings, outer, start);
        CallContext limited = outer.within(limit);
        place[0] = limited;
        CompletableFuture<T> stage;
        try {
            stage = inner.proceedAsync(limited, start, body);
        } finally {
            place[0] = before;
        }
        if (!stage.isDone()) {
            return new TimeLimitedCall<T>(this, settings, outer, limit, inner.handoff(time)).follow(stage, start);
        }
        if (time.nanoTime() - start < settings.timeoutNanos) {
            count(stage.isCompletedExceptionally());
            return stage;
        }
        return doneTooLate(settings, outer, limit, inner, stage);
    }

    /**
     * Whether a failure is the end of a limit's time: the time was up while the call waited in line further in, and the
     * policy there was faster than the timer. That policy tells of the nearest deadline: if one further out had come
     * before, the rejection is for that.
     *
     * @param failure how the call has ended, or null with a result
     */
    static boolean ranOutWith(CancellationScope limit, @Nullable Throwable failure) {
        if (failure == null
                || !(Stages.unwrap(failure) instanceof CallRejectedException rejection)
                || rejection.reason() != RejectionReason.DEADLINE) {
            return false;
        }
        TimeSource time = limit.time();
        long now = time.nanoTime();
        long left = limit.deadline() - now;
        CancellationScope around = limit.parent();
        return left <= 0 && (around == null || around.remaining(time, now) >= left);
    }

    private FutureTimeLimit limitOf(Settings settings, CallContext outer, long start) {
        return new FutureTimeLimit(
                outer.scope(), time, start + settings.timeoutNanos, settings.config.cancelOnTimeout());
    }

    /**
     * The body took so long to give its stage that this was complete too late. Listeners must not keep the caller
     * longer.
     */
    private <T extends @Nullable Object> CompletableFuture<T> doneTooLate(
            Settings settings, CallContext outer, FutureTimeLimit limit, Chain inner, CompletableFuture<T> stage) {
        limit.expire();
        countTimeout();
        Throwable failure = Stages.failureOf(stage);
        if (failure == null) {
            discard(settings, stage.join());
        }
        if (events.wanted(PolicyEvent.TimedOut.class)) {
            inner.handoff(time).toOwnExecutor().run(() -> tellTimeout(settings, outer), ThreadHandoff.NEVER_REJECTED);
        } else {
            tellTimeout(settings, outer);
        }
        return Stages.failed(timeout(settings, failure, null));
    }

    void count(boolean failed) {
        try {
            (failed ? failures : successes).increment();
        } catch (Throwable noRoom) {
            // The call has its own outcome all the same.
        }
    }

    void countCancelled() {
        cancels.increment();
    }

    void countTimeout() {
        try {
            timeouts.increment();
        } catch (Throwable noRoom) {
            // As above.
        }
    }

    void discard(Settings settings, @Nullable Object result) {
        Consumer<@Nullable Object> hook = settings.config.onDiscard();
        if (hook == null) {
            return;
        }
        try {
            hook.accept(result);
        } catch (Throwable failure) {
            discardFailures.report(name, "onDiscard hook", failure);
        }
    }

    /** Counts and tells a time-out on the caller's thread. */
    private CallTimeoutException timedOut(Settings settings, CallContext context, @Nullable Throwable cause) {
        countTimeout();
        CallTimeoutException timeout = timeout(settings, cause, null);
        tellTimeout(settings, context);
        return timeout;
    }

    /** @param unfinished what may still run */
    CallTimeoutException timeout(Settings settings, @Nullable Throwable cause, @Nullable LateExits unfinished) {
        return new CallTimeoutException(name, settings.timeoutNanos, cause, settings.config.stackTraces(), unfinished);
    }

    /** Tells the log and whoever listens. Never throws. */
    void tellTimeout(Settings settings, CallContext context) {
        try {
            log.happened(Happening.TIMEOUT);
            if (events.wanted(PolicyEvent.TimedOut.class)) {
                events.publish(new PolicyEvent.TimedOut(name, time.nanoTime(), context, settings.timeoutNanos));
            }
        } catch (Throwable noRoom) {
            // The call has timed out all the same.
        }
    }

    @Override
    protected void describe(MeterSink sink) {
        MeterId id = MeterId.of("timelimiter.calls", name, "Calls by how they ended", "calls");
        sink.counter(id.tag("outcome", "success"), successes);
        sink.counter(id.tag("outcome", "failure"), failures);
        sink.counter(id.tag("outcome", "timeout"), timeouts);
        sink.counter(id.tag("outcome", "cancelled"), cancels);
    }

    @Override
    public String explain() {
        return "'" + name + "' gives a call " + Nanos.format(settings.timeoutNanos)
                + (settings.config.executor() == null ? "" : " on an executor");
    }

    /** It remembers nothing. */
    @Override
    protected boolean isIdle() {
        return true;
    }

    @Override
    public <E extends MainstayEvent> Subscription subscribe(Class<E> type, Consumer<? super E> listener) {
        return events.subscribe(type, listener);
    }

    @Override
    public String toString() {
        return "TimeLimiter[" + explain() + "]";
    }

    /** What the log is told of. */
    private enum Happening {
        TIMEOUT
    }

    /** The options in force, with the one number that each call needs. */
    static final class Settings {

        final TimeLimiterConfig config;
        final ContextCarrier contextCarrier;
        final long timeoutNanos;

        Settings(String name, TimeLimiterConfig config) {
            this.config = config;
            this.contextCarrier = SafeContextCarrier.of(name, config.contextCarrier());
            this.timeoutNanos = Nanos.of(config.timeoutDuration());
        }
    }
}
