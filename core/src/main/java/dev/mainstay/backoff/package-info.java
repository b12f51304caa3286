/**
 * How long to wait before the next try, and the source of randomness for it.
 */
@NullMarked
package dev.mainstay.backoff;

import org.jspecify.annotations.NullMarked;
