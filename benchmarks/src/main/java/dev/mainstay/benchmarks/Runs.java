package dev.mainstay.benchmarks;

import dev.mainstay.benchmarks.questions.Question;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * Measures one figure after the other, each in runs of its own, so that nothing but the figure's own code has shaped
 * what was compiled.
 */
final class Runs {

    private final Effort effort;

    Runs(Effort effort) {
        this.effort = effort;
    }

    /** In one JVM, which is this one for a single call. */
    Measurement measure(Cell cell) throws RunnerException {
        String now = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
        if (AtRest.isAsked(cell)) {
            return new Measurement(cell, Measurement.BYTES, 0, List.of(AtRest.bytes(cell)), null, now);
        }
        RunResult result = new Runner(options(cell)).runSingle();
        List<Double> samples = result.getBenchmarkResults().stream()
                .flatMap(fork -> fork.getIterationResults().stream())
                .map(iteration -> iteration.getPrimaryResult().getScore())
                .toList();
        return new Measurement(cell, Measurement.NANOSECONDS, 1, samples, allocated(result), now);
    }

    private Options options(Cell cell) {
        ChainedOptionsBuilder options = new OptionsBuilder()
                .include("^" + Pattern.quote(Question.class.getPackageName() + "." + cell.question() + ".call") + "$")
                .threads(cell.threads())
                .shouldFailOnError(true)
                .verbosity(VerboseMode.SILENT);
        for (Map.Entry<String, String> parameter : cell.parameters().entrySet()) {
            options.param(parameter.getKey(), parameter.getValue());
        }
        effort.applyTo(options);
        return options.build();
    }

    private static @Nullable Double allocated(RunResult result) {
        var rate = result.getSecondaryResults().get("gc.alloc.rate.norm");
        return rate == null ? null : rate.getScore();
    }
}
