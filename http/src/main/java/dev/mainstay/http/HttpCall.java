package dev.mainstay.http;

import dev.mainstay.call.CallContext;
import dev.mainstay.call.ContextKey;
import dev.mainstay.call.Idempotence;
import dev.mainstay.safe.Require;
import java.util.Locale;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What {@link HttpRules} must know of a request to say whether it may be sent again. A client's adapter puts it into
 * the call's context by {@link #in}; {@link ResilientHttpClient} does so by itself. Immutable; safe for use by many
 * threads if the functions that it was given are.
 */
public final class HttpCall {

    /** The request header whose presence makes any method idempotent, by draft-ietf-httpapi-idempotency-key-header. */
    public static final String IDEMPOTENCY_KEY = "Idempotency-Key";

    /** RFC 9110, section 9.2.2. */
    private static final Set<String> IDEMPOTENT = Set.of("GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE");

    private static final ContextKey<HttpCall> KEY = ContextKey.of("http.call", HttpCall.class);

    /** A request of which nothing is known. */
    static final HttpCall UNKNOWN = new HttpCall("?", false, () -> true, () -> true);

    private final String method;
    private final boolean idempotent;
    private final BooleanSupplier repeatable;
    private final BooleanSupplier unsent;

    private HttpCall(String method, boolean idempotent, BooleanSupplier repeatable, BooleanSupplier unsent) {
        this.method = method;
        this.idempotent = idempotent;
        this.repeatable = repeatable;
        this.unsent = unsent;
    }

    /** A request with this method, idempotent if RFC 9110 says so, whose body can be sent again. */
    public static HttpCall of(String method) {
        String upper = Require.present("method", method).toUpperCase(Locale.ROOT);
        return new HttpCall(upper, IDEMPOTENT.contains(upper), () -> true, () -> true);
    }

    /** What the context carries; null if it carries no request. */
    public static @Nullable HttpCall of(CallContext context) {
        return context.get(KEY);
    }

    /** The same, idempotent or not: because of an {@code Idempotency-Key}, or because you know the endpoint. */
    public HttpCall idempotent(boolean idempotent) {
        return new HttpCall(method, idempotent, repeatable, unsent);
    }

    /**
     * The same for a body that can perhaps not be sent again.
     *
     * @param repeatable whether the request can be sent once more; asked when an attempt has ended; must not throw
     */
    public HttpCall repeatableWhile(BooleanSupplier repeatable) {
        return new HttpCall(method, idempotent, Require.present("repeatable", repeatable), unsent);
    }

    /**
     * The same for a client that can fail to connect after it has sent the request: one that follows redirects.
     *
     * @param unsent whether nothing was sent in the last attempt if that failed to connect; asked when it has failed;
     *     must not throw
     */
    public HttpCall unsentWhile(BooleanSupplier unsent) {
        return new HttpCall(method, idempotent, repeatable, Require.present("unsent", unsent));
    }

    /** The method, in upper case. */
    public String method() {
        return method;
    }

    /** Whether the request does no harm when it is sent twice. */
    public boolean isIdempotent() {
        return idempotent;
    }

    /** Whether the request can be sent once more. */
    public boolean isRepeatable() {
        return repeatable.getAsBoolean();
    }

    /** Whether an attempt that failed to connect has sent nothing. */
    public boolean isUnsent() {
        return unsent.getAsBoolean();
    }

    /**
     * A context that carries this. If it is idempotent, the context says so to all policies, unless the context says
     * something about that already. If not, the context stays as it is: a connection that was refused may be tried
     * again even so.
     */
    public CallContext in(CallContext context) {
        CallContext with = context.with(KEY, this);
        return idempotent && with.idempotent() == Idempotence.UNKNOWN ? with.idempotent(Idempotence.YES) : with;
    }

    @Override
    public String toString() {
        return "HttpCall[" + method + (idempotent ? ", idempotent]" : "]");
    }
}
