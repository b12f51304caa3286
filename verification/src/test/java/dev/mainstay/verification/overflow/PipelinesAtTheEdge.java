package dev.mainstay.verification.overflow;

import dev.mainstay.Pipeline;
import dev.mainstay.TimeLimiter;
import dev.mainstay.backoff.Backoff;
import dev.mainstay.breaker.CircuitBreaker;
import dev.mainstay.bulkhead.Bulkhead;
import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.ratelimit.RateLimit;
import dev.mainstay.ratelimit.RateLimiter;
import dev.mainstay.retry.Retry;
import java.time.Duration;

/**
 * Runs to the end of the stack over and over, makes a call in each of the frames on the way back, and then looks
 * whether anything is still taken. The calls are made before with room to spare, so that they are compiled for success:
 * at the first overflows, compiled code gives up and goes on interpreted, in the midst of a call. To be run in a JVM of
 * its own for each kind; ends with status 1 if something is lost.
 */
public final class PipelinesAtTheEdge {

    private static final int STACK_BYTES = 256 * 1024;

    /** Frames on the way back in which a call is made: where the last of them begin, no stack ends any more. */
    private static final int FRAMES = 200;

    private final Runnable call;
    private int frames;
    private int overflows;

    private PipelinesAtTheEdge(Runnable call) {
        this.call = call;
    }

    /** The arguments: the kind of call, how many of them come first, and how often to run to the end of the stack. */
    public static void main(String[] arguments) throws InterruptedException {
        int before = Integer.parseInt(arguments[1]);
        int times = Integer.parseInt(arguments[2]);
        if (arguments[0].equals("probe")) {
            probes(before, times);
        } else {
            slots(arguments[0], before, times);
        }
    }

    private static void slots(String kind, int before, int times) throws InterruptedException {
        Bulkhead bulkhead = Bulkhead.of("bulkhead", c -> c.maxConcurrentCalls(100_000));
        Retry retry = Retry.of("retry", c -> c.backoff(Backoff.none()));
        Pipeline pipeline = switch (kind) {
            case "retry,bulkhead" -> Pipeline.of("p", retry, bulkhead);
            case "bulkhead,limit" -> Pipeline.of("p", bulkhead, TimeLimiter.ofDefaults("limit"));
            case "all" ->
                Pipeline.of(
                        "p",
                        retry,
                        CircuitBreaker.ofDefaults("breaker"),
                        RateLimiter.of("limiter", RateLimit.smooth(1_000_000, Duration.ofMillis(1))),
                        bulkhead);
            default -> throw new IllegalArgumentException(kind);
        };
        PipelinesAtTheEdge edge = new PipelinesAtTheEdge(() -> pipeline.run(() -> {}));
        edge.overflow(before, times);
        pipeline.run(() -> {});
        end(bulkhead.inUse() == 0, edge.overflows + " overflows, " + bulkhead.explain());
    }

    /** The breaker is half-open at every third call, with a place for one probe. */
    private static void probes(int before, int times) throws InterruptedException {
        CircuitBreaker breaker = CircuitBreaker.of(
                "breaker",
                c -> c.slidingWindowSize(1)
                        .minimumNumberOfCalls(1)
                        .waitDurationInOpenState(Duration.ofNanos(1))
                        .permittedNumberOfCallsInHalfOpenState(1)
                        .maxWaitDurationInHalfOpenState(Duration.ofHours(1)));
        int[] calls = new int[1];
        PipelinesAtTheEdge edge = new PipelinesAtTheEdge(() -> {
            calls[0]++;
            breaker.run(() -> {});
            if (calls[0] % 3 == 0) {
                breaker.transitionToOpenState();
            }
        });
        edge.overflow(before, times);
        boolean letIn = true;
        try {
            breaker.run(() -> {});
            breaker.run(() -> {});
        } catch (CallRejectedException lost) {
            letIn = false;
        }
        end(letIn, edge.overflows + " overflows, " + breaker.explain());
    }

    private static void end(boolean nothingLost, String told) {
        System.out.println(told);
        System.exit(nothingLost ? 0 : 1);
    }

    private void overflow(int before, int times) throws InterruptedException {
        Thread thread = new Thread(
                null,
                () -> {
                    for (int i = 0; i < before; i++) {
                        call();
                    }
                    for (int i = 0; i < times; i++) {
                        descend();
                    }
                },
                "edge",
                STACK_BYTES);
        thread.start();
        thread.join();
    }

    @SuppressWarnings("InfiniteRecursion") // to the end of the stack
    private void descend() {
        try {
            descend();
        } catch (StackOverflowError end) {
            frames = 0;
        }
        if (frames++ < FRAMES) {
            call();
        }
    }

    private void call() {
        try {
            call.run();
        } catch (StackOverflowError overflow) {
            overflows++;
        } catch (CallRejectedException rejected) {
            // Looked for in the end.
        }
    }
}
