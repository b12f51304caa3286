package dev.mainstay;

import dev.mainstay.call.CallContext;
import dev.mainstay.future.Stages;
import dev.mainstay.safe.Failures;
import dev.mainstay.safe.Require;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** Which failures a fallback answers, and how: at once or with a stage. Immutable. */
abstract sealed class FallbackCase<T extends @Nullable Object> {

    private final Class<? extends Exception> type;

    private FallbackCase(Class<? extends Exception> type) {
        this.type = type;
    }

    final boolean matches(Exception failure) {
        return type.isInstance(failure);
    }

    /** Asks a function of the user's, with the call's context as the thread's current one meanwhile. */
    static <A extends @Nullable Object, R extends @Nullable Object> R ask(
            BiFunction<? super A, ? super CallContext, ? extends R> function, A argument, CallContext context) {
        @Nullable Object[] place = CallContext.place();
        Object before = place[0];
        place[0] = context;
        try {
            return function.apply(argument, context);
        } finally {
            place[0] = before;
        }
    }

    /** A case that has its answer at hand. */
    static final class AtOnce<T extends @Nullable Object> extends FallbackCase<T> {

        private final BiFunction<? super Exception, ? super CallContext, ? extends T> function;

        AtOnce(
                Class<? extends Exception> type,
                BiFunction<? super Exception, ? super CallContext, ? extends T> function) {
            super(type);
            this.function = function;
        }

        /** The answer. What the function throws comes out with the call's failure suppressed in it. */
        T answer(Exception failure, CallContext context) {
            try {
                return FallbackCase.<Exception, T>ask(function, failure, context);
            } catch (Throwable failedToo) {
                Failures.suppress(failedToo, failure);
                throw failedToo;
            }
        }
    }

    /** A case whose answer comes later. */
    static final class WithStage<T extends @Nullable Object> extends FallbackCase<T> {

        private final BiFunction<? super Exception, ? super CallContext, ? extends CompletionStage<? extends T>>
                function;

        WithStage(
                Class<? extends Exception> type,
                BiFunction<? super Exception, ? super CallContext, ? extends CompletionStage<? extends T>> function) {
            super(type);
            this.function = function;
        }

        /** Begins the answer. Whatever goes wrong comes out of the future. */
        CompletableFuture<T> begin(Exception failure, CallContext context) {
            try {
                CompletionStage<? extends T> stage =
                        FallbackCase.<Exception, CompletionStage<? extends T>>ask(function, failure, context);
                return Stages.ofBody(Require.present("the stage that a fallback gives", stage));
            } catch (Throwable failedToo) {
                return Stages.failed(failedToo);
            }
        }
    }
}
