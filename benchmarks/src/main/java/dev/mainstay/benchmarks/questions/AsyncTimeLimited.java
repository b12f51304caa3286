package dev.mainstay.benchmarks.questions;

import dev.mainstay.benchmarks.contenders.AsyncProtection;
import dev.mainstay.benchmarks.contenders.Composition;
import dev.mainstay.benchmarks.contenders.Contender;
import dev.mainstay.benchmarks.contenders.PolicyKind;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/**
 * What does a time limit add to a call that answers with a stage, complete when it is returned or completed in time?
 */
public class AsyncTimeLimited extends Question<AsyncProtection> {

    @Param
    public Stage stage = Stage.COMPLETED;

    @Override
    public String asks() {
        return "What does a time limit add to a call that answers with a stage?";
    }

    @Override
    public @Nullable AsyncProtection answerOf(Contender contender) {
        return contender.asyncPolicies(Composition.of(PolicyKind.TIME_LIMITER));
    }

    @Benchmark
    public Object call(Caller caller) throws Throwable {
        return caller.make();
    }

    public static class Caller extends AsyncCaller {

        @Setup
        public void setUp(AsyncTimeLimited question) {
            ready(question.answer(), question.stage);
        }
    }
}
