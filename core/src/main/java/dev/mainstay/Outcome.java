package dev.mainstay;

import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * How a call ended that was allowed to be rejected: with a result, or with a {@link Rejection} that nobody had to
 * throw. Immutable.
 *
 * @param <T> what the call returns, possibly null
 */
public abstract sealed class Outcome<T extends @Nullable Object> {

    private Outcome() {}

    /** The call was made and gave this result. */
    public static <T extends @Nullable Object> Outcome<T> of(T value) {
        return new Made<>(value);
    }

    /** The call was rejected. */
    public static <T extends @Nullable Object> Outcome<T> rejected(Rejection rejection) {
        return new Rejected<>(Require.present("rejection", rejection));
    }

    /** Whether the call was rejected. */
    public abstract boolean isRejected();

    /** The rejection, or null if the call was made. */
    public abstract @Nullable Rejection rejection();

    /**
     * The result.
     *
     * @throws CallRejectedException if the call was rejected
     */
    public abstract T get();

    /** The result, or the other value if the call was rejected. */
    public abstract T orElse(T other);

    /** The result, or what the function makes of the rejection. */
    public abstract T orElseGet(Function<? super Rejection, ? extends T> other);

    private static final class Made<T extends @Nullable Object> extends Outcome<T> {

        private final T value;

        Made(T value) {
            this.value = value;
        }

        @Override
        public boolean isRejected() {
            return false;
        }

        @Override
        public @Nullable Rejection rejection() {
            return null;
        }

        @Override
        public T get() {
            return value;
        }

        @Override
        public T orElse(T other) {
            return value;
        }

        @Override
        public T orElseGet(Function<? super Rejection, ? extends T> other) {
            return value;
        }

        @Override
        public String toString() {
            return "Outcome[" + value + "]";
        }
    }

    private static final class Rejected<T extends @Nullable Object> extends Outcome<T> {

        private final Rejection rejection;

        Rejected(Rejection rejection) {
            this.rejection = rejection;
        }

        @Override
        public boolean isRejected() {
            return true;
        }

        @Override
        public Rejection rejection() {
            return rejection;
        }

        @Override
        public T get() {
            throw rejection.toException();
        }

        @Override
        public T orElse(T other) {
            return other;
        }

        @Override
        public T orElseGet(Function<? super Rejection, ? extends T> other) {
            return other.apply(rejection);
        }

        @Override
        public String toString() {
            return "Outcome[rejected by '" + rejection.policyName() + "': " + rejection.reason() + "]";
        }
    }
}
