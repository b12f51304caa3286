package dev.mainstay;

import dev.mainstay.safe.SafeLog;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/**
 * For policies: warns, once, of a body that gives a {@code CompletionStage} or a {@code Publisher} through a
 * synchronous form. The policies then see how quickly it was begun, and not how it ends: it belongs into {@link
 * Guard#callAsync}. Looks at the first few results of a policy only, which counts them in a plain field: so it costs
 * the others one read.
 */
public final class StageWarning {

    private static final SafeLog LOG = SafeLog.of(StageWarning.class);

    /** How many results of a policy are looked at. */
    public static final int FIRST_RESULTS = 16;

    private static final String PUBLISHER = "org.reactivestreams.Publisher";

    private StageWarning() {}

    /**
     * Looks at a result that a synchronous call has given. Never throws.
     *
     * @param left how many results of the policy are still to be looked at, above 0
     * @return how many are after this one
     */
    public static int look(String policy, @Nullable Object result, int left) {
        try {
            if (result instanceof CompletionStage || (result != null && isPublisher(result.getClass()))) {
                LOG.warn(
                        "'{policy}': a synchronous call gave a {type}, which may not be complete: the policies see that"
                                + " it was begun, and not how it ends; use callAsync",
                        "policy",
                        policy,
                        "type",
                        result.getClass().getName());
                return 0;
            }
        } catch (Throwable noRoom) {
            // The result is the call's all the same.
        }
        return left - 1;
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
