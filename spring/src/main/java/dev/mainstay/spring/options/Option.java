package dev.mainstay.spring.options;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** What an option means. Pages and the metadata for editors are made of it. */
@Documented
@Target(ElementType.RECORD_COMPONENT)
@Retention(RetentionPolicy.RUNTIME)
public @interface Option {

    /** What it does, what is allowed and what the default is. */
    String value();

    /**
     * Components of the same record that this one takes the place of: where they come from a base, and this one is set
     * over the base, they no longer count.
     */
    String[] displaces() default {};
}
