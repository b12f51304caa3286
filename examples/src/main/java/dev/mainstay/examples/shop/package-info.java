/**
 * A shop that asks an inventory service through a pipeline of every policy, and an incident that can be followed in
 * what Mainstay shows of it. {@link dev.mainstay.examples.shop.ObservedShop} runs it.
 */
@NullMarked
package dev.mainstay.examples.shop;

import org.jspecify.annotations.NullMarked;
