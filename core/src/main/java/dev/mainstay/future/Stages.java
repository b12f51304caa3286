package dev.mainstay.future;

import dev.mainstay.safe.Failures;
import dev.mainstay.safe.Preloading;
import dev.mainstay.safe.StackReserve;
import java.lang.invoke.MethodHandles;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** How policies read stages: failures without their wrapping, and stages that are complete without a callback. */
public final class Stages {

    static {
        // Needed first when a call ends, where the stack may be full.
        Preloading.load(MethodHandles.lookup(), AdoptedStage.class, NestingDepth.class);
    }

    private Stages() {}

    /** The failure itself, out of the {@code CompletionException}s in which dependent stages wrap it. */
    public static Throwable unwrap(Throwable failure) {
        return Failures.unwrap(failure);
    }

    /** The failure, unwrapped, of a stage that is complete; null if it succeeded. */
    public static @Nullable Throwable failureOf(CompletableFuture<?> complete) {
        Throwable thrown = thrownBy(complete);
        return thrown == null ? null : unwrap(thrown);
    }

    /**
     * The failure as it is, of a future that is complete. For the end of a synchronous body: what that throws is no
     * stage's, and if it looks like a wrapped failure, the body means it.
     */
    public static @Nullable Throwable thrownBy(CompletableFuture<?> complete) {
        return complete.isCompletedExceptionally()
                ? complete.handle((ignored, thrown) -> thrown).join()
                : null;
    }

    /** A stage that has failed. */
    public static <T extends @Nullable Object> CompletableFuture<T> failed(Throwable failure) {
        return CompletableFuture.failedFuture(failure);
    }

    /**
     * For policies: has the end of a call further in told to a policy, once, on the thread that brings it about; at
     * once if it has ended. Of a {@link CallFuture}, this makes no stage in between.
     *
     * @param policy must not throw; a failure may be wrapped in a {@code CompletionException}
     */
    public static <T extends @Nullable Object> void follow(
            CompletableFuture<T> call, BiConsumer<? super T, @Nullable Throwable> policy) {
        if (call instanceof CallFuture<T> ours && ours.follow(policy)) {
            return;
        }
        if (call.isDone()) {
            // Not by a callback: where the stack has no room for it, the JDK would drop it in silence.
            StackReserve.check();
            tell(call, policy);
            return;
        }
        call.whenComplete((result, failure) -> {
            // Where the stack has no room for all policies, none of them hears of it, and each can still be ended by a
            // cancel or its time limit.
            StackReserve.check();
            policy.accept(result, failure);
        });
    }

    @SuppressWarnings("NullAway") // the result is null only where T admits it, or there is a failure
    static <T extends @Nullable Object> void tell(
            CompletableFuture<T> complete, BiConsumer<? super T, @Nullable Throwable> policy) {
        Throwable failure = failureOf(complete);
        policy.accept(failure == null ? complete.join() : null, failure);
    }

    /**
     * For policies: a call further in is not wanted any longer. A stage is cancelled; a {@link CallFuture} ends when
     * all has ended that it had begun. From within a {@link CallFuture}, call its own {@link CallFuture#giveUp}, which
     * also says who gets a late result.
     */
    public static void giveUp(CompletableFuture<?> call) {
        if (call instanceof CallFuture<?> ours) {
            ours.giveUp(false);
        } else {
            boolean ignored = call.cancel(true);
        }
    }

    /** The same for a policy that needs no room: what it holds is given back even where the stack is full. */
    public static <T extends @Nullable Object> void followOnAnyStack(
            CompletableFuture<T> call, BiConsumer<? super T, @Nullable Throwable> policy) {
        if (!(call instanceof CallFuture<T> ours && ours.follow(policy))) {
            call.whenComplete(policy);
        }
    }

    /**
     * The stage that a body has given, as a future whose methods do what they say: the same one if it is the JDK's own,
     * or a {@link BodyFuture}, otherwise one that follows it. The future of another call is followed, too: there may be
     * any number of them, one in another, and a policy that follows one directly is told within the policies of that
     * one. A stage that has failed with a wrapped failure becomes one that has failed with the failure itself.
     */
    public static <T extends @Nullable Object> CompletableFuture<T> ofBody(CompletionStage<? extends T> stage) {
        return stage.getClass() == CompletableFuture.class || stage instanceof BodyFuture
                ? unwrapped(stage)
                : AdoptedStage.of(stage);
    }

    /** The same for the future that a policy further in has given: one of ours is followed directly. */
    public static <T extends @Nullable Object> CompletableFuture<T> ofPolicy(CompletableFuture<T> future) {
        return future.getClass() == CompletableFuture.class || future instanceof CallFuture
                ? unwrapped(future)
                : AdoptedStage.of(future);
    }

    @SuppressWarnings("unchecked")
    private static <T extends @Nullable Object> CompletableFuture<T> unwrapped(CompletionStage<? extends T> stage) {
        CompletableFuture<T> future = (CompletableFuture<T>) stage;
        if (!future.isCompletedExceptionally() || future.isCancelled()) {
            return future;
        }
        Throwable thrown = future.handle((ignored, failure) -> failure).join();
        Throwable failure = unwrap(thrown);
        return failure == thrown ? future : failed(failure);
    }
}
