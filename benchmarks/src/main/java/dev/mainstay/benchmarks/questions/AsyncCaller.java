package dev.mainstay.benchmarks.questions;

import dev.mainstay.benchmarks.contenders.AsyncCall;
import dev.mainstay.benchmarks.contenders.AsyncProtection;
import java.util.concurrent.CompletionStage;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** A thread with its asynchronous call, made ready once. */
@State(Scope.Thread)
public abstract class AsyncCaller {

    private Bodies.Staged body = new Bodies.Staged(true);
    private AsyncCall call = body::get;
    private boolean completesLater;

    final void ready(AsyncProtection protection, Stage stage) {
        completesLater = stage == Stage.INCOMPLETE;
        body = new Bodies.Staged(!completesLater);
        call = protection.around(body);
    }

    /** Begins the call, completes it if it is not complete, and takes the result. */
    final Object make() throws Throwable {
        CompletionStage<Object> begun = call.begin();
        if (completesLater) {
            body.complete();
        }
        return begun.toCompletableFuture().join();
    }
}
