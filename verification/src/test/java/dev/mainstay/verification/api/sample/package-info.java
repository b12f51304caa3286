/** Types that show every kind of thing a public API can hold. */
@NullMarked
package dev.mainstay.verification.api.sample;

import org.jspecify.annotations.NullMarked;
