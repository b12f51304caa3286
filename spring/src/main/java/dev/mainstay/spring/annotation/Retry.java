package dev.mainstay.spring.annotation;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.springframework.core.annotation.AliasFor;

/**
 * Puts a {@link dev.mainstay.retry.Retry} around the method, which is invoked anew for each attempt. Its options have
 * effect unless the retry of this name is configured elsewhere, which wins; those that are empty have the defaults of
 * {@link dev.mainstay.retry.RetryConfig}. Annotations with one name must give the same options.
 */
@Target({ElementType.METHOD, ElementType.TYPE})
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Guarded
public @interface Retry {

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

    /**
     * Which retry a call goes to: an argument ({@code "#tenant"}) or another SpEL expression over the arguments ({@code
     * "#order.customer"}), whose value must not be null. Each key has a retry of its own, for 1000 keys at most, and
     * those beyond share one. Without a key, all calls share one retry. A method has one key at most.
     */
    String key() default "";

    /** How many attempts a call has at most, the first among them. */
    String maxAttempts() default "";

    /** How long after a call's begin a retry may still begin. */
    String maxDuration() default "";

    /** How long to wait at most because the other side asked for it. */
    String maxRetryAfter() default "";

    /** What is retried; all others then are not. */
    Class<? extends Exception>[] retryExceptions() default {};

    /** What is not retried. */
    Class<? extends Exception>[] ignoreExceptions() default {};
}
