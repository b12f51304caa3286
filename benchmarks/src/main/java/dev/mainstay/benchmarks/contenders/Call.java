package dev.mainstay.benchmarks.contenders;

/** A call with its protection around it, ready to be made any number of times by one thread. */
@FunctionalInterface
public interface Call {

    /** What is answered where a refusal is a value and the library's own is a mere {@code false}. */
    Object REFUSED = "refused";

    Object make() throws Throwable;
}
