/**
 * What keeps a misbehaving callback, exception, logger or executor, or a full stack, from hurting a call: for policies,
 * ours and yours. Nothing in here throws what somebody else's code has thrown.
 */
@NullMarked
package dev.mainstay.safe;

import org.jspecify.annotations.NullMarked;
