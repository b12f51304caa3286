package dev.mainstay.retry;

import dev.mainstay.Chain;
import dev.mainstay.Policy;
import dev.mainstay.PolicyEvent;
import dev.mainstay.Reconfigurable;
import dev.mainstay.StageWarning;
import dev.mainstay.backoff.Backoff;
import dev.mainstay.backoff.RandomSource;
import dev.mainstay.call.AsyncCallBody;
import dev.mainstay.call.CallBody;
import dev.mainstay.call.CallContext;
import dev.mainstay.event.CallbackFailures;
import dev.mainstay.event.Events;
import dev.mainstay.event.MainstayEvent;
import dev.mainstay.event.Subscription;
import dev.mainstay.event.SummarizingLog;
import dev.mainstay.meter.CallCounter;
import dev.mainstay.meter.MeterId;
import dev.mainstay.meter.MeterReadings;
import dev.mainstay.meter.MeterSink;
import dev.mainstay.outcome.Classifier;
import dev.mainstay.outcome.Verdict;
import dev.mainstay.safe.LeafSection;
import dev.mainstay.safe.Require;
import dev.mainstay.safe.SafeText;
import dev.mainstay.safe.StackReserve;
import dev.mainstay.time.Nanos;
import dev.mainstay.time.TimeSource;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Makes a call again when it failed in a way that may pass, after a wait, as often as its attempts, its {@linkplain
 * RetryBudget budget} and the call's deadline allow.
 *
 * <p>What comes out is the result, or the last failure itself, with a few earlier ones suppressed. A result that is
 * still not acceptable at the end is thrown in a {@link RetriesExhaustedException}, or returned if so configured. Never
 * repeated are an {@code Error}, an interrupt, a cancellation, and a call whose context says that it is {@linkplain
 * dev.mainstay.call.Idempotence#NO not idempotent}; our own rejections only if they are asked for.
 *
 * <p>A synchronous call waits on its caller's thread; an interrupt ends the wait, and the call with its last failure,
 * and stays set. An asynchronous one goes on on the pipeline's executor: after each wait, and at the latest after 64
 * attempts in a row that failed at once. An executor that drops an attempt without a word leaves the call to its
 * deadline, or else to whoever cancels its future. Cancelling its future, or completing it from outside, stops the
 * retries and cancels the attempt in progress. A body that throws, or returns null instead of a stage, has failed in
 * that attempt as if its stage had.
 *
 * <p>From the second on, an attempt's number and how the one before it ended, its failure or its result, are in its
 * {@link CallContext}, which is the thread's current one while the attempt is made.
 *
 * <p>Safe for use by many threads.
 */
public final class Retry extends Policy implements Reconfigurable<RetryConfig> {

    private static final AtomicReferenceFieldUpdater<Retry, Settings> SETTINGS =
            AtomicReferenceFieldUpdater.newUpdater(Retry.class, Settings.class, "settings");

    @SuppressWarnings("rawtypes")
    private static final AtomicReferenceFieldUpdater<Retry, @Nullable SummarizingLog> LOG =
            AtomicReferenceFieldUpdater.newUpdater(Retry.class, SummarizingLog.class, "log");

    final CallCounter successes = new CallCounter();
    final CallCounter successesAfterRetry = new CallCounter();
    final CallCounter failures = new CallCounter();
    final CallCounter failuresAfterRetry = new CallCounter();
    final CallCounter notRetryable = new CallCounter();
    final CallCounter attempts = new CallCounter();
    private final CallCounter deniedByBudget = new CallCounter();
    private final CallCounter deniedByDeadline = new CallCounter();
    private final CallCounter deniedByRetryAfter = new CallCounter();
    private final CallbackFailures eventFailures = new CallbackFailures();
    private final Events events = new Events();

    /** How many results are still to be looked at for stages. Written without order: any value serves. */
    private int unseenResults = StageWarning.FIRST_RESULTS;

    private final String name;
    private final TimeSource time;

    /** What pays for retries unless a budget is configured. */
    private final RetryBudget ownBudget = RetryBudget.standard();

    /** Made when the first retry is denied. */
    private volatile @Nullable SummarizingLog<RetryDenial> log;

    private volatile Settings settings;

    private Retry(String name, RetryConfig config) {
        RetryClasses.load();
        this.name = Require.name(name);
        this.time = Require.present("config", config).timeSource();
        this.settings = new Settings(config, this.name, ownBudget);
    }

    /** A retry with these options. */
    public static Retry of(String name, RetryConfig config) {
        return new Retry(name, config);
    }

    /**
     * A retry with the defaults, but for what the function says: {@code Retry.of("inventory", c ->
     * c.maxAttempts(5).retryExceptions(IOException.class))}.
     */
    public static Retry of(String name, UnaryOperator<RetryConfig.Builder> options) {
        return of(
                name,
                Require.configured(
                        RetryConfig.KIND,
                        name,
                        () -> options.apply(RetryConfig.builder()).build()));
    }

    /** A retry with the defaults: up to three attempts. */
    public static Retry ofDefaults(String name) {
        return of(name, RetryConfig.defaults());
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
    public RetryConfig config() {
        return settings.config;
    }

    /**
     * What pays for the retries: the one configured, or else this retry's own. To be given to others that repeat calls
     * to the same target.
     */
    public RetryBudget budget() {
        return settings.account.budget();
    }

    /** {@inheritDoc} A budget of its own keeps its tokens. */
    @Override
    public void reconfigure(UnaryOperator<RetryConfig> change) {
        Require.present("change", change);
        Settings before;
        RetryConfig config;
        do {
            before = settings;
            config = Require.present("config", change.apply(before.config));
            Require.unchanged(RetryConfig.KIND, name(), "timeSource", time, config.timeSource());
        } while (!SETTINGS.compareAndSet(this, before, new Settings(config, name, ownBudget)));
        PolicyEvent.Reconfigured.announce(this, events, time, before.config, config);
    }

    /**
     * Begins a call that this retry cannot be put around: whoever makes the attempts asks what is next.
     *
     * @param context what the call carries; {@link CallContext#plain()} if nothing
     */
    public Attempts start(CallContext context) {
        Settings settings = this.settings;
        CallContext own = context.orInherited();
        attempts.increment();
        return Attempts.watched(
                this, settings, own.attempt() == 1 ? own : own.attempt(1, null), settings.start(TimeSource.UNREAD));
    }

    @Override
    protected <T extends @Nullable Object> T around(
            CallContext context, long now, Chain inner, CallBody<? extends T> body) throws Exception {
        Settings settings = this.settings;
        TokenBucket bucket = settings.onlyBucket;
        if (bucket == null || (context != CallContext.plain() && context.attempt() != 1)) {
            return this.<T>aroundWithCare(settings, context, now, inner, body);
        }
        attempts.increment();
        T result;
        try {
            result = inner.proceed(context, now, body);
        } catch (Throwable failure) {
            return this.<T>afterFailure(settings, failure, context, now, inner, body);
        }
        bucket.callSucceeded();
        successes.increment();
        if (unseenResults > 0) {
            unseenResults = StageWarning.look(name, result, unseenResults);
        }
        return result;
    }

    /** The same where a success takes more than a look at the budget. */
    private <T extends @Nullable Object> T aroundWithCare(
            Settings settings, CallContext context, long now, Chain inner, CallBody<? extends T> body)
            throws Exception {
        if (context.attempt() != 1) {
            return this.<T>anew(context, now, inner, body);
        }
        return settings.account.watchesCalls()
                ? this.<T>aroundWatched(settings, context, now, inner, body)
                : this.<T>aroundJudged(settings, context, now, inner, body);
    }

    /** The same for a budget that is told of begin and end: of the end on a full stack, too. */
    private <T extends @Nullable Object> T aroundWatched(
            Settings settings, CallContext context, long now, Chain inner, CallBody<? extends T> body)
            throws Exception {
        StackReserve.check();
        boolean began = settings.account.callBegan();
        try {
            return this.<T>aroundJudged(settings, context, now, inner, body);
        } finally {
            if (began) {
                settings.account.callEnded();
            }
        }
    }

    private <T extends @Nullable Object> T aroundJudged(
            Settings settings, CallContext context, long now, Chain inner, CallBody<? extends T> body)
            throws Exception {
        long start = settings.start(now);
        attempts.increment();
        T result;
        try {
            result = inner.proceed(context, start, body);
        } catch (Throwable failure) {
            return this.<T>afterFailure(settings, failure, context, start, inner, body);
        }
        if (settings.judgesResults) {
            Verdict verdict = settings.classifier.ofResult(context, result);
            if (verdict != Verdict.SUCCESS) {
                Attempts attempts = new Attempts(this, settings, context.orInherited(), start);
                return this.<T>repeat(attempts, null, result, verdict, inner, body);
            }
        }
        settings.account.callSucceeded();
        successes.increment();
        return result;
    }

    private <T extends @Nullable Object> T afterFailure(
            Settings settings,
            Throwable failure,
            CallContext context,
            long start,
            Chain inner,
            CallBody<? extends T> body)
            throws Exception {
        Attempts attempts = new Attempts(this, settings, context.orInherited(), start);
        return this.<T>repeat(attempts, failure, null, Verdict.ERROR, inner, body);
    }

    /** Within another retry's attempt: attempts are counted from one again. */
    private <T extends @Nullable Object> T anew(CallContext outer, long now, Chain inner, CallBody<? extends T> body)
            throws Exception {
        CallContext context = outer.attempt(1, null);
        @Nullable Object[] place = CallContext.place();
        Object before = place[0];
        place[0] = context;
        try {
            return this.<T>around(context, now, inner, body);
        } finally {
            place[0] = before;
        }
    }

    /**
     * Makes the attempts after the first, on this thread.
     *
     * @param first how the first has failed; null if it ended in a result, on which there is a verdict
     */
    @LeafSection
    @SuppressWarnings({"unchecked", "NullAway", "NonAtomicVolatileUpdate"}) // the last result is a T
    private <T extends @Nullable Object> T repeat(
            Attempts attempts,
            @Nullable Throwable first,
            @Nullable Object result,
            Verdict verdict,
            Chain inner,
            CallBody<? extends T> body)
            throws Exception {
        try {
            long firstDelay = first == null ? onResult(attempts, result, verdict) : onFailure(attempts, first);
            if (pause(firstDelay) && attempts.begin()) {
                @Nullable Object[] place = CallContext.place();
                Object before = place[0];
                place[0] = attempts.context();
                try {
                    long delay = this.<T>attempt(attempts, inner, body);
                    while (pause(delay) && attempts.begin()) {
                        place[0] = attempts.context();
                        delay = this.<T>attempt(attempts, inner, body);
                    }
                } finally {
                    place[0] = before;
                }
            }
        } finally {
            try {
                attempts.abort();
            } catch (Throwable noRoom) {
                // The stack is full. The token is noted without a call, and given back later.
                BudgetAccount account = attempts.account;
                try {
                    synchronized (account) {
                        if (attempts.paid) {
                            attempts.paid = false;
                            account.owed++;
                        }
                    }
                } catch (Throwable noRoomToLock) {
                    if (attempts.paid) {
                        attempts.paid = false;
                        account.strays = account.strays + 1;
                    }
                }
            }
        }
        Throwable failure = attempts.failure();
        if (failure != null) {
            throw Retry.<RuntimeException>unchecked(failure);
        }
        return (T) attempts.result();
    }

    private <T extends @Nullable Object> long attempt(Attempts attempts, Chain inner, CallBody<? extends T> body) {
        T result;
        try {
            result = inner.proceed(attempts.context(), TimeSource.UNREAD, body);
        } catch (Throwable failure) {
            return onFailure(attempts, failure);
        }
        return onResult(attempts, result, attempts.judge(result));
    }

    private static long onFailure(Attempts attempts, Throwable failure) {
        stopIfInterrupted(attempts);
        return attempts.onFailure(failure);
    }

    private static long onResult(Attempts attempts, @Nullable Object result, Verdict verdict) {
        stopIfInterrupted(attempts);
        return attempts.onResult(result, verdict);
    }

    /**
     * A caller that was interrupted while an attempt was made wants no other, even where none would have to be waited
     * for.
     */
    private static void stopIfInterrupted(Attempts attempts) {
        if (Thread.currentThread().isInterrupted()) {
            attempts.stop();
        }
    }

    /** Waits on this thread; false if there is nothing to wait for any more. */
    private boolean pause(long delay) {
        if (delay <= 0) {
            return delay == 0;
        }
        try {
            time.sleep(delay);
            return true;
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** What an attempt threw is thrown as it is: the body declares it, or it is unchecked. */
    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    private static <X extends Throwable> X unchecked(Throwable failure) throws X {
        throw (X) failure;
    }

    @Override
    protected <T extends @Nullable Object> CompletableFuture<T> aroundAsync(
            CallContext context, long now, Chain inner, AsyncCallBody<? extends T> body) {
        if (context.attempt() != 1) {
            return anewAsync(context, now, inner, body);
        }
        Settings settings = this.settings;
        long start = settings.start(now);
        attempts.increment();
        if (settings.account.watchesCalls()) {
            return this.<T>aroundWatchedAsync(settings, context, start, inner, body);
        }
        CompletableFuture<T> stage = inner.proceedAsync(context, start, body);
        Verdict verdict = null;
        if (stage.isDone() && !stage.isCompletedExceptionally()) {
            verdict = settings.judgesResults ? settings.classifier.ofResult(context, stage.join()) : Verdict.SUCCESS;
            if (verdict == Verdict.SUCCESS) {
                settings.account.callSucceeded();
                successes.increment();
                return stage;
            }
        }
        Attempts attempts = new Attempts(this, settings, context.orInherited(), start);
        return new RetryCall<T>(time, attempts, inner, body, inner.handoff(time)).follow(stage, verdict);
    }

    private <T extends @Nullable Object> CompletableFuture<T> aroundWatchedAsync(
            Settings settings, CallContext context, long start, Chain inner, AsyncCallBody<? extends T> body) {
        StackReserve.check();
        Attempts attempts = Attempts.watched(this, settings, context.orInherited(), start);
        CompletableFuture<T> stage;
        RetryCall<T> call;
        try {
            call = new RetryCall<>(time, attempts, inner, body, inner.handoff(time));
            stage = inner.proceedAsync(context, start, body);
        } catch (Throwable broken) {
            attempts.abort();
            throw broken;
        }
        return call.follow(stage, null);
    }

    private <T extends @Nullable Object> CompletableFuture<T> anewAsync(
            CallContext outer, long now, Chain inner, AsyncCallBody<? extends T> body) {
        CallContext context = outer.attempt(1, null);
        @Nullable Object[] place = CallContext.place();
        Object before = place[0];
        place[0] = context;
        try {
            return aroundAsync(context, now, inner, body);
        } finally {
            place[0] = before;
        }
    }

    // What is told, and never throws: the clock may be the user's, and so are those who listen.

    void scheduled(Attempts attempts, long delayNanos) {
        publish(RetryEvent.RetryScheduled.class, attempts, delayNanos, null);
    }

    void succeeded(Attempts attempts) {
        publish(RetryEvent.RetrySucceeded.class, attempts, 0, null);
    }

    void ignored(Attempts attempts) {
        publish(RetryEvent.RetryIgnored.class, attempts, 0, null);
    }

    void exhausted(Attempts attempts) {
        publish(RetryEvent.RetriesExhausted.class, attempts, 0, null);
    }

    void denied(Attempts attempts, RetryDenial reason) {
        CallCounter count = reason == RetryDenial.BUDGET
                ? deniedByBudget
                : reason == RetryDenial.DEADLINE ? deniedByDeadline : deniedByRetryAfter;
        count.increment();
        log().happened(reason);
        publish(RetryEvent.RetryDenied.class, attempts, 0, reason);
    }

    /** The event is named before anything can fail: to ask a class for its name takes room on the stack. */
    private void publish(
            Class<? extends RetryEvent> type, Attempts attempts, long delayNanos, @Nullable RetryDenial denial) {
        if (!events.wanted(type)) {
            return;
        }
        String listener = "listener";
        try {
            listener = type.getSimpleName();
            events.publish(event(type, attempts, delayNanos, denial));
        } catch (Throwable broken) {
            eventFailures.report(name, listener, broken);
        }
    }

    /** Without lambdas: the JVM cannot link one on a full stack, nor ever after. */
    private RetryEvent event(
            Class<? extends RetryEvent> type, Attempts attempts, long delayNanos, @Nullable RetryDenial denial) {
        long now = time.nanoTime();
        CallContext context = attempts.context();
        int attempt = attempts.attempt();
        Object result = attempts.result();
        Throwable failure = attempts.failure();
        if (denial != null) {
            return new RetryEvent.RetryDenied(name, now, context, denial, result, failure);
        } else if (type == RetryEvent.RetryScheduled.class) {
            return new RetryEvent.RetryScheduled(name, now, context, attempt + 1, delayNanos, result, failure);
        } else if (type == RetryEvent.RetrySucceeded.class) {
            return new RetryEvent.RetrySucceeded(name, now, context, attempt, result);
        } else if (type == RetryEvent.RetryIgnored.class) {
            return new RetryEvent.RetryIgnored(name, now, context, attempt, result, failure);
        }
        return new RetryEvent.RetriesExhausted(name, now, context, attempt, result, failure);
    }

    private SummarizingLog<RetryDenial> log() {
        SummarizingLog<RetryDenial> known = log;
        if (known == null) {
            SummarizingLog<RetryDenial> fresh =
                    new SummarizingLog<>(Retry.class, time, name, "denied retries", RetryDenial.class, this::explain);
            known = LOG.compareAndSet(this, null, fresh) ? fresh : Require.present("log", log);
        }
        return known;
    }

    @Override
    protected void describe(MeterSink sink) {
        MeterId calls =
                MeterId.of("retry.calls", name, "Calls by how they ended, and whether they were retried", "calls");
        sink.counter(calls.tag("outcome", "success"), successes);
        sink.counter(calls.tag("outcome", "success_after_retry"), successesAfterRetry);
        sink.counter(calls.tag("outcome", "failure"), failures);
        sink.counter(calls.tag("outcome", "failure_after_retry"), failuresAfterRetry);
        sink.counter(calls.tag("outcome", "not_retryable"), notRetryable);
        sink.counter(MeterId.of("retry.attempts", name, "Attempts begun, first ones among them", "attempts"), attempts);
        MeterId denied = MeterId.of("retry.denied", name, "Retries that were due but not made", "retries");
        sink.counter(denied.tag("reason", "budget"), deniedByBudget);
        sink.counter(denied.tag("reason", "deadline"), deniedByDeadline);
        sink.counter(denied.tag("reason", "retry_after"), deniedByRetryAfter);
        sink.gauge(
                MeterId.of("retry.budget", name, "Retries that could be paid for now", "tokens"),
                () -> settings.account.tokens());
    }

    @Override
    public String explain() {
        Settings settings = this.settings;
        String most = settings.maxAttempts == Integer.MAX_VALUE ? "any number of" : "up to " + settings.maxAttempts;
        return "'" + name + "' makes " + most + " attempts, backoff " + settings.backoff
                + (settings.delayFunction == null ? "" : " unless its delay function says otherwise") + ", "
                + SafeText.of(settings.account.budget());
    }

    /** Whether its own budget is full. One that was given to it belongs to somebody else. */
    @Override
    protected boolean isIdle() {
        return ownBudget.isFull();
    }

    @Override
    public <E extends MainstayEvent> Subscription subscribe(Class<E> type, Consumer<? super E> listener) {
        return events.subscribe(type, listener);
    }

    @Override
    public String toString() {
        MeterReadings readings = new MeterReadings();
        describe(readings);
        return "Retry[" + explain() + " " + readings.values() + "]";
    }

    /** The options in force, as calls need them. */
    static final class Settings {

        final RetryConfig config;
        final int maxAttempts;
        final Backoff backoff;
        final Backoff overloadBackoff;
        final @Nullable SafeDelayFunction delayFunction;
        final Classifier classifier;
        final boolean judgesResults;
        final BudgetAccount account;
        final RandomSource random;
        final long maxRetryAfterNanos;
        final long maxDurationNanos;
        final boolean limited;
        final boolean failAfterMaxAttempts;

        /**
         * Where a call that succeeds at its first attempt concerns nothing but a bucket and counters, this bucket;
         * otherwise null.
         */
        final @Nullable TokenBucket onlyBucket;

        Settings(RetryConfig config, String name, RetryBudget ownBudget) {
            Duration maxDuration = config.maxDuration();
            RetryBudget shared = config.budget();
            this.config = config;
            this.maxAttempts = config.maxAttempts();
            this.backoff = config.backoff();
            this.overloadBackoff = config.overloadBackoff();
            this.delayFunction = SafeDelayFunction.of(config.delayFunction(), name);
            this.classifier = config.classifier().namedAfter(name);
            this.judgesResults = classifier.judgesResults();
            this.account = new BudgetAccount(shared == null ? ownBudget : shared, name);
            this.random = SafeRandom.of(config.random(), name);
            this.maxRetryAfterNanos = Nanos.of(config.maxRetryAfter());
            this.maxDurationNanos = maxDuration == null ? Nanos.FOREVER : Nanos.of(maxDuration);
            this.limited = maxDurationNanos != Nanos.FOREVER;
            this.failAfterMaxAttempts = config.failAfterMaxAttempts();
            this.onlyBucket = judgesResults || limited ? null : account.bucket();
        }

        /** When the call has begun, if anybody needs to know. */
        long start(long now) {
            return limited && now == TimeSource.UNREAD ? config.timeSource().nanoTime() : now;
        }
    }
}
