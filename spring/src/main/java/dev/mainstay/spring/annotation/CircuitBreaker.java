package dev.mainstay.spring.annotation;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.springframework.core.annotation.AliasFor;

/**
 * Puts a {@link dev.mainstay.breaker.CircuitBreaker} around the method. Its options have effect unless the breaker of
 * this name is configured elsewhere, which wins; those that are empty have the defaults of {@link
 * dev.mainstay.breaker.CircuitBreakerConfig}. Annotations with one name must give the same options.
 */
@Target({ElementType.METHOD, ElementType.TYPE})
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Guarded
public @interface CircuitBreaker {

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
     * Which breaker a call goes to: an argument ({@code "#tenant"}) or another SpEL expression over the arguments
     * ({@code "#order.customer"}), whose value must not be null. Each key has a breaker of its own, for 1000 keys at
     * most, and those beyond share one. Without a key, all calls share one breaker. A method has one key at most.
     */
    String key() default "";

    /** At what rate of failures it opens, in percent. */
    String failureRateThreshold() default "";

    /** How many of the last calls are looked at. */
    String slidingWindowSize() default "";

    /** How many calls there must be before a rate means something. */
    String minimumNumberOfCalls() default "";

    /** How long it stays open: {@code "5s"}, {@code "500ms"}. */
    String waitDurationInOpenState() default "";

    /** How many probes it lets through afterwards. */
    String permittedNumberOfCallsInHalfOpenState() default "";

    /** From which duration on a call is a slow one. */
    String slowCallDurationThreshold() default "";

    /** At what rate of slow calls it opens, in percent. */
    String slowCallRateThreshold() default "";

    /** What counts as a failure; all others then count as successes. */
    Class<? extends Exception>[] recordExceptions() default {};

    /** What is not counted. */
    Class<? extends Exception>[] ignoreExceptions() default {};
}
