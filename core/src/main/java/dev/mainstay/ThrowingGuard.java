package dev.mainstay;

import dev.mainstay.call.CallContext;
import dev.mainstay.outcome.Outcome;
import dev.mainstay.safe.Require;
import org.jspecify.annotations.Nullable;

/**
 * A guard for calls that throw two checked exceptions, where a lambda would infer their common supertype: {@code
 * guard.throwing(IOException.class, SQLException.class).call(() -> load(file))}. Immutable and safe for use by many
 * threads.
 *
 * @param <A> one exception that the calls throw
 * @param <B> the other
 */
public final class ThrowingGuard<A extends Exception, B extends Exception> {

    private final Guard guard;

    ThrowingGuard(Guard guard) {
        this.guard = guard;
    }

    /** Makes the call and returns its result. */
    public <T extends @Nullable Object> T call(Supplier<? extends T, ? extends A, ? extends B> body) throws A, B {
        Require.present("body", body);
        return GuardEntry.<T, A>make(guard, CallContext.plain(), context -> body.call());
    }

    /** The same for a call that wants to know its context. */
    public <T extends @Nullable Object> T callWithContext(Body<? extends T, ? extends A, ? extends B> body)
            throws A, B {
        Require.present("body", body);
        return GuardEntry.<T, A>make(guard, CallContext.current().inherited(), context -> body.in(context));
    }

    /** The same for a call without a result. */
    public void run(Action<? extends A, ? extends B> body) throws A, B {
        Require.present("body", body);
        GuardEntry.<@Nullable Void, A>make(guard, CallContext.plain(), context -> {
            body.run();
            return null;
        });
    }

    /** Makes the call, or says as a value that a policy rejected it. */
    public <T extends @Nullable Object> Outcome<T> tryCall(Supplier<? extends T, ? extends A, ? extends B> body)
            throws A, B {
        Require.present("body", body);
        return GuardEntry.<T, A>attempt(guard, CallContext.plain(), context -> body.call());
    }

    @Override
    public String toString() {
        return guard.toString();
    }

    /**
     * A call that throws either of two checked exceptions.
     *
     * @param <T> what it returns, possibly null
     * @param <A> one exception that it throws
     * @param <B> the other
     */
    @FunctionalInterface
    public interface Supplier<T extends @Nullable Object, A extends Exception, B extends Exception> {

        /** Makes the call. */
        T call() throws A, B;
    }

    /**
     * A call that wants to know its context and throws either of two checked exceptions.
     *
     * @param <T> what it returns, possibly null
     * @param <A> one exception that it throws
     * @param <B> the other
     */
    @FunctionalInterface
    public interface Body<T extends @Nullable Object, A extends Exception, B extends Exception> {

        /** Makes the call. */
        T in(CallContext context) throws A, B;
    }

    /**
     * A call without a result that throws either of two checked exceptions.
     *
     * @param <A> one exception that it throws
     * @param <B> the other
     */
    @FunctionalInterface
    public interface Action<A extends Exception, B extends Exception> {

        /** Makes the call. */
        void run() throws A, B;
    }
}
