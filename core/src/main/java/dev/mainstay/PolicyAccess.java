package dev.mainstay;

import dev.mainstay.call.AsyncCallBody;
import dev.mainstay.call.CallBody;
import dev.mainstay.call.CallContext;
import dev.mainstay.meter.Measured;
import dev.mainstay.meter.MeterSink;
import dev.mainstay.meter.MeterSource;
import dev.mainstay.outcome.Outcome;
import dev.mainstay.safe.Require;
import dev.mainstay.time.TimeSource;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Gives access to the protected methods of a {@link Policy}, which an IDE does not offer to users: for adapters
 * (reactive operators, interceptors), registries, readers of meters, and policies that have another one inside.
 */
public final class PolicyAccess {

    private PolicyAccess() {}

    /** Makes a call through a guard, on this thread. What it throws is as in {@link Guard}. */
    public static <T extends @Nullable Object> T call(Guard guard, CallContext context, CallBody<? extends T> body)
            throws Exception {
        return guard.<T>execute(context, body);
    }

    /** The same, with a rejection as a value. */
    public static <T extends @Nullable Object> Outcome<T> tryCall(
            Guard guard, CallContext context, CallBody<? extends T> body) throws Exception {
        return guard.<T>tryExecute(context, body);
    }

    /** Begins an asynchronous call through a guard. Never blocks and never throws for a body that is not null. */
    public static <T extends @Nullable Object> CompletableFuture<T> callAsync(
            Guard guard, CallContext context, AsyncCallBody<? extends T> body) {
        return guard.executeAsync(context, body);
    }

    /**
     * What a typed pipeline's fallback stands around, with what {@link TypedPipeline#with} has said about its calls.
     */
    public static Guard guard(TypedPipeline<?> typed) {
        return typed.guard();
    }

    /**
     * What {@link Guard#with} says about a call; the context itself for a guard without. Throws what the user's
     * function throws. For adapters that need the context outside of the call, too: such a call then goes to the {@link
     * #target}, on a thread to which this context is {@linkplain CallContext#bind() bound}.
     */
    public static CallContext refine(Guard guard, CallContext context) {
        return guard.refine(context);
    }

    /** The guard without what {@link Guard#with} has said about its calls. */
    public static Guard target(Guard guard) {
        return guard.target();
    }

    /** {@link Policy#around} of another policy: for policies that hand calls on. */
    public static <T extends @Nullable Object> T around(
            Policy policy, CallContext context, long now, Chain inner, CallBody<? extends T> body) throws Exception {
        return policy.<T>around(context, now, inner, body);
    }

    /** {@link Policy#aroundAsync} of another policy. */
    public static <T extends @Nullable Object> CompletableFuture<T> aroundAsync(
            Policy policy, CallContext context, long now, Chain inner, AsyncCallBody<? extends T> body) {
        return policy.aroundAsync(context, now, inner, body);
    }

    /**
     * Lists what a policy, a pipeline or a registry can be measured by. Describing costs the calls nothing.
     *
     * @throws IllegalArgumentException for something measured that is neither a policy nor a {@link MeterSource}
     */
    public static void describe(Measured measured, MeterSink sink) {
        if (Require.present("measured", measured) instanceof Policy policy) {
            policy.describe(sink);
        } else if (measured instanceof TypedPipeline<?> typed) {
            describe(typed.pipeline(), sink);
        } else if (measured instanceof MeterSource source) {
            source.describe(sink);
        } else {
            throw new IllegalArgumentException("measured is "
                    + measured.getClass().getName() + " but must be a Policy, a TypedPipeline or a MeterSource");
        }
    }

    /** Whether the policy could be forgotten and made anew without anybody noticing. */
    public static boolean isIdle(Policy policy) {
        return policy.isIdle();
    }

    /** The clock that the policy goes by, or null if it needs none. */
    public static @Nullable TimeSource timeSource(Policy policy) {
        return policy.timeSource();
    }

    /** What goes along with calls that are submitted to an executor. */
    public static ContextCarrier contextCarrier(Guard guard) {
        return guard.contextCarrier();
    }
}
