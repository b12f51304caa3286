package dev.mainstay.benchmarks.contenders;

import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/** A policy, or several, set up once for calls that answer with a stage. */
@FunctionalInterface
public interface AsyncProtection extends AutoCloseable {

    /** What a thread makes once, to begin it again and again. */
    AsyncCall around(Supplier<CompletionStage<Object>> body);

    /** Ends what it has started. */
    @Override
    default void close() {}
}
