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

/** What does a closed breaker add to a call? */
public class BreakerClosed extends Question<Protection> {

    @Param({"100 calls", "10 s"})
    public String window = "100 calls";

    @Param
    public Failures failures = Failures.NONE;

    @Param
    public Metrics metrics = Metrics.UNBOUND;

    @Override
    public String asks() {
        return "What does a closed breaker add to a call?";
    }

    @Override
    public @Nullable Protection answerOf(Contender contender) {
        return contender.policies(
                Composition.of(PolicyKind.BREAKER).window(Window.parse(window)).measured(metrics == Metrics.BOUND));
    }

    @Benchmark
    public Object call(Caller caller) throws Throwable {
        return caller.make();
    }

    public static class Caller extends SyncCaller {

        @Setup
        public void setUp(BreakerClosed question) {
            call = question.answer().around(Bodies.failingEvery(question.failures.every()));
        }
    }
}
