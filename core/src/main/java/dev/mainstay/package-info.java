/**
 * Policies around calls: circuit breakers, bulkheads, retries, rate limits, time limits, and pipelines of them.
 *
 * <h2>To make calls</h2>
 *
 * {@link dev.mainstay.Guard} has every form in which a call can be made. {@link dev.mainstay.Pipeline} puts several
 * policies around a call, the first named outermost. {@link dev.mainstay.Fallback} says what to give when a call has
 * failed; {@link dev.mainstay.Guard#withFallback(Fallback)} puts it around a pipeline, which gives a {@link
 * dev.mainstay.TypedPipeline}. {@link dev.mainstay.TimeLimiter} bounds how long a call may take; the other policies
 * are in modules of their own.
 *
 * <h2>How calls end</h2>
 *
 * A call gives its own result or exception, as itself. A policy that does not let it start throws a {@link
 * dev.mainstay.outcome.CallRejectedException}, made from a {@link dev.mainstay.outcome.Rejection} with its {@link
 * dev.mainstay.outcome.RejectionReason}; {@link dev.mainstay.Guard#tryCall} gives an {@link
 * dev.mainstay.outcome.Outcome} instead. A time limit that is over throws a {@link
 * dev.mainstay.outcome.CallTimeoutException}. What an end means to policies is a {@link dev.mainstay.outcome.Verdict},
 * which a {@link dev.mainstay.outcome.Classifier} gives.
 *
 * <h2>What travels with a call</h2>
 *
 * {@link dev.mainstay.call.CallContext} has the {@link dev.mainstay.time.Deadline}, the number of the attempt, key,
 * {@link dev.mainstay.call.Priority}, cost, {@link dev.mainstay.call.Idempotence} and attributes by {@link
 * dev.mainstay.call.ContextKey}. A {@link dev.mainstay.ContextCarrier} takes what other libraries keep in
 * thread-locals along to other threads.
 *
 * <h2>To write a policy</h2>
 *
 * {@link dev.mainstay.Gate} is for policies that let a call in and later hear how it ended. {@link
 * dev.mainstay.Policy} is for those that make the rest of the call, a {@link dev.mainstay.Chain}, several times or
 * elsewhere; {@link dev.mainstay.future.CallFuture}, {@link dev.mainstay.future.Stages} and {@link
 * dev.mainstay.ThreadHandoff} help with futures and threads, {@link dev.mainstay.safe.Require} with options. {@link
 * dev.mainstay.Waiter} is a call in line. {@link dev.mainstay.PolicyAccess} is the adapters' way to what policies keep
 * from their users.
 *
 * <h2>Rules that hold everywhere</h2>
 *
 * <ul>
 *   <li>Parameters and results are never null unless marked {@code @Nullable}.
 *   <li>All policies and pipelines are safe for use by many threads; configs are immutable; builders are neither.
 *   <li>All time comes from a {@link dev.mainstay.time.TimeSource}; durations that overflow count as for ever.
 *   <li>No lock is held, and no timer thread is used, while user code runs.
 * </ul>
 */
@NullMarked
package dev.mainstay;

import org.jspecify.annotations.NullMarked;
