package dev.mainstay.testkit;

import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.outcome.CallTimeoutException;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.time.VirtualTime;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * How one scripted call ended, for a test to look at or to check: {@code
 * run.call(script).failedWith(IOException.class).afterExecutions(3).afterTime(ofMillis(150))}. Each check throws an
 * {@code AssertionError} that says all that is known about the call.
 *
 * @param <T> what the call gives, possibly null
 */
public final class CallReport<T extends @Nullable Object> {

    private final ScriptedCall<T> body;
    private final @Nullable T result;
    private final @Nullable Throwable failure;
    private final Duration elapsed;
    private final boolean leftInterrupted;

    CallReport(
            ScriptedCall<T> body,
            @Nullable T result,
            @Nullable Throwable failure,
            Duration elapsed,
            boolean leftInterrupted) {
        this.body = body;
        this.result = result;
        this.failure = failure;
        this.elapsed = elapsed;
        this.leftInterrupted = leftInterrupted;
    }

    /** Makes or awaits the call, and notes how it ends. */
    static <T extends @Nullable Object> CallReport<T> of(
            ScriptedCall<T> body, VirtualTime time, Duration start, Callable<T> call) {
        T result = null;
        Throwable failure = null;
        try {
            result = call.call();
        } catch (NeverEnds never) {
            throw never;
        } catch (Throwable thrown) {
            failure = thrown;
        }
        return new CallReport<>(body, result, failure, time.elapsed().minus(start), Thread.interrupted());
    }

    /** Whether the call gave a result. */
    public boolean isSuccess() {
        return failure == null;
    }

    /** The result; null if the call failed. */
    public @Nullable T result() {
        return result;
    }

    /** What the call threw, or its future failed with; null if it gave a result. */
    public @Nullable Throwable failure() {
        return failure;
    }

    /** What the call threw, as the type that it must have. */
    public <F extends Throwable> F failure(Class<F> type) {
        check(type.isInstance(failure), "to have failed with " + type.getSimpleName());
        return type.cast(Objects.requireNonNull(failure));
    }

    /** How long it took, in virtual time. */
    public Duration elapsed() {
        return elapsed;
    }

    /** How often the body was executed for this call. */
    public int executions() {
        return body.executions();
    }

    /** The attempt numbers that the body saw. */
    public List<Integer> attempts() {
        return body.attempts();
    }

    /** Whether the calling thread's interrupt flag was set when the call had ended. It has been cleared since. */
    public boolean leftInterrupted() {
        return leftInterrupted;
    }

    /** The body, and all that it remembers. */
    public ScriptedCall<T> body() {
        return body;
    }

    // ---- checks

    /** Checks that the call gave this result, and left no interrupt behind. */
    public CallReport<T> returned(@Nullable Object expected) {
        check(isSuccess() && Objects.equals(result, expected), "to have returned " + expected);
        return leftNoInterrupt();
    }

    /** Checks that the call failed with this very failure, and left no interrupt behind. */
    public CallReport<T> failedWith(Throwable expected) {
        check(failure == expected, "to have failed with this very " + expected);
        return leftNoInterrupt();
    }

    /** Checks that the call failed with a failure of this type. */
    public CallReport<T> failedWith(Class<? extends Throwable> type) {
        check(type.isInstance(failure), "to have failed with " + type.getSimpleName());
        return this;
    }

    /** Checks that the call was rejected by one of our policies, and left no interrupt behind. */
    public CallReport<T> wasRejected() {
        check(failure instanceof CallRejectedException, "to have been rejected");
        return leftNoInterrupt();
    }

    /** Checks that the call was rejected for this reason. */
    public CallReport<T> wasRejected(RejectionReason reason) {
        check(
                failure instanceof CallRejectedException rejection && rejection.reason() == reason,
                "to have been rejected with " + reason);
        return this;
    }

    /** Checks that the call was given up by a time limiter, and left no interrupt behind. */
    public CallReport<T> timedOut() {
        check(failure instanceof CallTimeoutException, "to have timed out");
        return leftNoInterrupt();
    }

    /** Checks how often the body was executed for this call. */
    public CallReport<T> afterExecutions(int expected) {
        check(executions() == expected, "to have executed its body " + expected + " times");
        return this;
    }

    /** Checks which attempt numbers the body saw. */
    public CallReport<T> afterAttempts(Integer... expected) {
        check(attempts().equals(Arrays.asList(expected)), "to have shown its body attempts " + Arrays.asList(expected));
        return this;
    }

    /** Checks how long the call took, in virtual time. */
    public CallReport<T> afterTime(Duration expected) {
        check(elapsed.equals(expected), "to have taken " + expected);
        return this;
    }

    /** Checks that the calling thread's interrupt flag was set afterwards. */
    public CallReport<T> leftInterrupt() {
        check(leftInterrupted, "to have left the interrupt flag set");
        return this;
    }

    /** Checks that the calling thread's interrupt flag was clear afterwards. */
    public CallReport<T> leftNoInterrupt() {
        check(!leftInterrupted, "to have left the interrupt flag clear");
        return this;
    }

    private void check(boolean holds, String expectation) {
        if (!holds) {
            AssertionError error = new AssertionError("expected the call " + expectation + ", but it was " + this);
            if (failure != null) {
                error.initCause(failure);
            }
            throw error;
        }
    }

    /** How it ended, when, after how many executions. */
    @Override
    public String toString() {
        return (failure == null ? "a success with " + result : "a failure with " + failure) + " after " + elapsed
                + ", attempts " + attempts() + (leftInterrupted ? ", interrupt flag set" : "");
    }
}
