package dev.mainstay.benchmarks.questions;

import dev.mainstay.benchmarks.contenders.Body;
import dev.mainstay.benchmarks.contenders.Call;
import dev.mainstay.benchmarks.contenders.Composition;
import dev.mainstay.benchmarks.contenders.Contender;
import dev.mainstay.benchmarks.contenders.Contenders;
import dev.mainstay.benchmarks.contenders.PolicyKind;
import dev.mainstay.benchmarks.contenders.Protection;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.CompilerControl;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/**
 * What do policies add to a call in a program that uses them in many ways: policies in several shapes and bodies of
 * several classes have gone through the one place where calls are made, so that the compiler cannot know which comes
 * next?
 */
public class Polluted extends Question<Protection> {

    private static final int ROUNDS_BEFORE = 5_000;
    private static final int ROUNDS_BETWEEN = 1_000;

    private static final List<List<PolicyKind>> SHAPES = List.of(
            PolicyKind.FOUR,
            List.of(PolicyKind.RETRY, PolicyKind.BREAKER),
            List.of(PolicyKind.BREAKER, PolicyKind.BULKHEAD),
            List.of(PolicyKind.RETRY, PolicyKind.RATE_LIMITER),
            List.of(PolicyKind.RATE_LIMITER, PolicyKind.BULKHEAD, PolicyKind.BREAKER),
            List.of(PolicyKind.BREAKER),
            List.of(PolicyKind.BULKHEAD));

    @Param
    public Target policies = Target.FOUR;

    private final List<Call> others = new ArrayList<>();

    /** Whose calls are measured. */
    public enum Target {
        BREAKER,
        FOUR;

        private List<PolicyKind> kinds() {
            return switch (this) {
                case BREAKER -> List.of(PolicyKind.BREAKER);
                case FOUR -> PolicyKind.FOUR;
            };
        }
    }

    /** Only one that has all the shapes. */
    @Override
    public String asks() {
        return "What do policies add to a call in a program that puts calls of many kinds through policies in many"
                + " shapes at one place?";
    }

    @Override
    public @Nullable Protection answerOf(Contender contender) {
        boolean hasAll = SHAPES.stream().allMatch(shape -> contender.policies(Composition.of(shape)) != null);
        return hasAll ? contender.policies(Composition.of(policies.kinds())) : null;
    }

    @Setup
    public void pollute() throws Throwable {
        Contender asked = Contenders.named(contender);
        for (List<PolicyKind> shape : SHAPES) {
            Protection protection = asked.policies(Composition.of(shape));
            if (protection != null) {
                for (Body body : Bodies.ofSeveralClasses()) {
                    others.add(protection.around(body));
                }
            }
        }
        makeOthers(ROUNDS_BEFORE);
    }

    /** What is compiled anew later sees the others, too. */
    @Setup(Level.Iteration)
    public void polluteAgain() throws Throwable {
        makeOthers(ROUNDS_BETWEEN);
    }

    private void makeOthers(int rounds) throws Throwable {
        for (int round = 0; round < rounds; round++) {
            for (Call other : others) {
                make(other);
            }
        }
    }

    @Benchmark
    public Object call(Caller caller) throws Throwable {
        return make(caller.call);
    }

    @CompilerControl(CompilerControl.Mode.DONT_INLINE)
    private static Object make(Call call) throws Throwable {
        return call.make();
    }

    public static class Caller extends SyncCaller {

        @Setup
        public void setUp(Polluted question) {
            call = question.answer().around(Bodies.returning());
        }
    }
}
