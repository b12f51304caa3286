package dev.mainstay.benchmarks.contenders;

import java.util.concurrent.CompletionStage;

/**
 * A call that answers with a stage, with its protection around it, ready to be begun any number of times by one thread.
 */
@FunctionalInterface
public interface AsyncCall {

    CompletionStage<Object> begin() throws Throwable;
}
