package dev.mainstay.http;

import dev.mainstay.call.CallContext;
import dev.mainstay.call.Priority;
import dev.mainstay.safe.Require;
import dev.mainstay.time.Deadline;
import dev.mainstay.time.TimeSource;
import java.time.Duration;
import java.util.Locale;
import java.util.function.BiConsumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The headers in which a call's context travels from one service to the next: the time that is left, which attempt it
 * is, how much it matters. No standard names them, so each has the name that you give it, and without a name it is
 * neither sent nor read. {@link #ours()} has Mainstay's own names for all of them.
 *
 * <p>For clients: {@link #write} in each attempt. For servers: {@link #read}, only for callers that you trust. Knows no
 * HTTP library. Immutable and safe for use by many threads.
 */
public final class CallHeaders {

    private static final CallHeaders NONE = builder().build();
    private static final CallHeaders OURS = builder()
            .timeout("Mainstay-Timeout-Ms")
            .attempt("Mainstay-Attempt")
            .priority("Mainstay-Priority")
            .build();

    /** So many digits of milliseconds are 30 years. */
    private static final int DIGITS_AT_MOST = 12;

    private final @Nullable String timeout;
    private final @Nullable String grpcTimeout;
    private final @Nullable String attempt;
    private final @Nullable String priority;

    private CallHeaders(Builder builder) {
        timeout = builder.timeout;
        grpcTimeout = builder.grpcTimeout;
        attempt = builder.attempt;
        priority = builder.priority;
    }

    /** No headers at all. */
    public static CallHeaders none() {
        return NONE;
    }

    /** {@code Mainstay-Timeout-Ms}, {@code Mainstay-Attempt} and {@code Mainstay-Priority}. */
    public static CallHeaders ours() {
        return OURS;
    }

    /** Begins with no headers. */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Gives the headers of an attempt. To be called in each attempt anew: the time that is left shrinks.
     *
     * @param context of the attempt; without a deadline, no time-out is given
     * @param headers takes a name and a value
     */
    public void write(CallContext context, BiConsumer<String, String> headers) {
        Deadline deadline = timeout == null && grpcTimeout == null ? null : context.deadline();
        if (deadline != null) {
            Duration left = deadline.remaining();
            give(timeout, String.valueOf(left.toMillis()), headers);
            give(grpcTimeout, GrpcTimeout.format(left), headers);
        }
        give(attempt, String.valueOf(context.attempt()), headers);
        give(priority, context.priority().name().toLowerCase(Locale.ROOT), headers);
    }

    private static void give(@Nullable String name, String value, BiConsumer<String, String> headers) {
        if (name != null) {
            headers.accept(name, value);
        }
    }

    /**
     * The context of a call that has come in from a caller whom you trust: with the caller's deadline, unless it has a
     * nearer one already, and with the caller's priority. What is missing or cannot be read is as if it had not been
     * sent. From whom you do not trust, do not read: anybody can call himself critical.
     *
     * @param context what your own service says about the call
     * @param headers finds the first value of a header by its name, or null
     * @param time the clock on which the deadline is set; that of your policies
     */
    public CallContext read(CallContext context, UnaryOperator<@Nullable String> headers, TimeSource time) {
        CallContext read = within(context, milliseconds(value(timeout, headers)), time);
        read = within(read, GrpcTimeout.parse(value(grpcTimeout, headers)), time);
        Priority said = priorityOf(value(priority, headers));
        return said == null ? read : read.priority(said);
    }

    /** Which attempt of its caller's a call that has come in is, from 1, which is also for one that does not say. */
    public int attemptOf(UnaryOperator<@Nullable String> headers) {
        String value = value(attempt, headers);
        return value != null && isNumber(value, 9) ? Math.max(1, Integer.parseInt(value)) : 1;
    }

    private static CallContext within(CallContext context, @Nullable Duration left, TimeSource time) {
        return left == null ? context : context.deadline(Deadline.after(left, time));
    }

    private static @Nullable Duration milliseconds(@Nullable String value) {
        if (value == null) {
            return null;
        }
        if (value.startsWith("-") && isNumber(value.substring(1), DIGITS_AT_MOST)) {
            return Duration.ZERO;
        }
        return isNumber(value, DIGITS_AT_MOST) ? Duration.ofMillis(Long.parseLong(value)) : null;
    }

    private static boolean isNumber(String value, int digitsAtMost) {
        return !value.isEmpty()
                && value.length() <= digitsAtMost
                && value.chars().allMatch(c -> c >= '0' && c <= '9');
    }

    private static @Nullable Priority priorityOf(@Nullable String value) {
        for (Priority priority : Priority.values()) {
            if (priority.name().equalsIgnoreCase(value)) {
                return priority;
            }
        }
        return null;
    }

    private static @Nullable String value(@Nullable String name, UnaryOperator<@Nullable String> headers) {
        String value = name == null ? null : headers.apply(name);
        return value == null ? null : value.strip();
    }

    /** Collects names. Not safe for use by many threads. */
    public static final class Builder {

        private @Nullable String timeout;
        private @Nullable String grpcTimeout;
        private @Nullable String attempt;
        private @Nullable String priority;

        private Builder() {}

        /** The header for the time that is left, in whole milliseconds, rounded down; none by default. */
        public Builder timeout(String name) {
            this.timeout = Require.present("timeout", name);
            return this;
        }

        /** Also the time that is left in {@code grpc-timeout}, in gRPC's format; not by default. */
        public Builder grpcTimeout() {
            this.grpcTimeout = GrpcTimeout.HEADER;
            return this;
        }

        /** The header for the number of the attempt, from 1; none by default. */
        public Builder attempt(String name) {
            this.attempt = Require.present("attempt", name);
            return this;
        }

        /** The header for the priority, the name of a {@link Priority} in lower case; none by default. */
        public Builder priority(String name) {
            this.priority = Require.present("priority", name);
            return this;
        }

        /** The headers. */
        public CallHeaders build() {
            return new CallHeaders(this);
        }
    }
}
