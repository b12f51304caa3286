/**
 * How calls end, and what their ends mean.
 *
 * <p>A policy that does not let a call start makes a {@link dev.mainstay.outcome.Rejection} with its {@link
 * dev.mainstay.outcome.RejectionReason}. The caller meets it as a {@link dev.mainstay.outcome.CallRejectedException},
 * or in an {@link dev.mainstay.outcome.Outcome}. What an end means to a policy is a {@link
 * dev.mainstay.outcome.Verdict}, which a {@link dev.mainstay.outcome.Classifier} gives.
 */
@NullMarked
package dev.mainstay.outcome;

import org.jspecify.annotations.NullMarked;
