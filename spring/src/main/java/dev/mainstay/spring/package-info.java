/**
 * Annotations that put policies around the methods of Spring beans. {@link dev.mainstay.spring.EnableMainstay} switches
 * them on, {@link dev.mainstay.spring.annotation} has them, and a {@link dev.mainstay.spring.PolicyCatalog} says what
 * their names mean.
 */
@NullMarked
package dev.mainstay.spring;

import org.jspecify.annotations.NullMarked;
