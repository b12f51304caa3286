package dev.mainstay.benchmarks.questions;

import dev.mainstay.benchmarks.contenders.Body;
import dev.mainstay.benchmarks.contenders.Call;
import dev.mainstay.benchmarks.contenders.Composition;
import dev.mainstay.benchmarks.contenders.Contender;
import dev.mainstay.benchmarks.contenders.PolicyKind;
import dev.mainstay.benchmarks.contenders.Protection;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/** Does a closed breaker cost more when there are many, called in turn? */
public class BreakerInstances extends Question<Protection[]> {

    @Param({"1", "100", "10000"})
    public int instances = 1;

    @Override
    public String asks() {
        return "Does a closed breaker cost more when there are many, called in turn?";
    }

    @Override
    public Protection @Nullable [] answerOf(Contender contender) {
        Protection[] breakers = new Protection[instances];
        for (int i = 0; i < instances; i++) {
            Protection breaker = contender.policies(Composition.of(PolicyKind.BREAKER));
            if (breaker == null) {
                return null;
            }
            breakers[i] = breaker;
        }
        return breakers;
    }

    @Benchmark
    public Object call(Caller caller) throws Throwable {
        return caller.make();
    }

    public static class Caller extends SyncCaller {

        @Setup
        public void setUp(BreakerInstances question) {
            Protection[] breakers = question.answer();
            Body body = Bodies.returning();
            Call[] calls = new Call[breakers.length];
            for (int i = 0; i < calls.length; i++) {
                calls[i] = breakers[i].around(body);
            }
            call = new InTurn(calls);
        }
    }

    private static final class InTurn implements Call {

        private final Call[] calls;
        private int next;

        InTurn(Call[] calls) {
            this.calls = calls;
        }

        @Override
        public Object make() throws Throwable {
            int current = next;
            next = current + 1 == calls.length ? 0 : current + 1;
            return calls[current].make();
        }
    }
}
