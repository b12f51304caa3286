package dev.mainstay.examples.shop;

import dev.mainstay.backoff.RandomSource;
import dev.mainstay.time.TimeSource;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The remote service. It has a few workers, which share the requests in progress among them: the more there are, the
 * longer each takes. A caller who gives up does not make its work less.
 */
final class Inventory {
    private static final int WORKERS = 8;
    private static final Duration USUAL_TIME = Duration.ofMillis(40);
    private static final Duration SLOW_TIME = Duration.ofSeconds(3);
    private static final Duration TIME_TO_FAIL = Duration.ofMillis(5);

    private final TimeSource time;
    private final RandomSource random;
    private final AtomicInteger inProgress = new AtomicInteger();
    private volatile Condition condition = Condition.NORMAL;

    Inventory(TimeSource time, RandomSource random) {
        this.time = time;
        this.random = random;
    }

    /** Requests that arrive from now on are answered under this condition. */
    void become(Condition condition) {
        this.condition = condition;
    }

    /** How many pieces of an item there are. */
    CompletableFuture<Integer> piecesOf(String item) {
        var asked = condition;
        var answer = new CompletableFuture<Integer>();
        Appointment.in(timeToAnswer(asked, inProgress.incrementAndGet()), time, () -> {
            inProgress.decrementAndGet();
            if (asked == Condition.FAILING) {
                answer.completeExceptionally(new IOException("500: no connection to the database"));
            } else {
                answer.complete(Math.floorMod(item.hashCode(), 100));
            }
        });
        return answer;
    }

    private long timeToAnswer(Condition asked, int requests) {
        return switch (asked) {
            case NORMAL -> (long) (USUAL_TIME.toNanos() * spread() * Math.max(1, (double) requests / WORKERS));
            case SLOW -> (long) (SLOW_TIME.toNanos() * spread());
            case FAILING -> TIME_TO_FAIL.toNanos();
        };
    }

    /** Between half and one and a half. */
    private double spread() {
        return 0.5 + random.nextDouble();
    }
}
