package dev.mainstay.spring.annotation;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.springframework.core.annotation.AliasFor;

/**
 * Makes the calls of the method on the threads of a {@link dev.mainstay.bulkhead.ThreadPoolBulkhead}; the caller waits
 * for them. Its options have effect unless the pool of this name is configured elsewhere, which wins; those that are
 * empty have the defaults of {@link dev.mainstay.bulkhead.ThreadPoolBulkheadConfig}. Annotations with one name must
 * give the same options. What hangs on the caller's thread (a transaction, a request, a security context) is there only
 * if the pool's context carrier brings it.
 */
@Target({ElementType.METHOD, ElementType.TYPE})
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Guarded
public @interface ThreadPoolBulkhead {

    /** The same as {@link #name}. */
    @AliasFor("name")
    String value() default "";

    /**
     * What the policy is called. Annotations with one name share the policy. Unless given, the class and the method:
     * {@code InventoryClient.stock}.
     */
    @AliasFor("value")
    String name() default "";

    /** What answers when the call has failed; see {@link Fallback#value}. It stands outside of all policies. */
    String[] fallback() default {};

    /** How many calls may run at a time. */
    String maxThreads() default "";

    /** How many calls may be in the queue. */
    String queueCapacity() default "";

    /** How long a call may be in the queue. */
    String maxWaitDuration() default "";

    /**
     * Whether a call that runs is interrupted when its caller gives it up; {@code true} or {@code false}. If it is not,
     * the caller does not wait for its end.
     */
    String interruptOnCancel() default "";
}
