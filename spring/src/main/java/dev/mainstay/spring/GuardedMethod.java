package dev.mainstay.spring;

import org.aopalliance.intercept.MethodInvocation;
import org.jspecify.annotations.Nullable;

/** What our interceptor does with the invocations of one method of one class. Safe for use by many threads. */
@FunctionalInterface
interface GuardedMethod {

    /** A method that nothing is around. */
    GuardedMethod UNGUARDED = MethodInvocation::proceed;

    /** Makes the invocation through what guards it. */
    @Nullable
    Object invoke(MethodInvocation invocation) throws Throwable;
}
