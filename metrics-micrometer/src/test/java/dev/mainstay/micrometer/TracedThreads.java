package dev.mainstay.micrometer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.ContextCarrier;
import io.micrometer.context.ContextRegistry;
import io.micrometer.context.integration.Slf4jThreadLocalAccessor;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.observation.contextpropagation.ObservationThreadLocalAccessor;
import io.micrometer.tracing.handler.DefaultTracingObservationHandler;
import io.micrometer.tracing.test.simple.SimpleSpan;
import io.micrometer.tracing.test.simple.SimpleTracer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.slf4j.MDC;

/**
 * Threads that trace: an observation registry with a tracer behind it, an MDC, and executors whose threads belong to
 * somebody else, with a trace and an MDC of their own, and are looked at after each task for whether they still have
 * these.
 */
final class TracedThreads {

    private final SimpleTracer tracer = new RestoringTracer();
    private final ObservationRegistry registry = ObservationRegistry.create();
    private final ContextRegistry contexts = new ContextRegistry()
            .registerThreadLocalAccessor(new ObservationThreadLocalAccessor(registry))
            .registerThreadLocalAccessor(new Slf4jThreadLocalAccessor());
    private final List<Runnable> queue = new ArrayList<>();
    private final List<Thread> threads = new CopyOnWriteArrayList<>();
    private final List<CompletableFuture<Void>> ended = new CopyOnWriteArrayList<>();

    TracedThreads() {
        registry.observationConfig().observationHandler(new DefaultTracingObservationHandler(tracer));
    }

    ObservationRegistry registry() {
        return registry;
    }

    SimpleTracer tracer() {
        return tracer;
    }

    ContextCarrier carrier() {
        return ContextPropagation.carrier(contexts);
    }

    /** What there is to see on this thread: the trace, and the order that the MDC tells of. */
    String seen() {
        SimpleSpan span = tracer.currentSpan();
        return (span == null ? "no trace" : "trace " + span.context().traceId()) + ", order " + MDC.get("order");
    }

    /** Does something in a new trace, with this order in the MDC. Returns what is to be seen there. */
    String in(String order, Runnable task) {
        Map<String, String> before = MDC.getCopyOfContextMap();
        String[] seen = new String[1];
        try {
            Observation.createNotStarted("request " + order, registry).observe(() -> {
                MDC.put("order", order);
                seen[0] = seen();
                task.run();
            });
        } finally {
            if (before == null) {
                MDC.clear();
            } else {
                MDC.setContextMap(before);
            }
        }
        return seen[0];
    }

    /** Does something on this thread as if that were somebody else's, and checks that it leaves there what it found. */
    void asSomebodyElse(Runnable task) {
        in("of somebody else", () -> {
            MDC.put("left", "behind");
            String seen = seen();
            Map<String, String> mdc = MDC.getCopyOfContextMap();
            Observation.Scope scope = registry.getCurrentObservationScope();

            task.run();

            assertThat(seen()).isEqualTo(seen);
            assertThat(MDC.getCopyOfContextMap()).isEqualTo(mdc);
            assertThat(registry.getCurrentObservationScope()).isSameAs(scope);
        });
    }

    /** Takes tasks until {@link #runQueue()}. */
    Executor queue() {
        return queue::add;
    }

    /** Runs on this thread what was queued, as somebody else. */
    void runQueue() {
        List<Runnable> tasks = List.copyOf(queue);
        queue.clear();
        assertThat(tasks).isNotEmpty();
        tasks.forEach(this::asSomebodyElse);
    }

    /** Runs each task at once on another thread, which is somebody else's. */
    Executor others() {
        return task -> {
            CompletableFuture<Void> end = new CompletableFuture<>();
            ended.add(end);
            Thread thread = new Thread(() -> {
                try {
                    asSomebodyElse(task);
                    assertThat(registry.getCurrentObservationScope()).isNull();
                    end.complete(null);
                } catch (Throwable failure) {
                    end.completeExceptionally(failure);
                }
            });
            threads.add(thread);
            thread.start();
        };
    }

    /** Waits for the other threads, and fails if one of them was not left as it was. */
    void join() throws Exception {
        for (Thread thread : threads) {
            thread.join();
        }
        for (CompletableFuture<Void> end : ended) {
            end.get(10, TimeUnit.SECONDS);
        }
    }
}
