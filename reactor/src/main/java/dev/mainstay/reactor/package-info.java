/**
 * Policies around a {@code Mono} or a {@code Flux}: {@link dev.mainstay.reactor.Guarded} is the operator, {@link
 * dev.mainstay.reactor.ReactorContext} has the call's context in Reactor's, and {@link
 * dev.mainstay.reactor.ReactorTime} takes the policies' time from a Reactor scheduler.
 */
@NullMarked
package dev.mainstay.reactor;

import org.jspecify.annotations.NullMarked;
