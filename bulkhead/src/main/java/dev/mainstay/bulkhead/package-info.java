/** Bulkheads: semaphore and thread pool. */
@NullMarked
package dev.mainstay.bulkhead;

import org.jspecify.annotations.NullMarked;
