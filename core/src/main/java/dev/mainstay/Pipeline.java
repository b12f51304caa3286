package dev.mainstay;

import dev.mainstay.call.AsyncCallBody;
import dev.mainstay.call.CallBody;
import dev.mainstay.call.CallContext;
import dev.mainstay.event.MainstayEvent;
import dev.mainstay.event.Subscription;
import dev.mainstay.meter.MeterSink;
import dev.mainstay.safe.Require;
import dev.mainstay.safe.SafeLog;
import dev.mainstay.time.TimeSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Several policies around one call, the first named outermost, and itself a policy. Its policies are linked once, when
 * it is built; a pipeline in a pipeline is taken apart, as if its policies stood there.
 *
 * <pre>{@code
 * Pipeline inventory = Pipeline.of("inventory", retry, breaker, bulkhead);
 * Stock stock = inventory.call(() -> client.stockOf(item));
 * }</pre>
 *
 * <p>Immutable and safe for use by many threads.
 */
public final class Pipeline extends Policy {

    private static final SafeLog LOG = SafeLog.of(Pipeline.class);

    private final String name;

    /** As they were named. */
    private final List<Policy> policies;

    /** As they are linked: pipelines among them taken apart. */
    private final List<Policy> links;

    /** Whether it was given an executor or a carrier of its own. */
    private final boolean hasEnvironment;

    private final ContextCarrier carrier;
    private final Chain first;
    private final @Nullable TimeSource time;

    private Pipeline(Builder builder) {
        EngineClasses.load();
        name = Require.name(builder.name);
        policies = List.copyOf(builder.policies);
        time = agreedTimeSource(name, policies);
        List<Policy> flat = new ArrayList<>();
        if (builder.timed) {
            flat.add(new PipelineTimer(name, time == null ? TimeSource.system() : time));
        }
        carrier = builder.carrier.careful();
        hasEnvironment = builder.executor != null || carrier != ContextCarrier.none();
        flatten(name, policies, flat);
        warnOfTwins(name, flat);
        first = Chain.link(name, flat, builder.executor, carrier);
        links = List.copyOf(flat);
    }

    /** A pipeline of these policies, the first outermost; of none, it makes calls as they are. */
    public static Pipeline of(String name, Policy... policies) {
        return builder(name).policies(policies).build();
    }

    /** A pipeline of these policies, the first outermost. */
    public static Pipeline of(String name, List<? extends Policy> policies) {
        return builder(name).policies(policies).build();
    }

    /** Begins a pipeline that wants more than its policies. */
    public static Builder builder(String name) {
        return new Builder(name);
    }

    /** Its policies, the outermost first, as they were named. */
    public List<Policy> policies() {
        return policies;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    protected @Nullable TimeSource timeSource() {
        return time;
    }

    @Override
    protected ContextCarrier contextCarrier() {
        return carrier;
    }

    @Override
    protected <T extends @Nullable Object> T execute(CallContext context, CallBody<? extends T> body) throws Exception {
        return first.<T>proceed(context, TimeSource.UNREAD, body);
    }

    @Override
    protected <T extends @Nullable Object> CompletableFuture<T> executeAsync(
            CallContext context, AsyncCallBody<? extends T> body) {
        return first.proceedAsync(context, TimeSource.UNREAD, body);
    }

    @Override
    protected <T extends @Nullable Object> T around(
            CallContext context, long now, Chain inner, CallBody<? extends T> body) throws Exception {
        return inner.isEnd()
                ? first.<T>proceed(context, now, body)
                : first.<T>proceed(context, now, ctx -> inner.<T>proceed(ctx, TimeSource.UNREAD, body));
    }

    @Override
    protected <T extends @Nullable Object> CompletableFuture<T> aroundAsync(
            CallContext context, long now, Chain inner, AsyncCallBody<? extends T> body) {
        return inner.isEnd()
                ? first.proceedAsync(context, now, body)
                : first.proceedAsync(context, now, ctx -> inner.<T>proceedAsync(ctx, TimeSource.UNREAD, body));
    }

    @Override
    protected void describe(MeterSink sink) {
        links.forEach(policy -> policy.describe(sink));
    }

    @Override
    public String explain() {
        return links.isEmpty()
                ? "'" + name + "' has no policies"
                : links.stream().map(Policy::explain).collect(Collectors.joining("; ", "'" + name + "': ", ""));
    }

    @Override
    protected boolean isIdle() {
        return links.stream().allMatch(Policy::isIdle);
    }

    /** Listens to all policies of this pipeline. */
    @Override
    public <E extends MainstayEvent> Subscription subscribe(Class<E> type, Consumer<? super E> listener) {
        List<Subscription> subscriptions =
                links.stream().map(policy -> policy.subscribe(type, listener)).toList();
        return () -> subscriptions.forEach(Subscription::close);
    }

    @Override
    public String toString() {
        return "Pipeline[" + explain() + "]";
    }

    private static void flatten(String name, List<Policy> policies, List<Policy> flat) {
        for (Policy policy : policies) {
            if (policy instanceof Pipeline pipeline) {
                if (pipeline.hasEnvironment) {
                    LOG.warn(
                            "Pipeline '{pipeline}' does not use the executor and the context carrier of '{inner}'"
                                    + " inside it: those of the outermost pipeline hold for all",
                            "pipeline",
                            name,
                            "inner",
                            pipeline.name);
                }
                flat.addAll(pipeline.links);
            } else {
                flat.add(policy);
            }
        }
    }

    private static @Nullable TimeSource agreedTimeSource(String name, List<Policy> policies) {
        TimeSource agreed = null;
        String whose = "";
        for (Policy policy : policies) {
            TimeSource its = policy.timeSource();
            if (its == null) {
                continue;
            }
            if (agreed != null && agreed != its) {
                throw new IllegalArgumentException("timeSource of '" + policy.name() + "' is " + its
                        + " but must be the same as that of '" + whose + "' (" + agreed + ") in pipeline '" + name
                        + "'");
            }
            agreed = its;
            whose = policy.name();
        }
        return agreed;
    }

    private static void warnOfTwins(String name, List<Policy> flat) {
        Set<Policy> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        for (Policy policy : flat) {
            if (policy instanceof Gate && !seen.add(policy)) {
                LOG.warn(
                        "Pipeline '{pipeline}' has the gate '{policy}' twice: each call takes two of its permits and is"
                                + " counted twice, and with one permit left it waits for itself",
                        "pipeline",
                        name,
                        "policy",
                        policy.name());
            }
        }
    }

    /** Collects what a pipeline is made of. Not safe for use by many threads. */
    public static final class Builder {

        private final String name;
        private final List<Policy> policies = new ArrayList<>();
        private @Nullable Executor executor;
        private ContextCarrier carrier = ContextCarrier.none();
        private boolean timed;

        private Builder(String name) {
            this.name = name;
        }

        /** One more policy, inside those named before. */
        public Builder policy(Policy policy) {
            policies.add(Require.present("policy " + (policies.size() + 1) + " of pipeline '" + name + "'", policy));
            return this;
        }

        /** More policies, inside those named before. */
        public Builder policies(Policy... more) {
            for (Policy policy : Require.present("policies", more)) {
                policy(policy);
            }
            return this;
        }

        /** More policies, inside those named before. */
        public Builder policies(List<? extends Policy> more) {
            for (Policy policy : Require.present("policies", more)) {
                policy(policy);
            }
            return this;
        }

        /**
         * Where asynchronous calls go on after a wait: retried attempts, calls that were in line, what follows a
         * time-out. By default a small elastic pool of daemon threads of our own.
         */
        public Builder executor(Executor executor) {
            this.executor = Require.present("executor", executor);
            return this;
        }

        /** What is carried along whenever a call goes on on another thread; by default nothing but our own context. */
        public Builder contextCarrier(ContextCarrier carrier) {
            this.carrier = Require.present("contextCarrier", carrier);
            return this;
        }

        /**
         * Offers the timer {@code pipeline.calls} by outcome, at the price of two clock reads a call; off by default.
         */
        public Builder timed(boolean timed) {
            this.timed = timed;
            return this;
        }

        /** The pipeline. */
        public Pipeline build() {
            return new Pipeline(this);
        }
    }
}
