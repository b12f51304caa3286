package dev.mainstay;

import dev.mainstay.call.CallContext;
import dev.mainstay.call.ContextKey;
import dev.mainstay.safe.Require;

/**
 * For what goes around a pipeline and measures its calls itself, as an observation does that becomes a timer: says so,
 * and the {@linkplain Pipeline.Builder#timed pipeline's own timer} leaves these calls out. So each call is measured
 * once.
 */
public final class MeasuredOutside {

    private static final ContextKey<String> BY_NAME = ContextKey.of("measured outside", String.class);

    private MeasuredOutside() {}

    /**
     * The context for calls whose duration is measured further out already.
     *
     * @param pipeline the name of the pipeline whose timer leaves them out; calls of others further in are timed
     */
    public static CallContext mark(CallContext context, String pipeline) {
        return context.with(BY_NAME, Require.present("pipeline", pipeline));
    }

    static boolean isMarked(CallContext context, String pipeline) {
        return pipeline.equals(context.get(BY_NAME));
    }

    /** For what is further in: a call of the same pipeline that the body makes is another call. */
    static CallContext unmarked(CallContext context) {
        return context.with(BY_NAME, null);
    }
}
