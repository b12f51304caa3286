/** Named and keyed instances of policies. */
@NullMarked
package dev.mainstay.registry;

import org.jspecify.annotations.NullMarked;
