package dev.mainstay.verification.model;

import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.outcome.CallTimeoutException;
import dev.mainstay.outcome.Classifier;
import dev.mainstay.outcome.Rejection;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.outcome.RetryAfterHint;
import dev.mainstay.outcome.Verdict;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * How a body ends, and what a classifier makes of it.
 *
 * @param failure what it throws, or null for a result
 * @param verdict what the standard classifier says, or {@link #STRICT}
 * @param askedNanos when it wants to be called again; negative if it does not say
 */
record Ending(@Nullable String result, @Nullable Throwable failure, Verdict verdict, long askedNanos) {

    private static final String BAD = "bad";

    /** A classifier to which a bad result is a failure. */
    static final Classifier STRICT =
            Classifier.builder().recordResult(BAD::equals).build();

    /** A classifier that makes an error of a rejection further in. */
    static final Classifier EAGER = Classifier.builder()
            .classify((result, failure) -> failure instanceof CallRejectedException ? Verdict.ERROR : null)
            .build();

    static Ending good(String result) {
        return new Ending(result, null, Verdict.SUCCESS, -1);
    }

    static Ending failing(Throwable failure, Verdict verdict) {
        return new Ending(null, failure, verdict, -1);
    }

    /** Some failure, and how often it is one. */
    static Ending draw(Random random, double failing) {
        if (random.nextDouble() >= failing) {
            return good("r" + random.nextInt(1000));
        }
        int number = random.nextInt(1_000_000);
        return switch (random.nextInt(14)) {
            case 0 -> new Ending(BAD, null, Verdict.ERROR, -1);
            case 1, 2 -> failing(new CallTimeoutException("inner" + number, 1, null, false), Verdict.OVERLOAD);
            case 3 -> failing(new CancellationException("" + number), Verdict.IGNORED);
            case 4 -> {
                long asked = random.nextBoolean() ? -1 : random.nextInt(1_000_000_000);
                RejectionReason reason = random.nextInt(4) > 0 ? RejectionReason.OTHER : RejectionReason.INTERRUPTED;
                yield new Ending(
                        null,
                        new CallRejectedException(new Rejection("inner" + number, reason, asked)),
                        Verdict.REJECTED,
                        asked);
            }
            case 5 -> failing(new Fatal(number), Verdict.IGNORED);
            case 6, 7 -> {
                long asked = random.nextInt(5) == 0 ? 0 : (long) (Math.pow(random.nextDouble(), 3) * 20e9);
                yield new Ending(null, new Busy(number, asked), Verdict.ERROR, asked);
            }
            default -> failing(new Broken(number), Verdict.ERROR);
        };
    }

    /** The verdict of a classifier: the standard one, {@link #STRICT} or {@link #EAGER}. */
    Verdict by(Classifier classifier) {
        if (classifier == EAGER && verdict == Verdict.REJECTED) {
            return Verdict.ERROR;
        }
        return BAD.equals(result) && classifier != STRICT ? Verdict.SUCCESS : verdict;
    }

    /** The same for a call whose time may be up, by when a cancellation means that the other side was too slow. */
    Verdict by(Classifier classifier, boolean outOfTime) {
        return outOfTime && failure instanceof CancellationException ? Verdict.OVERLOAD : by(classifier);
    }

    /** Ends a body so. */
    @Nullable
    String happen() throws Exception {
        if (failure instanceof Exception exception) {
            throw exception;
        }
        if (failure instanceof Error error) {
            throw error;
        }
        return result;
    }

    /** Ends a stage so. */
    void happenTo(CompletableFuture<@Nullable String> stage) {
        if (failure == null) {
            stage.complete(result);
        } else {
            stage.completeExceptionally(failure);
        }
    }

    /** What the caller gets. */
    String line() {
        return failure == null ? "result " + result : Lines.of(failure);
    }

    /** The same if it made the call so that it may be rejected: then a rejection further in comes as one, too. */
    String triedLine() {
        return failure instanceof CallRejectedException inner
                ? Lines.rejected(inner.policyName(), inner.reason(), inner.retryAfterNanos())
                : line();
    }

    @Override
    public String toString() {
        return failure == null
                ? "" + result
                : List.of(Lines.nameOf(failure), verdict, askedNanos).toString();
    }

    /** Something went wrong. */
    static final class Broken extends Exception {

        private static final long serialVersionUID = 1L;

        Broken(int number) {
            super("" + number, null, true, false);
        }
    }

    /** This process is ill. */
    static final class Fatal extends Error {

        private static final long serialVersionUID = 1L;

        Fatal(int number) {
            super("" + number, null, true, false);
        }
    }

    /** The other side has no time now. */
    static final class Busy extends Exception implements RetryAfterHint {

        private static final long serialVersionUID = 1L;

        private final long nanos;

        Busy(int number, long nanos) {
            super("" + number, null, true, false);
            this.nanos = nanos;
        }

        @Override
        public Duration retryAfter() {
            return Duration.ofNanos(nanos);
        }
    }
}
