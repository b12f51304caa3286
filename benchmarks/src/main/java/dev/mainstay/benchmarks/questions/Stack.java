package dev.mainstay.benchmarks.questions;

import dev.mainstay.benchmarks.contenders.Composition;
import dev.mainstay.benchmarks.contenders.Contender;
import dev.mainstay.benchmarks.contenders.Protection;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/** What do several policies together add to a call? */
public class Stack extends Question<Protection> {

    @Param
    public Policies policies = Policies.FOUR;

    @Param
    public Metrics metrics = Metrics.UNBOUND;

    @Override
    public String asks() {
        return "What do several policies together add to a call?";
    }

    @Override
    public @Nullable Protection answerOf(Contender contender) {
        return contender.policies(Composition.of(policies.kinds()).measured(metrics == Metrics.BOUND));
    }

    @Benchmark
    public Object call(Caller caller) throws Throwable {
        return caller.make();
    }

    public static class Caller extends SyncCaller {

        @Setup
        public void setUp(Stack question) {
            call = question.answer().around(Bodies.returning());
        }
    }
}
