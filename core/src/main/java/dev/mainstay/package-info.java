/** Policies, the pipeline that puts them around a call, and what both are made of. */
@NullMarked
package dev.mainstay;

import org.jspecify.annotations.NullMarked;
