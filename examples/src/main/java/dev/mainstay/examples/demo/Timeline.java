package dev.mainstay.examples.demo;

import java.time.Duration;
import java.util.List;

/** What a trial measured, slice after slice from time zero. */
record Timeline(Duration sliceLength, List<Slice> slices) {

    Timeline {
        slices = List.copyOf(slices);
    }

    /** When a slice begins. */
    Duration startOf(int slice) {
        return sliceLength.multipliedBy(slice);
    }

    /** The slices that begin at or after {@code from} and end at or before {@code to}, as one. */
    Slice between(Duration from, Duration to) {
        int first = Math.toIntExact((from.toNanos() + sliceLength.toNanos() - 1) / sliceLength.toNanos());
        int end = Math.toIntExact(to.toNanos() / sliceLength.toNanos());
        return Slice.sum(slices.subList(first, Math.max(first, Math.min(end, slices.size()))));
    }
}
