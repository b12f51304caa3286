/**
 * A call on its way inwards: the forms of its body, and the context that travels with it.
 *
 * <p>Bodies: {@link dev.mainstay.call.CheckedSupplier} and the other functional interfaces, all of them {@link
 * dev.mainstay.call.CallBody}s or {@link dev.mainstay.call.AsyncCallBody}s. What travels: {@link
 * dev.mainstay.call.CallContext}. For policies that end calls: {@link dev.mainstay.call.CancellationScope}.
 */
@NullMarked
package dev.mainstay.call;

import org.jspecify.annotations.NullMarked;
