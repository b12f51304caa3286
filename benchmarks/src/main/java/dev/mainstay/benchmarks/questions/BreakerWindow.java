package dev.mainstay.benchmarks.questions;

import dev.mainstay.benchmarks.contenders.Composition;
import dev.mainstay.benchmarks.contenders.Contender;
import dev.mainstay.benchmarks.contenders.PolicyKind;
import dev.mainstay.benchmarks.contenders.Protection;
import dev.mainstay.benchmarks.contenders.Window;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/** Does a closed breaker cost more the further it looks back? */
public class BreakerWindow extends Question<Protection> {

    @Param({"10 calls", "64 calls", "100 calls", "1000 calls", "10000 calls", "1 s", "10 s", "60 s", "1 h"})
    public String window = "100 calls";

    @Param({"NONE", "ONE_PERCENT"})
    public Failures failures = Failures.NONE;

    @Override
    public String asks() {
        return "Does a closed breaker cost more the further it looks back?";
    }

    @Override
    public @Nullable Protection answerOf(Contender contender) {
        return contender.policies(Composition.of(PolicyKind.BREAKER).window(Window.parse(window)));
    }

    @Benchmark
    public Object call(Caller caller) throws Throwable {
        return caller.make();
    }

    public static class Caller extends SyncCaller {

        @Setup
        public void setUp(BreakerWindow question) {
            call = question.answer().around(Bodies.failingEvery(question.failures.every()));
        }
    }
}
