package dev.mainstay.benchmarks.contenders;

/** A policy, or several, set up once and shared by all threads. */
@FunctionalInterface
public interface Protection extends AutoCloseable {

    /** What a thread makes once, to call it again and again. */
    Call around(Body body);

    /** Ends what it has started. */
    @Override
    default void close() {}
}
