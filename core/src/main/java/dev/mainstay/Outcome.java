package dev.mainstay;

import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * How a call ended that was allowed to be refused: with a result, or with a {@link Refusal} that nobody had to throw. Immutable.
 *
 * @param <T> what the call returns, possibly null
 */
public final class Outcome<T extends @Nullable Object> {

    private final @Nullable Object value;
    private final @Nullable Refusal refusal;

    private Outcome(@Nullable Object value, @Nullable Refusal refusal) {
        this.value = value;
        this.refusal = refusal;
    }

    /** The call was made and gave this result. */
    public static <T extends @Nullable Object> Outcome<T> of(T value) {
        return new Outcome<>(value, null);
    }

    /** The call was refused. */
    public static <T extends @Nullable Object> Outcome<T> refused(Refusal refusal) {
        return new Outcome<>(null, Require.present("refusal", refusal));
    }

    /** Whether the call was refused. */
    public boolean isRefused() {
        return refusal != null;
    }

    /** The refusal, or null if the call was made. */
    public @Nullable Refusal refusal() {
        return refusal;
    }

    /**
     * The result.
     *
     * @throws CallRejectedException if the call was refused
     */
    public T get() {
        if (refusal != null) {
            throw refusal.toException();
        }
        return result();
    }

    /** The result, or the other value if the call was refused. */
    public T orElse(T other) {
        return refusal == null ? result() : other;
    }

    /** The result, or what the function makes of the refusal. */
    public T orElseGet(Function<? super Refusal, ? extends T> other) {
        return refusal == null ? result() : other.apply(refusal);
    }

    /** Null only where {@code T} admits it. */
    @SuppressWarnings({"unchecked", "NullAway"})
    private T result() {
        return (T) value;
    }

    @Override
    public String toString() {
        return refusal == null
                ? "Outcome[" + value + "]"
                : "Outcome[refused by '" + refusal.policyName() + "': " + refusal.reason() + "]";
    }
}
