/** Retry with backoff and budget. */
@NullMarked
package dev.mainstay.retry;

import org.jspecify.annotations.NullMarked;
