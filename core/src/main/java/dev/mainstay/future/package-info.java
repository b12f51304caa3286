/**
 * Futures of calls in progress, for authors of policies: {@link dev.mainstay.future.CallFuture} is what a policy gives
 * out, {@link dev.mainstay.future.Stages} reads and follows what a body or a policy further in has given.
 */
@NullMarked
package dev.mainstay.future;

import org.jspecify.annotations.NullMarked;
