/** How policies describe their own state in numbers. */
@NullMarked
package dev.mainstay.meter;

import org.jspecify.annotations.NullMarked;
