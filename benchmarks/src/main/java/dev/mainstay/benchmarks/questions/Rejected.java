package dev.mainstay.benchmarks.questions;

import dev.mainstay.benchmarks.contenders.Body;
import dev.mainstay.benchmarks.contenders.Call;
import dev.mainstay.benchmarks.contenders.Contender;
import dev.mainstay.benchmarks.contenders.PolicyKind;
import dev.mainstay.benchmarks.contenders.Protection;
import dev.mainstay.benchmarks.contenders.RejectionForm;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.CompilerControl;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.infra.Blackhole;

/**
 * What does a rejection cost, told by an exception that is caught or as a value, so many frames below the thread's
 * first ones?
 */
public class Rejected extends Question<Protection> {

    private static final int CALLS = 1_000;

    @Param({"BREAKER", "BULKHEAD", "RATE_LIMITER"})
    public PolicyKind policy = PolicyKind.BREAKER;

    @Param
    public RejectionForm form = RejectionForm.THROWN;

    @Param({"10", "100"})
    public int depth = 10;

    @Override
    public String asks() {
        return "What does a rejection cost, told by an exception that is caught or as a value, so many frames deep?";
    }

    @Override
    public @Nullable Protection answerOf(Contender contender) {
        return contender.rejecting(policy, form);
    }

    /** Many calls at the bottom, so that the way down costs nothing. */
    @Benchmark
    @OperationsPerInvocation(CALLS)
    public void call(Caller caller, Blackhole results) {
        descend(depth, caller.call, results);
    }

    @CompilerControl(CompilerControl.Mode.DONT_INLINE)
    private static int descend(int frames, Call call, Blackhole results) {
        if (frames > 1) {
            return descend(frames - 1, call, results) + 1;
        }
        for (int i = 0; i < CALLS; i++) {
            results.consume(rejected(call));
        }
        return 1;
    }

    private static Object rejected(Call call) {
        try {
            return call.make();
        } catch (Throwable rejection) {
            return rejection;
        }
    }

    public static class Caller extends SyncCaller {

        @Setup
        public void setUp(Rejected question) {
            Body never = () -> {
                throw new AssertionError("not rejected");
            };
            call = question.answer().around(never);
            if (rejected(call) instanceof AssertionError error) {
                throw error;
            }
        }
    }
}
