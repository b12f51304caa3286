package dev.mainstay.benchmarks.contenders;

/** A call with its protection around it, ready to be made any number of times by one thread. */
@FunctionalInterface
public interface Call {

    Object make() throws Throwable;
}
