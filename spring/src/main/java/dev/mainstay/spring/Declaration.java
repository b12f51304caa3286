package dev.mainstay.spring;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the annotations on a method, and on its class, say.
 *
 * @param pipeline the name of the pipeline, or null
 * @param policies single policies, the outermost first
 * @param fallbacks where the fallbacks are; empty for none
 * @param key the expression for the key, or null
 * @param ignored what has no effect, and why; for the log
 */
record Declaration(
        @Nullable String pipeline,
        List<Single> policies,
        List<String> fallbacks,
        @Nullable String key,
        List<String> ignored) {

    /**
     * A policy with an annotation of its own.
     *
     * @param named whether the annotation says the name
     * @param keyed whether the key tells several of them apart
     */
    record Single(PolicyKind<?, ?, ?> kind, String name, boolean named, Map<String, String> inline, boolean keyed) {

        @Override
        public String toString() {
            return kind.label() + " '" + name + "'" + (keyed ? " by key" : "");
        }
    }
}
