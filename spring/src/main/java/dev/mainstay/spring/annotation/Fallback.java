package dev.mainstay.spring.annotation;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Says what answers when a call of the method has failed, and all policies around it have had their say.
 *
 * <p>A fallback takes all arguments of the method, the failure, both (the failure last), or nothing. Of several, the
 * one answers whose parameter is the most specific type of the failure; one without such a parameter answers for every
 * {@code Exception}. None answers for an {@code Error}, an interrupt or a cancellation. It gives what the method gives;
 * for a method that gives a stage, it may also give the value itself.
 */
@Target({ElementType.METHOD, ElementType.TYPE})
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Guarded
public @interface Fallback {

    /**
     * Where the answer comes from. All methods of a name that fit are taken, whatever their visibility:
     *
     * <ul>
     *   <li>{@code "offline"}: methods of the same bean, static ones among them,
     *   <li>{@code "defaults::stock"}: methods of the bean {@code defaults},
     *   <li>{@code "com.acme.Defaults::stock"}: static methods of that class.
     * </ul>
     */
    String[] value();
}
