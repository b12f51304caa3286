package dev.mainstay.spring.annotation;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Several rate limiters, which the compiler puts together. */
@Target({ElementType.METHOD, ElementType.TYPE})
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Guarded
public @interface RateLimiters {

    /** The limiters, the outermost first. */
    RateLimiter[] value();
}
