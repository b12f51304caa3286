package dev.mainstay.benchmarks.contenders;

import dev.mainstay.call.PlainSupplier;

/**
 * What is called. It is a plain {@code Supplier}, and of Mainstay's own type too, as a lambda written at the call would
 * be of each library's own type.
 */
@FunctionalInterface
public interface Body extends PlainSupplier<Object> {}
