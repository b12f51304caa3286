package dev.mainstay.spring.options;

import dev.mainstay.ContextCarrier;
import dev.mainstay.time.TimeSource;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What policies get besides their options.
 *
 * @param beans what options name
 * @param customizers who has the last word, in this order
 * @param timeSource the clock of all that do not name another
 * @param carrier what is carried along by all that do not say otherwise
 */
record Surroundings(
        NamedBeans beans,
        List<PolicyCustomizer<?>> customizers,
        @Nullable TimeSource timeSource,
        ContextCarrier carrier) {

    <B> void customize(Class<B> builderType, String name, B builder) {
        for (PolicyCustomizer<?> customizer : customizers) {
            if (customizer.builderType() == builderType) {
                @SuppressWarnings("unchecked") // it says that it is for this builder
                PolicyCustomizer<B> mine = (PolicyCustomizer<B>) customizer;
                mine.customize(name, builder);
            }
        }
    }

    Surroundings with(NamedBeans other) {
        return new Surroundings(other, customizers, timeSource, carrier);
    }
}
