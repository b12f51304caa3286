package dev.mainstay.spring.annotation;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.springframework.core.annotation.AliasFor;

/**
 * Puts a {@link dev.mainstay.TimeLimiter} around the method, whatever it returns: a plain method is interrupted when
 * the time is up, a stage is cancelled. Its options have effect unless the limiter of this name is configured
 * elsewhere, which wins; those that are empty have the defaults of {@link dev.mainstay.TimeLimiterConfig}. Annotations
 * with one name must give the same options.
 *
 * <p>A plain method that ignores interrupts delays its caller. With a {@link ThreadPoolBulkhead} whose {@code
 * interruptOnCancel} is false, the caller is released on time whatever the method does.
 */
@Target({ElementType.METHOD, ElementType.TYPE})
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Guarded
public @interface TimeLimiter {

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

    /** How long a call may take: {@code "300ms"}. */
    String timeoutDuration() default "";

    /** Whether what goes on is interrupted or cancelled; {@code true} or {@code false}. */
    String cancelOnTimeout() default "";
}
