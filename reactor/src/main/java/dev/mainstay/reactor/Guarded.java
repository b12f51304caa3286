package dev.mainstay.reactor;

import dev.mainstay.Fallback;
import dev.mainstay.Guard;
import dev.mainstay.Pipeline;
import dev.mainstay.Policy;
import dev.mainstay.PolicyAccess;
import dev.mainstay.TypedPipeline;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Puts policies around a {@code Mono} or a {@code Flux}: {@code client.find(id).transform(Guarded.by(pipeline))}.
 *
 * <p>Each subscription is a call of its own. The call begins, and takes its permits, when somebody subscribes; a retry
 * subscribes again. Nothing blocks the subscribing thread: where a call waits for a slot, a permit or a backoff, it
 * goes on later on the pipeline's executor or on that of its time source, as a {@link ReactorTime} of a scheduler.
 *
 * <p>How a subscription counts:
 *
 * <ul>
 *   <li>A {@code Mono} succeeds with its value, which a policy's predicates for results see; an empty one succeeds with
 *       null. A {@code Flux} succeeds when it completes, whatever its items are: predicates for results see null.
 *   <li>A cancel before the first item gives the permits back, and the call counts as neither success nor failure.
 *       After
 *       it, the call is a success. A call that is cancelled after its deadline was too slow: it counts as an overload.
 *   <li>A {@code Flux} is retried only as long as it has given no item; by {@link #repeatingItemsBy}, later too.
 *   <li>A time limit goes from the subscription to the end. What the source signals after its time-out, or after a
 *       cancel, is discarded.
 * </ul>
 *
 * <p>The source sees the call's context in Reactor's, where {@link ReactorContext} finds it. Immutable and safe for use
 * by many threads.
 *
 * @param <T> the type of the items
 */
public final class Guarded<T> implements Function<Publisher<T>, Publisher<T>> {

    final Guard guard;
    final @Nullable Fallback<T> fallback;
    final boolean repeatsItems;

    private Guarded(Guard guard, @Nullable Fallback<T> fallback, boolean repeatsItems) {
        this.guard = Objects.requireNonNull(guard, "guard");
        this.fallback = fallback;
        this.repeatsItems = repeatsItems;
    }

    /** Guarded by a pipeline or a policy, or by either {@linkplain Guard#with with something said} about the calls. */
    public static <T> Guarded<T> by(Guard guard) {
        return new Guarded<>(guard, null, false);
    }

    /** Guarded by several policies, the first outermost. */
    public static <T> Guarded<T> by(Policy first, Policy second, Policy... more) {
        Pipeline.Builder pipeline =
                Pipeline.builder(Objects.requireNonNull(first, "first").name());
        return by(pipeline.policy(first).policy(second).policies(more).build());
    }

    /**
     * Guarded by a pipeline with a fallback around it. The fallback answers for a {@code Flux} with one item, and only
     * as long as none has been handed on; it is not asked about the items of a {@code Flux}, nor about its completion.
     */
    public static <T> Guarded<T> by(TypedPipeline<T> pipeline) {
        Objects.requireNonNull(pipeline, "pipeline");
        return new Guarded<>(PolicyAccess.guard(pipeline), pipeline.fallback(), false);
    }

    /** With a fallback and no policies. */
    public static <T> Guarded<T> byFallback(Fallback<T> fallback) {
        return by(Pipeline.of("fallback").withFallback(fallback));
    }

    /**
     * As {@link #by(Guard)}, for a {@code Flux} that may be retried after its first item, so that subscribers get items
     * again that they have had. Makes no difference for a {@code Mono}.
     */
    public static <T> Guarded<T> repeatingItemsBy(Guard guard) {
        return new Guarded<>(guard, null, true);
    }

    /** The publisher with the policies around it: a {@code Mono} of a {@code Mono}, and otherwise a {@code Flux}. */
    @Override
    public Publisher<T> apply(Publisher<T> source) {
        Objects.requireNonNull(source, "source");
        return source instanceof Mono<T> mono
                ? new GuardedMono<>(mono, this)
                : new GuardedFlux<>(Flux.from(source), this);
    }

    @Override
    public String toString() {
        return "Guarded by " + guard + (fallback == null ? "" : " with " + fallback);
    }
}
