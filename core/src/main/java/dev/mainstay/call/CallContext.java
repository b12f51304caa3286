package dev.mainstay.call;

import dev.mainstay.event.Subscription;
import dev.mainstay.safe.Preloading;
import dev.mainstay.safe.Require;
import dev.mainstay.safe.SafeText;
import dev.mainstay.time.Deadline;
import dev.mainstay.time.Nanos;
import dev.mainstay.time.TimeSource;
import java.lang.invoke.MethodHandles;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What is known about a call, on its way inwards: its deadline, which attempt it is, and what the caller attached.
 * Immutable: each {@code with}-like method gives a new one. Safe for use by many threads.
 *
 * <p>A call about which nothing is known carries {@link #plain()}, one constant. A policy that narrows the context (a
 * time limiter, a retry from the second attempt) passes a new one on, and makes it the thread's {@link #current()} one
 * while the body runs, so that a service called inside sees the deadline without being handed it.
 */
public final class CallContext {

    static {
        // Needed first when a call fails, where the stack may be full.
        Preloading.load(MethodHandles.lookup(), AttemptScope.class, CancelHook.class, CancelHook.Place.class);
    }

    /**
     * For adapters of calls that cannot always be made again, such as a stream whose items have been handed on: what a
     * retry asks, once, when it would otherwise repeat an attempt that has failed. If the answer is false, the call
     * ends with that failure, as if it were not to be retried. Must not block or throw. Take the attribute away before
     * the body runs, since calls made inside inherit attributes.
     */
    public static final ContextKey<BooleanSupplier> REPEATABLE = ContextKey.of("repeatable", BooleanSupplier.class);

    private static final CallContext PLAIN = new CallContext(Details.NONE, null, 1, null, null);

    /**
     * Where each thread's current context is, at index 0. An array, for two reasons: what is put back by a plain write
     * is put back even where the stack has no room for a call; and a thread local that held an object of ours would
     * keep an application's class loader.
     */
    private static final ThreadLocal<@Nullable Object[]> CURRENT = new ThreadLocal<>();

    private final Details details;
    private final @Nullable CancellationScope scope;
    private final int attempt;
    private final @Nullable Object lastResult;
    private final @Nullable Throwable lastFailure;

    private CallContext(
            Details details,
            @Nullable CancellationScope scope,
            int attempt,
            @Nullable Object lastResult,
            @Nullable Throwable lastFailure) {
        this.details = details;
        this.scope = scope;
        this.attempt = attempt;
        this.lastResult = lastResult;
        this.lastFailure = lastFailure;
    }

    /** The context of a call about which nothing is known. */
    public static CallContext plain() {
        return PLAIN;
    }

    /** The context of the innermost call that runs on this thread and has one; {@link #plain()} outside of any. */
    public static CallContext current() {
        CallContext current = bound();
        return current == null ? PLAIN : current;
    }

    /**
     * For policies that wait or set deadlines: this context, or, if it is {@link #plain()}, what a call within the
     * thread's current one inherits.
     */
    public CallContext orInherited() {
        return this == PLAIN ? orInherited(bound()) : this;
    }

    /**
     * The same for policies that know already which context is bound to the thread, such as by {@link #place()}.
     *
     * @param bound that context, or null
     */
    public CallContext orInherited(@Nullable CallContext bound) {
        return this == PLAIN && bound != null ? bound.inherited() : this;
    }

    /** The context that is bound to this thread, or null. */
    private static @Nullable CallContext bound() {
        @Nullable Object[] place = CURRENT.get();
        return place == null ? null : (CallContext) place[0];
    }

    /**
     * For policies that bind a context around a body: where the thread's current one is, at index 0; null if there is
     * none. A policy reads what is there, writes its own, and writes back what was there, on the same thread. That is
     * what {@link #bind()} and {@link #restore} do; but writing back is no call, and so cannot fail where the stack is
     * full.
     */
    public static @Nullable Object[] place() {
        @Nullable Object[] place = CURRENT.get();
        if (place == null) {
            place = new Object[1];
            CURRENT.set(place);
        }
        return place;
    }

    /**
     * What a call made inside this one starts from: the deadline, the priority and the attributes are handed down;
     * attempt, key, cost, idempotence and the bound for waits are the outer call's own.
     */
    public CallContext inherited() {
        if (attempt == 1 && details.isHandedDownWhole()) {
            return this;
        }
        Details inherited = details.handedDown();
        return scope == null && inherited.isNone() ? PLAIN : new CallContext(inherited, scope, 1, null, null);
    }

    /**
     * Makes this the thread's {@link #current()} context.
     *
     * @return what was there before, to be handed to {@link #restore}
     */
    public @Nullable CallContext bind() {
        @Nullable Object[] place = place();
        CallContext before = (CallContext) place[0];
        place[0] = this;
        return before;
    }

    /** Puts back what {@link #bind()} found. */
    public static void restore(@Nullable CallContext before) {
        place()[0] = before;
    }

    /** The nearest deadline of this call, or null if it has none. */
    public @Nullable Deadline deadline() {
        return scope == null ? null : scope.nearestDeadline();
    }

    /**
     * What is left until the nearest deadline: zero once it has passed, and {@link Nanos#FOREVER} nanoseconds without
     * one.
     */
    public Duration remaining() {
        return scope == null
                ? Duration.ofNanos(Nanos.FOREVER)
                : Duration.ofNanos(Math.max(0, scope.remaining(scope.time, TimeSource.UNREAD)));
    }

    /**
     * For policies: what is left until the nearest deadline, in nanoseconds, negative once it has passed and {@link
     * Nanos#FOREVER} without one.
     *
     * @param now the time on the given clock, or {@link TimeSource#UNREAD}
     */
    public long remainingNanos(TimeSource time, long now) {
        return scope == null ? Nanos.FOREVER : scope.remaining(time, now);
    }

    /** Whether the deadline has passed or a time limiter around this call has given it up. */
    public boolean isOutOfTime() {
        return scope != null && scope.outOfTime();
    }

    /**
     * The same with a deadline, unless it has a nearer one. Nothing is interrupted when it passes, but no wait is begun
     * that would end after it.
     */
    public CallContext deadline(Deadline deadline) {
        return within(new DeadlineScope(scope, deadline));
    }

    /** Which attempt of the innermost retry this is, from 1. */
    public int attempt() {
        return attempt;
    }

    /**
     * How the attempt before this one failed; null at the first attempt, or if it ended in a result that was not
     * acceptable.
     */
    public @Nullable Throwable lastFailure() {
        return lastFailure;
    }

    /**
     * The result of the attempt before this one, which was not acceptable. Null at the first attempt, if the attempt
     * before {@linkplain #lastFailure() failed}, or if that result was null itself.
     */
    public @Nullable Object lastResult() {
        return lastResult;
    }

    /** For policies that repeat calls: the context of another attempt. */
    public CallContext attempt(int attempt, @Nullable Throwable lastFailure) {
        return attempt(attempt, null, lastFailure);
    }

    private CallContext attempt(int attempt, @Nullable Object lastResult, @Nullable Throwable lastFailure) {
        return new CallContext(details, scope, Require.atLeast("attempt", attempt, 1), lastResult, lastFailure);
    }

    /**
     * The same, after an attempt with the other context has ended: actions that were {@linkplain #onCancel registered}
     * for that one are forgotten, unless it was the first.
     *
     * @param lastResult the result in which that attempt ended; null if it failed
     * @param lastFailure how it failed; null if it ended in a result
     */
    public CallContext attempt(
            int attempt, @Nullable Object lastResult, @Nullable Throwable lastFailure, CallContext before) {
        CancellationScope call = scope;
        if (call == null) {
            return attempt(attempt, lastResult, lastFailure);
        }
        if (before.scope instanceof AttemptScope ended && ended.parent == call) {
            ended.closeHooks();
        }
        Require.atLeast("attempt", attempt, 1);
        return new CallContext(details, new AttemptScope(call), attempt, lastResult, lastFailure);
    }

    /** What keyed policies tell apart (a host, a tenant), or null. */
    public @Nullable Object key() {
        return details.key;
    }

    /** The same with a key. */
    public CallContext key(@Nullable Object key) {
        return with(new Details(
                key, details.priority, details.cost, details.idempotence, details.maxWaitNanos, details.attributes));
    }

    /** How much it matters that this call gets through; {@link Priority#NORMAL} unless said. */
    public Priority priority() {
        return details.priority;
    }

    /** The same with a priority. */
    public CallContext priority(Priority priority) {
        Require.present("priority", priority);
        return with(new Details(
                details.key, priority, details.cost, details.idempotence, details.maxWaitNanos, details.attributes));
    }

    /** How many permits of a rate limiter the call takes; 1 unless said. */
    public int cost() {
        return details.cost;
    }

    /** The same with another cost, of at least 1. */
    public CallContext cost(int cost) {
        Require.atLeast("cost", cost, 1);
        return with(new Details(
                details.key, details.priority, cost, details.idempotence, details.maxWaitNanos, details.attributes));
    }

    /** Whether the call may be sent twice; {@link Idempotence#UNKNOWN} unless said. */
    public Idempotence idempotent() {
        return details.idempotence;
    }

    /** The same with this known. */
    public CallContext idempotent(Idempotence idempotence) {
        Require.present("idempotent", idempotence);
        return with(new Details(
                details.key, details.priority, details.cost, idempotence, details.maxWaitNanos, details.attributes));
    }

    /**
     * How long the call waits at most where it has to wait for a slot, a thread or permits; null if it did not say, so
     * that each policy's own options do.
     */
    public @Nullable Duration maxWait() {
        return details.maxWaitNanos < 0 ? null : Duration.ofNanos(details.maxWaitNanos);
    }

    /** For policies that wait: {@link #maxWait()} in nanoseconds; negative if the call did not say. */
    public long maxWaitNanos() {
        return details.maxWaitNanos;
    }

    /**
     * The same call with its own bound for waits: instead of the options of each bulkhead and rate limiter that it
     * comes to, be they longer or shorter. It counts anew at each of them; a {@link #deadline} bounds all of them
     * together, and no wait goes beyond it. It does not make a line longer: where nobody may stand in line, the call is
     * rejected. Calls made inside of this one do not inherit it.
     *
     * @param maxWait zero for not at all; a huge one for as long as the deadline allows; null for what the options say
     */
    public CallContext maxWait(@Nullable Duration maxWait) {
        long nanos = maxWait == null ? -1 : Nanos.of(Require.notNegative("maxWait", maxWait));
        return with(new Details(
                details.key, details.priority, details.cost, details.idempotence, nanos, details.attributes));
    }

    /** The attribute with this key, or null. */
    public <V> @Nullable V get(ContextKey<V> key) {
        return key.cast(details.attributes.get(key));
    }

    /** The same with an attribute; null takes it away. */
    public <V> CallContext with(ContextKey<V> key, @Nullable V value) {
        Objects.requireNonNull(key, "key");
        Map<ContextKey<?>, Object> attributes = new HashMap<>(details.attributes);
        if (value == null) {
            attributes.remove(key);
        } else {
            attributes.put(key, value);
        }
        return with(new Details(
                details.key,
                details.priority,
                details.cost,
                details.idempotence,
                details.maxWaitNanos,
                Map.copyOf(attributes)));
    }

    /**
     * Asks for an action to be run if this call is cancelled or times out, for work that an interrupt cannot stop:
     * closing a socket, killing a query. It runs at most once, on another thread than the call's; at once if that has
     * happened already. A plain call of a single policy cannot be cancelled and never runs it.
     *
     * @return what takes the action back; close it when the work is done
     */
    public Subscription onCancel(Runnable action) {
        Objects.requireNonNull(action, "action");
        return scope == null ? () -> {} : scope.onEnd(action);
    }

    /** For policies that end calls: the innermost part of this call that can be ended from outside, or null. */
    public @Nullable CancellationScope scope() {
        return scope;
    }

    /** For policies that end calls: the same inside a scope, whose parent must be this context's {@link #scope()}. */
    public CallContext within(CancellationScope inner) {
        return new CallContext(details, inner, attempt, lastResult, lastFailure);
    }

    private CallContext with(Details changed) {
        return new CallContext(changed, scope, attempt, lastResult, lastFailure);
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("CallContext[attempt=").append(attempt);
        if (details.key != null) {
            text.append(", key=").append(SafeText.of(details.key));
        }
        if (details.priority != Priority.NORMAL) {
            text.append(", priority=").append(details.priority);
        }
        if (details.cost != 1) {
            text.append(", cost=").append(details.cost);
        }
        if (details.idempotence != Idempotence.UNKNOWN) {
            text.append(", idempotent=").append(details.idempotence);
        }
        if (details.maxWaitNanos >= 0) {
            text.append(", maxWait=").append(Nanos.format(details.maxWaitNanos));
        }
        if (scope != null) {
            text.append(", remaining=").append(Nanos.format(scope.remaining(scope.time, TimeSource.UNREAD)));
        }
        details.attributes.forEach(
                (key, value) -> text.append(", ").append(key).append('=').append(SafeText.of(value)));
        return text.append(']').toString();
    }

    /** What few calls carry, kept apart so that a narrowed context stays small. */
    private record Details(
            @Nullable Object key,
            Priority priority,
            int cost,
            Idempotence idempotence,
            long maxWaitNanos,
            Map<ContextKey<?>, Object> attributes) {

        static final Details NONE = new Details(null, Priority.NORMAL, 1, Idempotence.UNKNOWN, -1, Map.of());

        boolean isHandedDownWhole() {
            return key == null && cost == 1 && idempotence == Idempotence.UNKNOWN && maxWaitNanos < 0;
        }

        Details handedDown() {
            return new Details(null, priority, 1, Idempotence.UNKNOWN, -1, attributes);
        }

        boolean isNone() {
            return isHandedDownWhole() && priority == Priority.NORMAL && attributes.isEmpty();
        }
    }

    /** A deadline that the caller set: it bounds waits but ends nothing by itself. */
    private static final class DeadlineScope extends CancellationScope {

        DeadlineScope(@Nullable CancellationScope parent, Deadline deadline) {
            super(parent, deadline.time(), deadline.nanoTime());
        }

        @Override
        protected boolean timedOut() {
            return false;
        }

        @Override
        protected void fire() {
            throw new AssertionError("never armed");
        }
    }
}
