package dev.mainstay.outcome;

import dev.mainstay.safe.Require;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * How a call ended that was allowed to be rejected: with a result, or with a {@link Rejection} that nobody had to
 * throw. Its methods do what those of {@link java.util.Optional} do that have the same names, but for null, which is a
 * result like any other. Immutable.
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

    /** The result, or what the supplier gives if the call was rejected. The supplier is not asked otherwise. */
    public abstract T orElseGet(Supplier<? extends T> other);

    /** The result, or what the function makes of the rejection. The function is not called if the call was made. */
    public abstract T orElseApply(Function<? super Rejection, ? extends T> other);

    /** What the function makes of the result, possibly null; the same rejection if the call was rejected. */
    public abstract <R extends @Nullable Object> Outcome<R> map(Function<? super T, ? extends R> mapper);

    /** Hands the result, null among them, to the action; does nothing if the call was rejected. */
    public abstract void ifPresent(Consumer<? super T> action);

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
        public T orElseGet(Supplier<? extends T> other) {
            return value;
        }

        @Override
        public T orElseApply(Function<? super Rejection, ? extends T> other) {
            return value;
        }

        @Override
        public <R extends @Nullable Object> Outcome<R> map(Function<? super T, ? extends R> mapper) {
            R mapped = mapper.apply(value);
            return new Made<>(mapped);
        }

        @Override
        public void ifPresent(Consumer<? super T> action) {
            action.accept(value);
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
        public T orElseGet(Supplier<? extends T> other) {
            return other.get();
        }

        @Override
        public T orElseApply(Function<? super Rejection, ? extends T> other) {
            return other.apply(rejection);
        }

        @Override
        public <R extends @Nullable Object> Outcome<R> map(Function<? super T, ? extends R> mapper) {
            return new Rejected<>(rejection);
        }

        @Override
        public void ifPresent(Consumer<? super T> action) {}

        @Override
        public String toString() {
            return "Outcome[rejected by '" + rejection.policyName() + "': " + rejection.reason() + "]";
        }
    }
}
