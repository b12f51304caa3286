package dev.mainstay.micrometer;

import dev.mainstay.ContextCarrier;
import io.micrometer.context.ContextRegistry;
import io.micrometer.context.ContextSnapshot;
import io.micrometer.context.ContextSnapshotFactory;
import java.util.Objects;

/**
 * Carries along, whenever a call goes on on another thread, every thread-local that Micrometer's context-propagation
 * library knows: the current observation, and with it the trace; the MDC, once a {@link
 * io.micrometer.context.integration.Slf4jThreadLocalAccessor} is registered; whatever else has an accessor.
 *
 * <pre>{@code
 * Pipeline inventory = Pipeline.builder("inventory")
 *         .policies(retry, breaker, pool)
 *         .contextCarrier(ContextPropagation.carrier())
 *         .build();
 * }</pre>
 *
 * <p>While the call runs, the thread has what the caller had, and nothing else: what the caller did not have is out of
 * sight, so that a call without a trace is not booked to the trace of another that happens to be on that thread.
 * Afterwards the thread has what it had before.
 */
public final class ContextPropagation {

    private ContextPropagation() {}

    /**
     * Carries what is known to {@link ContextRegistry#getInstance()}. Accessors that are registered later are taken
     * into account.
     */
    public static ContextCarrier carrier() {
        return carrier(ContextRegistry.getInstance());
    }

    /** Carries what is known to a registry of your own. */
    public static ContextCarrier carrier(ContextRegistry registry) {
        ContextSnapshotFactory snapshots = ContextSnapshotFactory.builder()
                .contextRegistry(Objects.requireNonNull(registry, "registry"))
                .clearMissing(true)
                .build();
        return () -> {
            ContextSnapshot snapshot = snapshots.captureAll();
            return () -> snapshot.setThreadLocals()::close;
        };
    }
}
