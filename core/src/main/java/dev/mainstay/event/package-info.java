/** What policies tell those who listen. */
@NullMarked
package dev.mainstay.event;

import org.jspecify.annotations.NullMarked;
