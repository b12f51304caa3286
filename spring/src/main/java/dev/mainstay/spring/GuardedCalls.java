package dev.mainstay.spring;

import dev.mainstay.Fallback;
import dev.mainstay.Guard;
import dev.mainstay.PolicyAccess;
import dev.mainstay.call.CallContext;
import dev.mainstay.future.Stages;
import java.util.concurrent.CompletableFuture;
import org.aopalliance.intercept.MethodInvocation;
import org.jspecify.annotations.Nullable;

/**
 * What is around one method, and how calls go through it, by the kind of result that the method gives. Safe for use by
 * many threads.
 *
 * @param composition the policies, and the fallback that a named pipeline is configured with
 * @param fallbacks methods that answer, instead of that; null for none
 * @param key what tells calls apart; null for nothing
 */
record GuardedCalls(
        Composition composition,
        @Nullable Fallbacks fallbacks,
        @Nullable KeyExpression key) {

    /** A call whose result is there when the method returns. */
    @Nullable
    Object plain(MethodInvocation invocation) throws Throwable {
        Composition.Composed composed = composition.current();
        InvocationBody body = InvocationBody.of(invocation, composed.repeats());
        Guard guard = keyed(composed.guard(), invocation);
        if (fallbacks == null) {
            Fallback<Object> configured = configured(composed);
            return configured == null
                    ? PolicyAccess.<Object>call(guard, CallContext.plain(), body)
                    : guard.withFallback(configured).callWithContext(body);
        }
        try {
            return PolicyAccess.<Object>call(guard, CallContext.plain(), body);
        } catch (Exception failure) {
            // It is made of the invocation only now: a success allocates nothing for it.
            CompletableFuture<Object> answer = fallbacks.of(invocation).answer(failure, CallContext.current());
            Throwable failedToo = Stages.failureOf(answer);
            if (failedToo != null) {
                throw failedToo;
            }
            return answer.join();
        }
    }

    /** A call that ends as the stage does which the method gives. Whatever goes wrong comes out of the future. */
    CompletableFuture<Object> stage(MethodInvocation invocation) {
        Composition.Composed composed = composition.current();
        InvocationBody body = InvocationBody.of(invocation, composed.repeats());
        Guard guard;
        try {
            guard = keyed(composed.guard(), invocation);
        } catch (RuntimeException noKey) {
            return CompletableFuture.failedFuture(noKey);
        }
        Fallback<Object> fallback = fallback(composed, invocation);
        return fallback == null
                ? guard.callAsync(body.stages())
                : guard.withFallback(fallback).callAsync(body.stages());
    }

    /** The result of calls that are made when somebody subscribes. */
    Object reactive(MethodInvocation invocation, Class<?> result, ReactiveGuard reactive) {
        Composition.Composed composed = composition.current();
        return reactive.around(
                result,
                keyed(composed.guard(), invocation),
                // Whoever has the publisher may subscribe more than once.
                InvocationBody.of(invocation, true),
                fallbacks == null ? null : fallbacks.of(invocation),
                fallbacks == null ? configured(composed) : null);
    }

    /** The key is found before the call begins: one that fails is a mistake, for which no fallback answers. */
    private Guard keyed(Guard guard, MethodInvocation invocation) {
        if (key == null) {
            return guard;
        }
        Object value = key.of(invocation);
        return guard.with(context -> context.key(value));
    }

    private @Nullable Fallback<Object> fallback(Composition.Composed composed, MethodInvocation invocation) {
        return fallbacks == null ? configured(composed) : fallbacks.of(invocation);
    }

    @SuppressWarnings("unchecked") // what a configured fallback gives is for the configuration to get right
    private static @Nullable Fallback<Object> configured(Composition.Composed composed) {
        return (Fallback<Object>) composed.fallback();
    }
}
