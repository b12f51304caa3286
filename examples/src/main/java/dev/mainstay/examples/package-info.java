/** Small programs that show Mainstay at work, each with a {@code main} to run. */
@NullMarked
package dev.mainstay.examples;

import org.jspecify.annotations.NullMarked;
