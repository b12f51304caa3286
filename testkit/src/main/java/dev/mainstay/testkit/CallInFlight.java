package dev.mainstay.testkit;

import dev.mainstay.time.VirtualTime;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A scripted call that was begun and has a future.
 *
 * @param <T> what it gives, possibly null
 */
public final class CallInFlight<T extends @Nullable Object> {

    private final ScriptedCall<T> body;
    private final CompletableFuture<T> future;
    private final VirtualTime time;
    private final Duration start;

    CallInFlight(ScriptedCall<T> body, CompletableFuture<T> future, VirtualTime time, Duration start) {
        this.body = body;
        this.future = future;
        this.time = time;
        this.start = start;
    }

    /** The future that the guard gave. */
    public CompletableFuture<T> future() {
        return future;
    }

    /** The body, and all that it remembers. */
    public ScriptedCall<T> body() {
        return body;
    }

    /** Whether the future is complete. */
    public boolean isDone() {
        return future.isDone();
    }

    /** Cancels the future, and runs what is due because of that. */
    public CallInFlight<T> cancel() {
        future.cancel(true);
        time.runDue();
        return this;
    }

    /** Lets time pass until the future is complete, and says how it ended. */
    public CallReport<T> end() {
        return CallReport.of(body, time, start, () -> await(time, future));
    }

    static <T extends @Nullable Object> T await(VirtualTime time, CompletableFuture<T> future) throws Exception {
        try {
            return time.await(future);
        } catch (IllegalStateException stuck) {
            if (!future.isDone()) {
                throw new NeverEnds(stuck);
            }
            throw stuck;
        }
    }

    @Override
    public String toString() {
        return "CallInFlight[" + body + ", " + future + "]";
    }
}
