package dev.mainstay.spring;

import dev.mainstay.ContextCarrier;
import dev.mainstay.Fallback;
import dev.mainstay.Pipeline;
import dev.mainstay.Policy;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The pipelines and policies that annotations name. Implementations are thread-safe. */
public interface PolicyCatalog {

    /** The pipeline of this name, or null if there is none. The handle stays the same while the application runs. */
    @Nullable
    PipelineHandle pipeline(String name);

    /**
     * The policy of this kind and name. One that nobody configured is made from the defaults of its kind and the inline
     * values; what is configured for this name wins over inline values.
     *
     * @param kind the class of the policy, such as {@code CircuitBreaker.class}
     * @param inline option in kebab-case to value as text
     * @throws IllegalArgumentException that names policy, option, value and what is allowed
     */
    <P extends Policy> P policy(Class<P> kind, String name, Map<String, String> inline);

    /** Whether guards are in force; false if every call goes straight through. */
    default boolean isEnabled() {
        return true;
    }

    /** The names of all pipelines. */
    Set<String> pipelineNames();

    /** The fallback that the pipeline of this name is configured with, or null if it has none. */
    default @Nullable Fallback<?> fallback(String pipelineName) {
        return null;
    }

    /** What pipelines carry along whenever a call goes on on another thread, unless they say otherwise. */
    default ContextCarrier contextCarrier() {
        return ContextCarrier.none();
    }

    /** A pipeline whose composition may change while the application runs. Thread-safe. */
    interface PipelineHandle {

        /** The name of the pipeline. */
        String name();

        /** The pipeline in force: one volatile read. It is another one once the composition has been changed. */
        Pipeline current();
    }
}
