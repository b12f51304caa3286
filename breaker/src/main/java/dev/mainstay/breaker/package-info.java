/** Circuit breaker and adaptive throttle. */
@NullMarked
package dev.mainstay.breaker;

import org.jspecify.annotations.NullMarked;
