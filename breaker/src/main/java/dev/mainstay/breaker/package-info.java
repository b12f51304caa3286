/** Circuit breaker with sliding windows. */
@NullMarked
package dev.mainstay.breaker;

import org.jspecify.annotations.NullMarked;
