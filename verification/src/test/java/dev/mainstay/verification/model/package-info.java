/**
 * Every policy beside a naive model of it: random operations on both, in virtual time, and after each of them
 * everything that can be seen is compared. The models know lists and plain numbers, one thread and nothing of speed,
 * and are written from what the documentation says.
 *
 * <p>Each run prints its seed. A difference is reported with the seed of its play: {@code -Dmodel.seed=…} repeats that
 * play first. A build has a taste, {@code -Pintegration} more, and {@code -Dmodel.steps=…} as much as it says.
 */
@NullMarked
package dev.mainstay.verification.model;

import org.jspecify.annotations.NullMarked;
