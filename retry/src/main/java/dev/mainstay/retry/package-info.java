/** Retry with backoff and budget, and hedged calls. */
@NullMarked
package dev.mainstay.retry;

import org.jspecify.annotations.NullMarked;
