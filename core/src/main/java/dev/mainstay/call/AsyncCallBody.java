package dev.mainstay.call;

import dev.mainstay.Chain;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * A call that answers with a stage, as a {@link Chain} carries it. It may be made several times, and each time gives a
 * stage of its own.
 *
 * @param <T> what the stage completes with, possibly null
 */
@FunctionalInterface
public interface AsyncCallBody<T extends @Nullable Object> {

    /**
     * Begins the call and does not block.
     *
     * @param context what is known about the call: its deadline, which attempt this is, and what the caller attached
     * @return the stage that completes with it; never null
     */
    CompletionStage<T> in(CallContext context) throws Exception;
}
