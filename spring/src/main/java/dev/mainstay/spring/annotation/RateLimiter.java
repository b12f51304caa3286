package dev.mainstay.spring.annotation;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Repeatable;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.springframework.core.annotation.AliasFor;

/**
 * Puts a {@link dev.mainstay.ratelimit.RateLimiter} around the method; several of them, if it is repeated, in the order
 * in which they are written. Its options have effect unless the limiter of this name is configured elsewhere, which
 * wins. The limit and its period are required otherwise. Annotations with one name must give the same options.
 */
@Target({ElementType.METHOD, ElementType.TYPE})
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Repeatable(RateLimiters.class)
@Guarded
public @interface RateLimiter {

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
     * Which limiter a call goes to: an argument ({@code "#tenant"}) or another SpEL expression over the arguments
     * ({@code "#order.customer"}), whose value must not be null. Each key has a limiter of its own, for 1000 keys at
     * most, and those beyond share one. Without a key, all calls share one limiter. A method has one key at most.
     */
    String key() default "";

    /** How many permits come back in each {@link #limitRefreshPeriod}. */
    String limitForPeriod() default "";

    /** In how long {@link #limitForPeriod} permits come back: {@code "1s"}. */
    String limitRefreshPeriod() default "";

    /** How many permits can be had at once after a pause. */
    String burst() default "";

    /** How long a call may wait for its permit. */
    String timeoutDuration() default "";
}
