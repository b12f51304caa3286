package dev.mainstay.breaker;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import dev.mainstay.breaker.CircuitBreaker.State;
import dev.mainstay.time.TimeSource;
import dev.mainstay.time.TimedTask;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.slf4j.LoggerFactory;

/**
 * Runs a breaker at the end of the stack, many times over and in all its states, and looks each time whether anything
 * was lost. A program of its own, since what it finds depends on how the JVM compiles: see {@link OverflowTest}.
 *
 * <p>Arguments: how often, and the seed.
 */
final class OverflowMain {

    private static final int SIZE = 10;
    private static final int PROBES = 2;
    private static final Duration WAIT = Duration.ofSeconds(1);

    @SuppressWarnings("StaticAssignmentOfThrowable") // made while there is stack
    private static final RuntimeException FAILURE = new IllegalStateException("down");

    private final HandTime time = new HandTime();
    private final Random random;
    private final CircuitBreaker breaker;
    private State told = State.CLOSED;
    private String complaint = "";
    private int overflows;

    private OverflowMain(Random random, boolean automatic) {
        this.random = random;
        breaker = CircuitBreaker.of(
                "edge",
                config -> config.slidingWindowSize(SIZE)
                        .failureRateThreshold(60)
                        .minimumNumberOfCalls(2)
                        .permittedNumberOfCallsInHalfOpenState(PROBES)
                        .waitDurationInOpenState(WAIT)
                        .automaticTransitionFromOpenToHalfOpen(automatic)
                        .timeSource(time));
        breaker.subscribe(StateChanged.class, this::hear);
        // The classes of the core are there: it is the breaker that is looked at.
        call(false);
    }

    private void hear(StateChanged event) {
        if (event.from() != told) {
            complaint = "told of " + event + " after " + told;
        }
        told = event.to();
    }

    public static void main(String[] arguments) {
        int wanted = Integer.parseInt(arguments[0]);
        long seed = Long.parseLong(arguments[1]);
        ((Logger) LoggerFactory.getLogger(CircuitBreaker.class)).setLevel(Level.OFF);
        Random random = new Random(seed);
        int overflows = 0;
        OverflowMain main = new OverflowMain(random, false);
        for (int round = 0; overflows < wanted; round++) {
            if (round % 50 == 49) {
                main = new OverflowMain(random, random.nextBoolean());
            }
            int before = main.overflows;
            String lost = main.round();
            overflows += main.overflows - before;
            if (!lost.isEmpty()) {
                System.out.println("seed " + seed + ", round " + round + ": " + lost);
                System.exit(1);
            }
        }
        System.out.println(overflows + " overflows, nothing lost");
        System.exit(0);
    }

    /** Something of a breaker's life at the end of the stack, and then a look at the whole of it. */
    private String round() {
        int what = random.nextInt(6);
        switch (what) {
            case 0 -> atTheEnd(() -> call(false));
            case 1 -> {
                call(true);
                atTheEnd(() -> call(true));
            }
            case 2 -> {
                breaker.transitionToOpenState();
                time.advance(WAIT);
                atTheEnd(() -> call(random.nextBoolean()));
            }
            case 3 -> {
                breaker.transitionToOpenState();
                time.advance(WAIT);
                call(random.nextBoolean());
                atTheEnd(() -> call(random.nextBoolean()));
            }
            case 4 -> {
                breaker.transitionToOpenState();
                atTheEnd(() -> call(false));
            }
            default ->
                atTheEnd(() -> {
                    breaker.transitionToOpenState();
                    return null;
                });
        }
        return look(what);
    }

    private String look(int what) {
        String where = "after case " + what + ", " + breaker.explain() + ": ";
        if (breaker.state() == State.OPEN) {
            time.advance(WAIT);
        }
        if (breaker.state() == State.HALF_OPEN) {
            for (int i = 0; i < PROBES && breaker.state() == State.HALF_OPEN; i++) {
                if (!call(false)) {
                    return where + "a probe's place is lost";
                }
            }
        }
        if (breaker.state() != State.CLOSED || !call(false)) {
            return where + "it does not close again, but is " + breaker.state();
        }
        if (told != State.CLOSED) {
            return where + "it was not told that it closed, but " + told;
        }
        if (!complaint.isEmpty()) {
            return where + complaint;
        }
        breaker.reset();
        for (int i = 1; i <= SIZE + 2; i++) {
            call(false);
            if (!breaker.tally().equals(new Tally(Math.min(i, SIZE), 0, 0, 0))) {
                return where + "the window has " + breaker.tally() + " after " + i;
            }
        }
        return "";
    }

    /** Whether it was let in. */
    private Boolean call(boolean fails) {
        try {
            breaker.run(() -> {
                if (fails) {
                    throw FAILURE;
                }
            });
        } catch (CircuitBreakerOpenException rejected) {
            return false;
        } catch (IllegalStateException expected) {
            return true;
        }
        return true;
    }

    /** Descends until the stack ends, and tries in each of the last frames as it returns. */
    private void atTheEnd(Supplier<?> work) {
        int frames = 1 + random.nextInt(60);
        overflows++;
        try {
            descend(work, new int[] {frames});
        } catch (StackOverflowError expected) {
            // A call that found no room. That of one that did is the breaker's to survive.
            return;
        }
    }

    @SuppressWarnings("InfiniteRecursion") // that is what it is for
    private void descend(Supplier<?> work, int[] left) {
        try {
            descend(work, left);
        } catch (StackOverflowError end) {
            if (left[0]-- == 0) {
                Object ignored = work.get();
                return;
            }
            throw end;
        }
    }

    /** A clock that is set by hand, has no timer, and survives overflows itself. */
    private static final class HandTime implements TimeSource {

        private long now;

        void advance(Duration duration) {
            now += duration.toNanos();
        }

        @Override
        public long nanoTime() {
            return now;
        }

        @Override
        public void sleep(long nanos) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void parkNanos(Object blocker, long nanos) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void arm(TimedTask task, long delayNanos) {
            // Never fires, as if the process were that busy.
        }

        @Override
        public Executor executor() {
            return Runnable::run;
        }
    }
}
