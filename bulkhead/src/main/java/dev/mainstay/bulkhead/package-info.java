/** Bulkheads: semaphore, thread pool and adaptive. */
@NullMarked
package dev.mainstay.bulkhead;

import org.jspecify.annotations.NullMarked;
