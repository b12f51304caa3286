package dev.mainstay.benchmarks.questions;

import dev.mainstay.benchmarks.contenders.Composition;
import dev.mainstay.benchmarks.contenders.Contender;
import dev.mainstay.benchmarks.contenders.Contenders;
import dev.mainstay.benchmarks.contenders.PolicyKind;
import dev.mainstay.benchmarks.contenders.Protection;
import dev.mainstay.benchmarks.contenders.Window;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/**
 * Does a closed breaker cost more the further it looks back?
 *
 * <p>The machine compiles what it has seen, and a short window that is full after a few calls has shown it less than a
 * long one. So before a window is measured, another breaker has gone through all that one with the longest window goes
 * through.
 */
public class BreakerWindow extends Question<Protection> {

    private static final String MOST_CALLS = "10000 calls";
    private static final String LONGEST_TIME = "1 h";
    private static final int CALLS_BEFORE = 20_000;

    @Param({"10 calls", "64 calls", "100 calls", "1000 calls", MOST_CALLS, "1 s", "10 s", "60 s", LONGEST_TIME})
    public String window = "100 calls";

    @Param({"NONE", "ONE_PERCENT"})
    public Failures failures = Failures.NONE;

    @Override
    public String asks() {
        return "Does a closed breaker cost more the further it looks back?";
    }

    @Override
    public @Nullable Protection answerOf(Contender contender) {
        return looking(contender, Window.parse(window));
    }

    private static @Nullable Protection looking(Contender contender, Window back) {
        return contender.policies(Composition.of(PolicyKind.BREAKER).window(back));
    }

    private Protection another() {
        Window longest = Window.parse(Window.parse(window).time() == null ? MOST_CALLS : LONGEST_TIME);
        return Objects.requireNonNull(looking(Contenders.named(contender), longest));
    }

    @Benchmark
    public Object call(Caller caller) throws Throwable {
        return caller.make();
    }

    public static class Caller extends SyncCaller {

        @Setup
        public void setUp(BreakerWindow question) throws Throwable {
            call = question.another().around(Bodies.failingEvery(question.failures.every()));
            for (int i = 0; i < CALLS_BEFORE; i++) {
                make();
            }
            call = question.answer().around(Bodies.failingEvery(question.failures.every()));
        }
    }
}
