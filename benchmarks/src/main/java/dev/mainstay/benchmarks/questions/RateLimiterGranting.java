package dev.mainstay.benchmarks.questions;

import dev.mainstay.benchmarks.contenders.Composition;
import dev.mainstay.benchmarks.contenders.Contender;
import dev.mainstay.benchmarks.contenders.PolicyKind;
import dev.mainstay.benchmarks.contenders.Protection;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Setup;

/** What does a rate limiter add to a call that it grants? */
public class RateLimiterGranting extends Question<Protection> {

    @Override
    public String asks() {
        return "What does a rate limiter add to a call that it grants?";
    }

    @Override
    public @Nullable Protection answerOf(Contender contender) {
        return contender.policies(Composition.of(PolicyKind.RATE_LIMITER));
    }

    @Benchmark
    public Object call(Caller caller) throws Throwable {
        return caller.make();
    }

    public static class Caller extends SyncCaller {

        @Setup
        public void setUp(RateLimiterGranting question) {
            call = question.answer().around(Bodies.returning());
        }
    }
}
