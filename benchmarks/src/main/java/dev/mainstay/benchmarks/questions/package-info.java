/** What is asked of each library, one class for one question. */
@NullMarked
package dev.mainstay.benchmarks.questions;

import org.jspecify.annotations.NullMarked;
