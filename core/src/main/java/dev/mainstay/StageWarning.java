package dev.mainstay;

import dev.mainstay.safe.SafeLog;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/**
 * For policies: warns, once, of a body that gives a {@code CompletionStage} or a {@code Publisher} through a synchronous form. The policies then see how quickly it was begun, and not how it
 * ends: it belongs into {@link Guard#callAsync}. Looks at the first few results of a policy only, so that it costs the others one read. Safe for use by many threads, of which each may miss what another
 * has written.
 */
public final class StageWarning {

    private static final SafeLog LOG = SafeLog.of(StageWarning.class);
    private static final int FIRST_RESULTS = 16;
    private static final String PUBLISHER = "org.reactivestreams.Publisher";

    private int left = FIRST_RESULTS;

    /** Has looked at nothing yet. */
    public StageWarning() {}

    /** Whether it still wants to {@linkplain #look look}. */
    public boolean isLooking() {
        return left > 0;
    }

    /** Looks at a result that a synchronous call has given. Never throws. */
    public void look(String policy, @Nullable Object result) {
        left--;
        try {
            if (result instanceof CompletionStage || (result != null && isPublisher(result.getClass()))) {
                left = 0;
                LOG.warn(
                        "'" + policy + "': a synchronous call gave a " + result.getClass().getName()
                                + ", which may not be complete: the policies see that it was begun, and not how it ends;"
                                + " use callAsync",
                        "policy",
                        policy);
            }
        } catch (Throwable noRoom) {
            // The result is the call's all the same.
        }
    }

    /** By name, since the interface of Reactive Streams may not be there. */
    private static boolean isPublisher(Class<?> type) {
        if (type == Flow.Publisher.class || type.getName().equals(PUBLISHER)) {
            return true;
        }
        for (Class<?> each : type.getInterfaces()) {
            if (isPublisher(each)) {
                return true;
            }
        }
        Class<?> above = type.getSuperclass();
        return above != null && above != Object.class && isPublisher(above);
    }
}
