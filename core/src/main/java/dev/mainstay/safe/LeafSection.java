package dev.mainstay.safe;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Marks a method that is {@code synchronized}, or holds a {@code synchronized} block, around plain reads and writes
 * only: no call, no allocation, at most one compare-and-set.
 *
 * <p>The JVM throws a {@link StackOverflowError} where a method is called. A section without calls can therefore
 * neither stay locked nor be left half done, which is true of no other lock. But it may not be entered at all: the
 * interpreter looks at the stack where a block begins, too. What must be noted on a full stack is written without the
 * monitor then. An architecture test reads the byte code and fails the build if a marked section calls anything, or if
 * an unmarked method synchronizes.
 */
@Documented
@Retention(RetentionPolicy.CLASS)
@Target({ElementType.METHOD, ElementType.CONSTRUCTOR})
public @interface LeafSection {}
