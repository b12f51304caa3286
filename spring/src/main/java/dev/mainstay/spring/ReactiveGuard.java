package dev.mainstay.spring;

import dev.mainstay.Fallback;
import dev.mainstay.Guard;
import dev.mainstay.call.CallBody;
import org.jspecify.annotations.Nullable;

/**
 * Guards methods whose results are subscribed to. Found as a bean; without one, such methods stop the start. Safe for
 * use by many threads.
 */
interface ReactiveGuard {

    /** Whether it guards methods with results of this type. */
    boolean guards(Class<?> result);

    /**
     * The result of one call, guarded: each subscription is a call.
     *
     * @param result the type that the method gives
     * @param guard what goes around it, the key of the call included
     * @param body invokes the method and gives what is to be subscribed to; may be asked several times
     * @param ofMethods answers with what a method of this type gives; null for none
     * @param ofValues answers with an item, where there is none of methods; null for none
     */
    Object around(
            Class<?> result,
            Guard guard,
            CallBody<Object> body,
            @Nullable Fallback<Object> ofMethods,
            @Nullable Fallback<Object> ofValues);
}
