package dev.mainstay.benchmarks.questions;

import dev.mainstay.benchmarks.contenders.Call;
import dev.mainstay.benchmarks.contenders.Contender;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;

/** How long does it take to open a breaker by hand and to close it again? Nobody listens and nothing is logged. */
public class StateChanges extends Question<Call> {

    @Override
    public String asks() {
        return "How long does it take to open a breaker by hand and to close it again? Nobody listens and nothing is"
                + " logged.";
    }

    @Override
    public @Nullable Call answerOf(Contender contender) {
        return contender.stateChanges();
    }

    @Benchmark
    public Object call() throws Throwable {
        return answer().make();
    }
}
