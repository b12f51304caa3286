package dev.mainstay;

import dev.mainstay.call.AsyncCallBody;
import dev.mainstay.call.CallBody;
import dev.mainstay.call.CallContext;
import dev.mainstay.future.Stages;
import dev.mainstay.time.TimeSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * What is left of a pipeline, as seen by one of its policies: the policies further in, and at their end the body.
 * Linked once, when the pipeline is built; a call walks the links and builds nothing. Immutable.
 */
public final class Chain {

    private static final Chain END = new Chain("");

    private final @Nullable Policy policy;
    private final @Nullable Chain next;

    /** What a synchronous call goes through in the place of the policy and those after it, if these are gates. */
    private final @Nullable FusedGates run;

    /** Whose chain it is: the nearest policy further out, for messages. */
    private final String owner;

    private final Environment environment;

    private Chain(
            @Nullable Policy policy,
            @Nullable Chain next,
            @Nullable FusedGates run,
            String owner,
            Environment environment) {
        this.policy = policy;
        this.next = next;
        this.run = run;
        this.owner = owner;
        this.environment = environment;
    }

    /**
     * With no policy left. One is made for each asynchronous call of a policy alone: so small, it is made where it is
     * used, and mostly not at all.
     */
    private Chain(String owner) {
        this.policy = null;
        this.next = null;
        this.run = null;
        this.owner = owner;
        this.environment = Environment.NONE;
    }

    /** The chain with no policy left: the body alone. */
    public static Chain end() {
        return END;
    }

    /** The chain inside a policy that is used alone. */
    static Chain endOf(String owner) {
        return new Chain(owner);
    }

    /** Links policies, the first outermost. */
    static Chain link(String pipeline, List<Policy> policies, @Nullable Executor executor, ContextCarrier carrier) {
        Environment environment = new Environment(executor, carrier);
        int last = policies.size() - 1;
        Chain chain = new Chain(
                null, null, null, last < 0 ? pipeline : policies.get(last).name(), environment);
        for (int i = last; i >= 0; i--) {
            chain = new Chain(
                    policies.get(i),
                    chain,
                    run(policies.get(i), chain),
                    i == 0 ? pipeline : policies.get(i - 1).name(),
                    environment);
        }
        return chain;
    }

    /** The gates that begin with this one, if there are several: three at most, the others are another run. */
    private static @Nullable FusedGates run(Policy policy, Chain next) {
        if (!(policy instanceof Gate first && next.policy instanceof Gate second && next.next != null)) {
            return null;
        }
        return next.next.policy instanceof Gate third && next.next.next != null
                ? new FusedGates(first, second, third, next.next.next)
                : new FusedGates(first, second, null, next.next);
    }

    /**
     * Makes the rest of the call, on this thread.
     *
     * @param now the time, if it was read and none has passed since; otherwise {@link TimeSource#UNREAD}
     */
    public <T extends @Nullable Object> T proceed(CallContext context, long now, CallBody<? extends T> body)
            throws Exception {
        Policy policy = this.policy;
        Chain next = this.next;
        if (policy == null || next == null) {
            return body.in(context);
        }
        FusedGates run = this.run;
        if (run != null) {
            return run.<T, Exception>proceed(context, now, body);
        }
        return policy.<T>around(context, now, next, body);
    }

    /**
     * Begins the rest of the call. Never throws (but for want of stack or memory) and never returns null: whatever goes
     * wrong comes out of the future, unwrapped. The future is the JDK's or one of ours, whatever kind of stage the body
     * has returned.
     *
     * @param now the time, if it was read and none has passed since; otherwise {@link TimeSource#UNREAD}
     */
    public <T extends @Nullable Object> CompletableFuture<T> proceedAsync(
            CallContext context, long now, AsyncCallBody<? extends T> body) {
        Policy policy = this.policy;
        Chain next = this.next;
        try {
            if (policy != null && next != null) {
                CompletableFuture<T> future = policy.aroundAsync(context, now, next, body);
                return future == null ? nothing("policy '" + policy.name() + "'") : Stages.ofPolicy(future);
            }
            CompletionStage<? extends T> stage = body.in(context);
            return stage == null ? nothing("the body") : Stages.ofBody(stage);
        } catch (Throwable failure) {
            return Stages.failed(failure);
        }
    }

    /**
     * The same for a gate, which may be given an {@link AsyncGateCall} that does not follow its stage yet: the
     * outermost of several gates sees to that.
     */
    <T extends @Nullable Object> CompletableFuture<T> enterAsync(
            CallContext context, long now, AsyncCallBody<? extends T> body) {
        Chain next = this.next;
        if (!(policy instanceof Gate gate) || next == null) {
            return this.<T>proceedAsync(context, now, body);
        }
        try {
            // What it gives is handed on without a call in which it could be lost.
            return AsyncGateCall.<T>enter(gate, context, now, next, body);
        } catch (Throwable failure) {
            return Stages.failed(failure);
        }
    }

    /**
     * For policies that go on on another thread: captures the context to take along, on the thread that the call
     * leaves.
     */
    public ThreadHandoff handoff(TimeSource time) {
        return new ThreadHandoff(environment.executor, time, environment.carrier);
    }

    /** What is taken along from this thread when the call goes on elsewhere; null if nothing. */
    ContextCarrier.@Nullable Snapshot capture() {
        return ThreadHandoff.capture(environment.carrier);
    }

    boolean isEnd() {
        return policy == null;
    }

    private <T extends @Nullable Object> CompletableFuture<T> nothing(String culprit) {
        return Stages.failed(
                new NullPointerException("inside '" + owner + "', " + culprit + " returned null instead of a stage"));
    }

    /** What the policies of one pipeline share. */
    private record Environment(@Nullable Executor executor, ContextCarrier carrier) {

        static final Environment NONE = new Environment(null, ContextCarrier.none());
    }
}
