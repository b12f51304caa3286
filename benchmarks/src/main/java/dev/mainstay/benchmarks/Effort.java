package dev.mainstay.benchmarks;

import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/** How much is done for one figure. */
enum Effort {
    /** For a first look: many short iterations, since bounds grow narrower with their number. */
    SHORT(2, 250, 10, 100),
    /** For the record. */
    FULL(3, 500, 10, 250),
    /** One call in this JVM: it only shows that it can be made. */
    SINGLE_CALL(0, 0, 1, 0);

    /** Long enough also where all processors are busy with calls and the compiler has to wait. */
    private static final int WARM_UP_ITERATIONS = 6;

    private final int forks;
    private final int warmUpMilliseconds;
    private final int iterations;
    private final int milliseconds;

    Effort(int forks, int warmUpMilliseconds, int iterations, int milliseconds) {
        this.forks = forks;
        this.warmUpMilliseconds = warmUpMilliseconds;
        this.iterations = iterations;
        this.milliseconds = milliseconds;
    }

    int forks() {
        return forks;
    }

    void applyTo(ChainedOptionsBuilder options) {
        options.forks(Math.min(forks, 1)).measurementIterations(iterations);
        if (this == SINGLE_CALL) {
            options.mode(Mode.SingleShotTime).warmupIterations(0).measurementBatchSize(1);
            return;
        }
        options.warmupIterations(WARM_UP_ITERATIONS)
                .warmupTime(TimeValue.milliseconds(warmUpMilliseconds))
                .measurementTime(TimeValue.milliseconds(milliseconds))
                .addProfiler(GCProfiler.class);
    }
}
