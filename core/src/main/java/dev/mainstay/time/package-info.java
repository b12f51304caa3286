/** The clock, timers and virtual time. */
@NullMarked
package dev.mainstay.time;

import org.jspecify.annotations.NullMarked;
