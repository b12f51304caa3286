package dev.mainstay.retry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.mainstay.backoff.Backoff;
import dev.mainstay.backoff.RandomSource;
import dev.mainstay.event.MainstayEvent;
import dev.mainstay.meter.MeterReadings;
import dev.mainstay.outcome.Classifier;
import dev.mainstay.outcome.RetryAfterHint;
import dev.mainstay.testkit.Meters;
import dev.mainstay.time.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * A call ends once, with its own result or failure, and every reservation of its budget ends in one way, whatever is
 * thrown by anything that is not ours: every user object, every exception, every driver.
 */
class AnEndThatCannotFailTest {

    private static final List<Supplier<Throwable>> THROWN = List.of(
            () -> new IllegalStateException("hostile"),
            () -> new NoClassDefFoundError("hostile"),
            StackOverflowError::new,
            () -> new OutOfMemoryError("hostile"));

    /** Something of the user's that throws. */
    private record Hostile(
            String what,
            Function<RetryConfig.Builder, RetryConfig.Builder> options,
            Function<Throwable, Throwable> failure,
            ReservedOnce budget,
            boolean listens,
            Throwable thrown) {

        private static int made;

        static Hostile option(
                String what, Throwable thrown, Function<RetryConfig.Builder, RetryConfig.Builder> options) {
            return new Hostile(what, options, failure -> failure, anyBudget(), false, thrown);
        }

        static Hostile failure(String what, Throwable thrown, Function<Throwable, Throwable> failure) {
            return new Hostile(what, c -> c, failure, anyBudget(), true, thrown);
        }

        /** Every other one watches calls. */
        private static ReservedOnce anyBudget() {
            return new ReservedOnce(made++ % 2 == 0, "", null);
        }
    }

    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    private static <R, X extends Throwable> R raise(Throwable thrown) throws X {
        throw (X) thrown;
    }

    @SuppressWarnings("TypeParameterUnusedInFormals")
    private static <R> R sneaky(Throwable thrown) {
        return AnEndThatCannotFailTest.<R, RuntimeException>raise(thrown);
    }

    private static List<Hostile> all() {
        List<Hostile> all = new ArrayList<>();
        for (Supplier<Throwable> supplier : THROWN) {
            Throwable t = supplier.get();
            all.add(Hostile.option(
                    "classify function",
                    t,
                    c -> c.classifier(Classifier.builder()
                            .classify((result, failure) -> sneaky(t))
                            .build())));
            all.add(Hostile.option("result predicate", t, c -> c.retryOnResult(result -> sneaky(t))));
            all.add(Hostile.option("exception predicate", t, c -> c.retryOnException(failure -> sneaky(t))));
            all.add(Hostile.option("ignore predicate", t, c -> c.ignoreException(failure -> sneaky(t))));
            all.add(Hostile.option("retryAfter function", t, c -> c.retryAfter((result, failure) -> sneaky(t))));
            all.add(Hostile.option("inspected causes", t, c -> c.inspectCauses(true)));
            all.add(Hostile.option("backoff function", t, c -> c.backoff(Backoff.of(n -> sneaky(t)))));
            all.add(Hostile.option("delay function", t, c -> c.delayFunction((attempt, result, failure) -> sneaky(t))));
            all.add(Hostile.option(
                    "random source",
                    t,
                    c -> c.random(() -> sneaky(t))
                            .backoff(Backoff.fixed(Duration.ofMillis(5)).fullJitter())));
            for (String method : List.of(
                    "tryReserve",
                    "giveBack",
                    "retrySucceeded",
                    "retryFailed",
                    "callSucceeded",
                    "watchesCalls",
                    "callBegan",
                    "attemptFailed",
                    "callEnded",
                    "tokens",
                    "isFull",
                    "toString")) {
                for (boolean watching : new boolean[] {false, true}) {
                    all.add(new Hostile(
                            "budget's " + method + (watching ? ", watching" : ""),
                            c -> c,
                            failure -> failure,
                            new ReservedOnce(watching, method, t),
                            false,
                            t));
                }
            }
            all.add(Hostile.failure("RetryAfterHint", t, failure -> new Broken("retryAfter", t)));
            for (String method : List.of("getCause", "getMessage", "toString")) {
                all.add(Hostile.failure("the failure's " + method, t, failure -> new Broken(method, t)));
            }
        }
        for (double drawn : new double[] {Double.NaN, -1, 2, Double.POSITIVE_INFINITY}) {
            RandomSource strange = () -> drawn;
            all.add(Hostile.option(
                    "random source that gives " + drawn,
                    new IllegalStateException(),
                    c -> c.random(strange)
                            .backoff(Backoff.fixed(Duration.ofMillis(5)).fullJitter())));
        }
        all.add(Hostile.option(
                "backoff function that gives null",
                new IllegalStateException(),
                c -> c.backoff(Backoff.of(n -> null))));
        all.add(Hostile.option(
                "backoff function that gives less than zero",
                new IllegalStateException(),
                c -> c.backoff(Backoff.of(n -> Duration.ofMillis(-1)))));
        return all;
    }

    private enum Driver {
        SYNC,
        COMPLETED,
        INCOMPLETE
    }

    @Test
    void whateverThrows() {
        for (Hostile hostile : all()) {
            for (Driver driver : Driver.values()) {
                for (int failures = 0; failures <= 4; failures++) {
                    for (boolean listens : new boolean[] {false, true}) {
                        String what = hostile.what + " throws "
                                + hostile.thrown.getClass().getSimpleName() + ", " + driver + ", " + failures
                                + " failures" + (listens ? ", listened to" : "");
                        try {
                            play(what, hostile, driver, failures, listens);
                        } catch (Throwable escaped) {
                            throw new AssertionError(what, escaped);
                        }
                    }
                }
            }
        }
    }

    /** Its own result, or a failure of its own. */
    private static void play(String what, Hostile hostile, Driver driver, int failures, boolean listens) {
        VirtualTime time = VirtualTime.create();
        Retry retry = Retry.of(
                "r",
                c -> hostile.options.apply(
                        c.maxAttempts(4).budget(hostile.budget).timeSource(time)));
        if (listens) {
            Meters.start(retry);
            retry.subscribe(MainstayEvent.class, event -> sneaky(hostile.thrown));
        }
        List<Throwable> own = new ArrayList<>();
        AtomicInteger attempts = new AtomicInteger();
        Supplier<@Nullable Throwable> next = () -> {
            if (attempts.incrementAndGet() > failures) {
                return null;
            }
            Throwable failure = hostile.failure.apply(new IllegalArgumentException("own"));
            own.add(failure);
            return failure;
        };
        AtomicInteger ends = new AtomicInteger();
        CompletableFuture<String> ended = new CompletableFuture<>();
        if (driver == Driver.SYNC) {
            try {
                ended.complete(retry.call(() -> {
                    Throwable failure = next.get();
                    return failure == null ? "ok" : sneaky(failure);
                }));
            } catch (Throwable thrown) {
                ended.completeExceptionally(thrown);
            }
            ends.incrementAndGet();
        } else {
            CompletableFuture<String> future = retry.callAsync(() -> {
                CompletableFuture<String> stage = new CompletableFuture<>();
                Throwable failure = next.get();
                Runnable end = () -> {
                    if (failure == null) {
                        stage.complete("ok");
                    } else {
                        stage.completeExceptionally(failure);
                    }
                };
                if (driver == Driver.COMPLETED) {
                    end.run();
                } else {
                    time.executor().execute(end);
                }
                return stage;
            });
            // Not whenComplete: the JDK's own throws if the failure's toString does.
            CompletableFuture<Object> dependent = future.handle((result, failure) -> {
                ends.incrementAndGet();
                return sneaky(hostile.thrown);
            });
            time.runUntilIdle();
            if (!future.isDone()) {
                fail("%s: never ends", what);
            }
            boolean ignored = future.handle((result, failure) ->
                            failure == null ? ended.complete(result) : ended.completeExceptionally(failure))
                    .join();
            assertThat(dependent).as(what).isCompletedExceptionally();
        }
        assertThat(ends).as(what).hasValue(1);
        assertThat(ended).as(what).isDone();
        if (ended.isCompletedExceptionally()) {
            Throwable thrown = ended.handle((result, failure) -> failure).join();
            assertThat(own.get(own.size() - 1) == thrown)
                    .as("%s: ends with its own last failure, not with %s", what, thrown.getClass())
                    .isTrue();
        } else {
            assertThat(attempts.get()).as(what).isEqualTo(failures + 1);
        }
        hostile.budget.isSettled(what);
        // What tells of the policy does not fail either.
        assertThat(retry.toString()).as(what).contains("Retry[");
        retry.describe(new MeterReadings());
        assertThat(retry.isIdle()).as(what).isTrue();
    }

    /** An exception of the user's whose method throws. */
    private static final class Broken extends RuntimeException implements RetryAfterHint {

        private static final long serialVersionUID = 1L;

        private final String method;
        private final transient Throwable thrown;

        Broken(String method, Throwable thrown) {
            super("own", null, true, false);
            this.method = method;
            this.thrown = thrown;
        }

        private void in(String name) {
            if (method.equals(name)) {
                sneaky(thrown);
            }
        }

        @Override
        public @Nullable Duration retryAfter() {
            in("retryAfter");
            return null;
        }

        @Override
        public String getMessage() {
            in("getMessage");
            return "own";
        }

        @Override
        public synchronized @Nullable Throwable getCause() {
            in("getCause");
            return null;
        }

        @Override
        public String toString() {
            in("toString");
            return "Broken";
        }
    }
}
