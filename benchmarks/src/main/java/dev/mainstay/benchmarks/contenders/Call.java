package dev.mainstay.benchmarks.contenders;

/** A call with its protection around it, ready to be made any number of times by one thread. */
@FunctionalInterface
public interface Call {

    /** What is answered where a rejection is a value and the library's own is a mere {@code false}. */
    Object REJECTED = "rejected";

    Object make() throws Throwable;
}
