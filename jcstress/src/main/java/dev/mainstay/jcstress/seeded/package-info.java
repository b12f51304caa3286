/** Bugs on purpose, which show that others would be found. */
@NullMarked
package dev.mainstay.jcstress.seeded;

import org.jspecify.annotations.NullMarked;
