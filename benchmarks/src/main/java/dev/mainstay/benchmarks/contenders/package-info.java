/** The libraries that are compared, each behind {@link dev.mainstay.benchmarks.contenders.Contender}. */
@NullMarked
package dev.mainstay.benchmarks.contenders;

import org.jspecify.annotations.NullMarked;
