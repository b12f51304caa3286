package dev.mainstay.spring.annotation;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Puts the pipeline of this name around the method: {@code @Resilient("inventory")}. A pipeline is a {@link
 * dev.mainstay.Pipeline} bean, or what the configuration says it is. If there is none of this name, the application
 * does not start. Other annotations on the method stand inside of it, except for fallbacks.
 */
@Target({ElementType.METHOD, ElementType.TYPE})
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Guarded
public @interface Resilient {

    /** The name of the pipeline. Placeholders are resolved. */
    String value();

    /** What answers when the call has failed; see {@link Fallback#value}. It stands outside of all policies. */
    String[] fallback() default {};

    /**
     * What keyed policies of the pipeline tell apart: an argument ({@code "#tenant"}) or another SpEL expression over
     * the arguments ({@code "#order.customer"}), whose value must not be null. Without one, calls have no key.
     */
    String key() default "";
}
