package dev.mainstay.spring.options;

import dev.mainstay.Policy;
import dev.mainstay.registry.KeyedRegistry;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * An instance of a policy for each key of calls, such as each tenant or host.
 *
 * @param maxInstances how many keys have an instance of their own at most
 * @param keyRequired whether a call without a key is an error
 * @param metersPerKey whether each instance has meters of its own
 */
public record KeyedOptions(
        @Option("How many keys have an instance of their own at most; 1000 by default.") @Nullable
        Integer maxInstances,

        @Option("Whether a call without a key is an error; true by default. Otherwise it goes through a shared"
                + " instance.")
        @Nullable
        Boolean keyRequired,

        @Option("Whether each instance has meters of its own; false by default: they are put together.") @Nullable
        Boolean metersPerKey) {

    <P extends Policy> KeyedRegistry<P> registry(String name, Function<? super String, ? extends P> factory) {
        KeyedRegistry.Builder<P> builder = KeyedRegistry.<P>builder(name, factory);
        Settings.set(maxInstances, builder::maxInstances);
        Settings.set(keyRequired, builder::keyRequired);
        Settings.set(metersPerKey, builder::metersPerKey);
        return builder.build();
    }
}
