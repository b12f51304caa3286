package dev.mainstay.benchmarks;

import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A mark to be reached: ours, as a ratio to something else, is at most so much.
 *
 * @param question what is compared, in words
 * @param floor what it is enough to come near, if the ratio may be out of reach; otherwise null
 */
record Mark(
        String question,
        int threads,
        Quantity ours,
        Quantity peer,
        double limit,
        @Nullable Floor floor) {

    /** A mark that can be reached. */
    Mark(String question, int threads, Quantity ours, Quantity peer, double limit) {
        this(question, threads, ours, peer, limit, null);
    }

    /** The same, where it is enough to come near the least that could do the work. */
    Mark orNear(Floor floor) {
        return new Mark(question, threads, ours, peer, limit, floor);
    }

    /** What results say of a mark; it is decided only where all values within the bounds agree. */
    enum Verdict {
        HOLDS("holds"),
        HOLDS_BY_FLOOR("holds by the floor"),
        MISSED("missed"),
        UNDECIDED("undecided"),
        NOT_MEASURED("not measured");

        private final String words;

        Verdict(String words) {
            this.words = words;
        }

        /** Whether the mark was measured and is not known to hold. */
        boolean fallsShort() {
            return this == MISSED || this == UNDECIDED;
        }

        @Override
        public String toString() {
            return words;
        }
    }

    Optional<Estimate> ratio(Results results) {
        return ours.over(peer).in(results);
    }

    /** How many times the floor ours is, where there is one and it was measured. */
    Optional<Estimate> ratioToFloor(Results results) {
        return floor == null ? Optional.empty() : floor.under(ours, results);
    }

    Verdict verdict(Results results) {
        Verdict byRatio = ratio(results).map(ratio -> verdict(ratio, limit)).orElse(Verdict.NOT_MEASURED);
        return byRatio.fallsShort()
                ? ratioToFloor(results)
                        .map(ratio -> verdict(ratio, Floor.NEAR))
                        .map(byFloor -> either(byRatio, byFloor))
                        .orElse(byRatio)
                : byRatio;
    }

    private static Verdict verdict(Estimate ratio, double limit) {
        if (ratio.high() <= limit) {
            return Verdict.HOLDS;
        }
        return ratio.low() > limit ? Verdict.MISSED : Verdict.UNDECIDED;
    }

    /** To reach one of two is enough. */
    private static Verdict either(Verdict byRatio, Verdict byFloor) {
        if (byFloor == Verdict.HOLDS) {
            return Verdict.HOLDS_BY_FLOOR;
        }
        return byFloor == Verdict.MISSED ? byRatio : Verdict.UNDECIDED;
    }

    Stream<Cell> cells() {
        Stream<Cell> compared = Stream.concat(ours.cells(), peer.cells());
        return floor == null ? compared : Stream.concat(compared, floor.cost().cells());
    }
}
