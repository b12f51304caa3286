/** Rate limiters: GCRA, exact windows, keyed and composite. */
@NullMarked
package dev.mainstay.ratelimit;

import org.jspecify.annotations.NullMarked;
