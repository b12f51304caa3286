package dev.mainstay.spring.options;

import java.util.Objects;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * Has the last word on the options of policies, or of pipelines, where configuration does not suffice. A bean of this
 * type is asked for each policy of its kind, when it is made and when it is changed.
 *
 * <pre>{@code
 * @Bean
 * PolicyCustomizer<RetryConfig.Builder> inventoryRetry() {
 *     return PolicyCustomizer.of(RetryConfig.Builder.class, "inventory", retry -> retry.maxAttempts(5));
 * }
 * }</pre>
 *
 * @param <B> the builder, such as {@code CircuitBreakerConfig.Builder} or {@code Pipeline.Builder}
 */
public interface PolicyCustomizer<B> {

    /** The class of the builder. */
    Class<B> builderType();

    /**
     * Changes options of the policy of this name. It is called again for each live change, and must then do the same.
     * What it throws ends the start, or rejects the change.
     */
    void customize(String name, B builder);

    /** For all policies whose options are built by {@code builderType}. */
    static <B> PolicyCustomizer<B> of(Class<B> builderType, BiConsumer<? super String, ? super B> change) {
        Objects.requireNonNull(builderType, "builderType");
        Objects.requireNonNull(change, "change");
        return new PolicyCustomizer<>() {
            @Override
            public Class<B> builderType() {
                return builderType;
            }

            @Override
            public void customize(String name, B builder) {
                change.accept(name, builder);
            }
        };
    }

    /** For the policy of this name. */
    static <B> PolicyCustomizer<B> of(Class<B> builderType, String name, Consumer<? super B> change) {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(change, "change");
        return of(builderType, (policy, builder) -> {
            if (policy.equals(name)) {
                change.accept(builder);
            }
        });
    }
}
