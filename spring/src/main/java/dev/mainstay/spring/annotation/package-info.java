/**
 * What a method of a Spring bean, or all public ones of a class, is guarded by.
 *
 * <p>{@link dev.mainstay.spring.annotation.Resilient} puts a named pipeline around the method. The others put one
 * policy each around it, always in this order, the outermost first, wherever they are written:
 *
 * <ol>
 *   <li>{@link dev.mainstay.spring.annotation.Fallback} and the {@code fallback} of all others,
 *   <li>{@link dev.mainstay.spring.annotation.Resilient}, with the order that its pipeline has,
 *   <li>{@link dev.mainstay.spring.annotation.Retry},
 *   <li>{@link dev.mainstay.spring.annotation.CircuitBreaker},
 *   <li>{@link dev.mainstay.spring.annotation.RateLimiter}, several as they are written,
 *   <li>{@link dev.mainstay.spring.annotation.Bulkhead},
 *   <li>{@link dev.mainstay.spring.annotation.TimeLimiter},
 *   <li>{@link dev.mainstay.spring.annotation.ThreadPoolBulkhead}.
 * </ol>
 *
 * <p>They work on classes, interfaces, methods of either, and on annotations of your own. What a method says itself
 * replaces the annotation of the same type on its class. Text may have placeholders: {@code "${inventory.attempts:3}"}.
 * Expressions in the value of a property are not evaluated.
 */
@NullMarked
package dev.mainstay.spring.annotation;

import org.jspecify.annotations.NullMarked;
