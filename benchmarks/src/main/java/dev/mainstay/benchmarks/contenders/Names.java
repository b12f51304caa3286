package dev.mainstay.benchmarks.contenders;

/** A name for each instance, all of the same length. */
final class Names {

    private int given = 1_000_000;

    String next() {
        return "name-" + given++;
    }
}
