package dev.mainstay.benchmarks.questions;

import dev.mainstay.benchmarks.contenders.Contender;
import dev.mainstay.benchmarks.contenders.Contenders;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One question, asked of one contender. Each run is a JVM of its own in which nothing else has run, with a heap of
 * fixed size that the system has already given, so that what allocates is not charged for the first touch of its pages.
 *
 * @param <A> what a contender answers with, set up once and shared by all threads
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(
        value = 3,
        jvmArgsAppend = {"-Xms1g", "-Xmx1g", "-XX:+AlwaysPreTouch", "-Dslf4j.internal.verbosity=ERROR"})
@Warmup(iterations = 6, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
public abstract class Question<A> {

    /** Whom it is asked. */
    @Param("mainstay")
    public String contender = Contenders.OURS;

    private @Nullable A answer;

    /** The question, in words. */
    public abstract String asks();

    /** What the contender sets up for the parameters as they stand, or null if it has no such thing. */
    public abstract @Nullable A answerOf(Contender contender);

    @Setup
    public void setUp() {
        answer = Objects.requireNonNull(
                answerOf(Contenders.named(contender)), () -> contender + " has no answer to " + getClass());
    }

    @TearDown
    public void tearDown() throws Exception {
        if (answer instanceof AutoCloseable closeable) {
            closeable.close();
        }
    }

    final A answer() {
        return Objects.requireNonNull(answer);
    }
}
