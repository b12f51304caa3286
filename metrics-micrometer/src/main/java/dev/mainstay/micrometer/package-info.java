/** Mainstay seen through Micrometer: meters, observations, and their context across threads. */
@NullMarked
package dev.mainstay.micrometer;

import org.jspecify.annotations.NullMarked;
