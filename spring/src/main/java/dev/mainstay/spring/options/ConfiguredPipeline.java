package dev.mainstay.spring.options;

import dev.mainstay.Chain;
import dev.mainstay.Fallback;
import dev.mainstay.Pipeline;
import dev.mainstay.Policy;
import dev.mainstay.call.AsyncCallBody;
import dev.mainstay.call.CallBody;
import dev.mainstay.call.CallContext;
import dev.mainstay.spring.PolicyCatalog.PipelineHandle;
import dev.mainstay.time.TimeSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A pipeline whose composition may change. As long as only the options of its policies change, it stays the same
 * {@link Pipeline}. Safe for use by many threads.
 */
final class ConfiguredPipeline implements PipelineHandle {

    private final String name;
    private final Pipeline unguarded;

    /** Its timer alone, which goes on through all compositions. */
    private final Pipeline timer;

    private volatile Composition composition;
    private volatile Pipeline current;

    /**
     * What it consists of.
     *
     * @param policies ours and beans, the outermost first
     * @param fallback what it is configured with, or null
     */
    record Composition(
            List<Policy> policies,
            boolean timed,
            @Nullable String carrier,
            @Nullable String executor,
            @Nullable Fallback<?> fallback,
            Pipeline pipeline) {

        boolean isOf(Composition other) {
            return policies.equals(other.policies)
                    && timed == other.timed
                    && java.util.Objects.equals(carrier, other.carrier)
                    && java.util.Objects.equals(executor, other.executor);
        }
    }

    ConfiguredPipeline(String name, @Nullable TimeSource time) {
        this.name = name;
        this.unguarded = Pipeline.of(name);
        Pipeline.Builder builder = Pipeline.builder(name).timed(true);
        if (time != null) {
            builder.policy(new ClockOnly(name, time));
        }
        this.timer = builder.build();
        this.composition = new Composition(List.of(), false, null, null, null, unguarded);
        this.current = unguarded;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Pipeline current() {
        return current;
    }

    Composition composition() {
        return composition;
    }

    Pipeline timer() {
        return timer;
    }

    void become(Composition next, boolean enabled) {
        composition = composition.isOf(next)
                ? new Composition(
                        composition.policies,
                        next.timed,
                        next.carrier,
                        next.executor,
                        next.fallback,
                        composition.pipeline)
                : next;
        current = enabled ? composition.pipeline : unguarded;
    }

    /** Tells a pipeline whose clock it is, and does nothing. */
    private static final class ClockOnly extends Policy {

        private final String name;
        private final TimeSource time;

        ClockOnly(String name, TimeSource time) {
            this.name = name;
            this.time = time;
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        protected TimeSource timeSource() {
            return time;
        }

        @Override
        protected <T extends @Nullable Object> T around(
                CallContext context, long now, Chain inner, CallBody<? extends T> body) throws Exception {
            return inner.<T>proceed(context, now, body);
        }

        @Override
        protected <T extends @Nullable Object> CompletableFuture<T> aroundAsync(
                CallContext context, long now, Chain inner, AsyncCallBody<? extends T> body) {
            return inner.proceedAsync(context, now, body);
        }
    }
}
