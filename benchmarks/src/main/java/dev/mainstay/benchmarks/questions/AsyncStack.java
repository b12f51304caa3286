package dev.mainstay.benchmarks.questions;

import dev.mainstay.benchmarks.contenders.AsyncProtection;
import dev.mainstay.benchmarks.contenders.Composition;
import dev.mainstay.benchmarks.contenders.Contender;
import dev.mainstay.benchmarks.contenders.Contenders;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/**
 * What do several policies together add to a call that answers with a stage, complete when it is returned or completed
 * later?
 */
public class AsyncStack extends Question<AsyncProtection> {

    @Param
    public Policies policies = Policies.FOUR;

    @Param
    public Stage stage = Stage.COMPLETED;

    @Override
    public String asks() {
        return "What do several policies together add to a call that answers with a stage?";
    }

    /** Two threads that complete stages later leave the queue of SmallRye's bulkhead in a loop that does not end. */
    @Override
    public @Nullable AsyncProtection answerOf(Contender contender) {
        if (stage == Stage.INCOMPLETE && contender.name().equals(Contenders.SMALLRYE)) {
            return null;
        }
        return contender.asyncPolicies(Composition.of(policies.kinds()));
    }

    @Benchmark
    public Object call(Caller caller) throws Throwable {
        return caller.make();
    }

    public static class Caller extends AsyncCaller {

        @Setup
        public void setUp(AsyncStack question) {
            ready(question.answer(), question.stage);
        }
    }
}
