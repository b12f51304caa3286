/**
 * Pipelines and policies made from options as configuration gives them: as text and numbers, all optional, in records
 * that any binder of properties can fill.
 *
 * <p>{@link dev.mainstay.spring.options.MainstayOptions} has everything; {@link
 * dev.mainstay.spring.options.ConfiguredPolicyCatalog} makes pipelines and policies of it, and changes them live.
 */
@NullMarked
package dev.mainstay.spring.options;

import org.jspecify.annotations.NullMarked;
