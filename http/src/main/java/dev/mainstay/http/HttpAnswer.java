package dev.mainstay.http;

import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** An answer as {@link HttpRules} look at it: any HTTP client's response can be seen so. */
public interface HttpAnswer {

    /** The status code. */
    int status();

    /** The first value of a header, whose name is not case-sensitive; null if there is none. */
    @Nullable
    String header(String name);

    /**
     * The request that was answered, for calls whose context does not {@linkplain
     * HttpCall#of(dev.mainstay.call.CallContext) carry} it; null if it is not known.
     */
    default @Nullable HttpCall call() {
        return null;
    }

    /**
     * An answer of these parts.
     *
     * @param headers finds the first value of a header by its name, or null
     */
    static HttpAnswer of(int status, UnaryOperator<@Nullable String> headers) {
        return new HttpAnswer() {
            @Override
            public int status() {
                return status;
            }

            @Override
            public @Nullable String header(String name) {
                return headers.apply(name);
            }
        };
    }

    /** Sees the results of a client's calls as answers. Safe for use by many threads. */
    @FunctionalInterface
    interface Reader {

        /** The answer, or null if the result is none; such a result is a success. */
        @Nullable
        HttpAnswer read(@Nullable Object result);
    }
}
