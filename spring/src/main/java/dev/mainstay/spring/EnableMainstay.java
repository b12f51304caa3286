package dev.mainstay.spring;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.springframework.context.annotation.Import;

/**
 * Switches the annotations of {@link dev.mainstay.spring.annotation} on in an application without Spring Boot. Put it
 * on a {@code @Configuration} class. Names stand for the {@code Pipeline} and policy beans that have them, as {@link
 * BeanPolicyCatalog} says, unless there is a {@link PolicyCatalog} bean of your own.
 *
 * <p>These properties of the environment say more:
 *
 * <ul>
 *   <li>{@code mainstay.annotations.unadvised}: {@code warn} (the default), {@code fail} or {@code off}, for
 * annotations
 *       that have no effect since no proxy sees the calls,
 *   <li>{@code mainstay.annotations.self-calls}: the same for calls that a bean makes to itself; {@code off} by
 * default,
 *       since each class file is read for it,
 *   <li>{@code mainstay.annotations.order}: where our advice stands among others; by default outside of transactions.
 * </ul>
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Import({BeanCatalogConfiguration.class, AnnotationConfiguration.class})
public @interface EnableMainstay {}
