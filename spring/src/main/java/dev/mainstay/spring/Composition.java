package dev.mainstay.spring;

import dev.mainstay.ContextCarrier;
import dev.mainstay.Fallback;
import dev.mainstay.Gate;
import dev.mainstay.Pipeline;
import dev.mainstay.Policy;
import dev.mainstay.PolicyAccess;
import dev.mainstay.TimeLimiter;
import dev.mainstay.bulkhead.ThreadPoolBulkhead;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What stands around one method: a named pipeline, whose composition may change, and single policies inside of it. They
 * are put together once, and again when the pipeline has changed. Safe for use by many threads.
 */
final class Composition {

    private final String name;
    private final PolicyCatalog.@Nullable PipelineHandle named;
    private final List<Policy> singles;
    private final PolicyCatalog catalog;
    private volatile Composed composed;

    /**
     * Puts them together.
     *
     * @param name what the whole is called in messages
     */
    Composition(
            String name, PolicyCatalog catalog, PolicyCatalog.@Nullable PipelineHandle named, List<Policy> singles) {
        this.name = name;
        this.catalog = catalog;
        this.named = named;
        this.singles = List.copyOf(singles);
        this.composed = compose(named == null ? null : named.current());
    }

    /** What a call goes through now. */
    Composed current() {
        Composed known = composed;
        if (named == null) {
            return known;
        }
        Pipeline pipeline = named.current();
        if (pipeline == known.pipeline) {
            return known;
        }
        Composed changed = compose(pipeline);
        composed = changed;
        return changed;
    }

    private Composed compose(@Nullable Pipeline pipeline) {
        List<Policy> policies = new ArrayList<>();
        if (pipeline != null) {
            policies.add(pipeline);
        }
        policies.addAll(singles);
        Policy guard = policies.size() == 1 && (pipeline != null || carrier(null) == ContextCarrier.none())
                ? policies.get(0)
                : together(pipeline, policies);
        List<Policy> flat = flat(policies).toList();
        Fallback<?> fallback = pipeline == null ? null : catalog.fallback(pipeline.name());
        return new Composed(pipeline, guard, flat, fallback, flat.stream().anyMatch(Composition::mayRepeat));
    }

    private Pipeline together(@Nullable Pipeline pipeline, List<Policy> policies) {
        return Pipeline.builder(name)
                .policies(policies)
                .contextCarrier(carrier(pipeline))
                .build();
    }

    /** What goes along to other threads: what the named pipeline says, or else what holds for all. */
    private ContextCarrier carrier(@Nullable Pipeline pipeline) {
        return pipeline == null ? catalog.contextCarrier() : PolicyAccess.contextCarrier(pipeline);
    }

    private static Stream<Policy> flat(List<? extends Policy> policies) {
        return policies.stream()
                .flatMap(policy -> policy instanceof Pipeline pipeline ? flat(pipeline.policies()) : Stream.of(policy));
    }

    /** A gate lets a call in once; of a policy that we do not know, anything may be expected. */
    private static boolean mayRepeat(Policy policy) {
        return !(policy instanceof Gate || policy instanceof TimeLimiter || policy instanceof ThreadPoolBulkhead);
    }

    /**
     * Guards as they stand at one time.
     *
     * @param pipeline the named pipeline that is among them
     * @param guard all of them together
     * @param policies each of them, the outermost first
     * @param fallback what the named pipeline is configured with; null for none
     * @param repeats whether they may make a call more than once
     */
    record Composed(
            @Nullable Pipeline pipeline,
            Policy guard,
            List<Policy> policies,
            @Nullable Fallback<?> fallback,
            boolean repeats) {}
}
