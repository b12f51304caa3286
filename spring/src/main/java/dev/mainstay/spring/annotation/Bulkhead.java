package dev.mainstay.spring.annotation;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.springframework.core.annotation.AliasFor;

/**
 * Puts a {@link dev.mainstay.bulkhead.Bulkhead} around the method. Its options have effect unless the bulkhead of this
 * name is configured elsewhere, which wins; those that are empty have the defaults of {@link
 * dev.mainstay.bulkhead.BulkheadConfig}. Annotations with one name must give the same options.
 */
@Target({ElementType.METHOD, ElementType.TYPE})
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Guarded
public @interface Bulkhead {

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
     * Which bulkhead a call goes to: an argument ({@code "#tenant"}) or another SpEL expression over the arguments
     * ({@code "#order.customer"}), whose value must not be null. Each key has a bulkhead of its own, for 1000 keys at
     * most, and those beyond share one. Without a key, all calls share one bulkhead. A method has one key at most.
     */
    String key() default "";

    /** How many calls may be in progress at a time. */
    String maxConcurrentCalls() default "";

    /** How long a call may wait for a slot. */
    String maxWaitDuration() default "";

    /** How many calls may wait at a time. */
    String maxQueuedCalls() default "";
}
