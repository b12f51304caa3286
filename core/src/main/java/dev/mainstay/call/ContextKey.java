package dev.mainstay.call;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The key of an attribute that travels inwards with a call. Keys are equal only to themselves; the name is for people.
 *
 * @param <V> the attribute's type
 */
public final class ContextKey<V> {

    private final String name;
    private final Class<V> type;

    private ContextKey(String name, Class<V> type) {
        this.name = name;
        this.type = type;
    }

    /** A new key. */
    public static <V> ContextKey<V> of(String name, Class<V> type) {
        return new ContextKey<>(Objects.requireNonNull(name, "name"), Objects.requireNonNull(type, "type"));
    }

    @Nullable
    V cast(@Nullable Object value) {
        return type.cast(value);
    }

    @Override
    public String toString() {
        return name;
    }
}
