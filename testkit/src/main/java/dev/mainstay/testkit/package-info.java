/** Scripted calls, a runner for every way to call, and assertions over policies. */
@NullMarked
package dev.mainstay.testkit;

import org.jspecify.annotations.NullMarked;
