package dev.mainstay.benchmarks.questions;

import dev.mainstay.benchmarks.contenders.Composition;
import dev.mainstay.benchmarks.contenders.Contender;
import dev.mainstay.benchmarks.contenders.PolicyKind;
import dev.mainstay.benchmarks.contenders.Protection;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/** What does a retry add to a call that succeeds at once, and to one whose third attempt succeeds? */
public class Retrying extends Question<Protection> {

    @Param({"0", "2"})
    public int failures;

    @Override
    public String asks() {
        return "What does a retry add to a call that succeeds at once, and to one of which two attempts fail?";
    }

    @Override
    public @Nullable Protection answerOf(Contender contender) {
        Composition composition = Composition.of(PolicyKind.RETRY);
        return contender.policies(failures == 0 ? composition : composition.retryingWhateverHappens());
    }

    @Benchmark
    public Object call(Caller caller) throws Throwable {
        return caller.make();
    }

    public static class Caller extends SyncCaller {

        @Setup
        public void setUp(Retrying question) {
            call = question.answer().around(Bodies.succeedingAfter(question.failures));
        }
    }
}
