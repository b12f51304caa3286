/** Pipelines and policies of Mainstay in Spring applications. */
@NullMarked
package dev.mainstay.spring;

import org.jspecify.annotations.NullMarked;
