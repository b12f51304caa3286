package dev.mainstay.benchmarks.questions;

import dev.mainstay.benchmarks.contenders.Call;
import dev.mainstay.benchmarks.contenders.ExpectedFailure;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** A thread with its call, made ready once. */
@State(Scope.Thread)
public abstract class SyncCaller {

    Call call = Bodies.returning()::get;

    /** Makes the call; the failure that bodies have on purpose is a result, any other is an error of the benchmark. */
    final Object make() throws Throwable {
        try {
            return call.make();
        } catch (ExpectedFailure failure) {
            return failure;
        }
    }
}
