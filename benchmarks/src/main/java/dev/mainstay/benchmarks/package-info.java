/** Runs the benchmarks, keeps their results and writes the page about them. */
@NullMarked
package dev.mainstay.benchmarks;

import org.jspecify.annotations.NullMarked;
