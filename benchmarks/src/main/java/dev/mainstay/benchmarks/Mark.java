package dev.mainstay.benchmarks;

import java.util.Optional;
import java.util.stream.Stream;

/**
 * A mark to be reached: ours, as a ratio to something else, is at most so much.
 *
 * @param question what is compared, in words
 */
record Mark(String question, int threads, Quantity ours, Quantity peer, double limit) {

    /** What results say of a mark; it is decided only where all values within the bounds agree. */
    enum Verdict {
        HOLDS("holds"),
        MISSED("missed"),
        UNDECIDED("undecided"),
        NOT_MEASURED("not measured");

        private final String words;

        Verdict(String words) {
            this.words = words;
        }

        @Override
        public String toString() {
            return words;
        }
    }

    Optional<Estimate> ratio(Results results) {
        return ours.over(peer).in(results);
    }

    Verdict verdict(Results results) {
        return ratio(results).map(this::verdict).orElse(Verdict.NOT_MEASURED);
    }

    private Verdict verdict(Estimate ratio) {
        if (ratio.high() <= limit) {
            return Verdict.HOLDS;
        }
        return ratio.low() > limit ? Verdict.MISSED : Verdict.UNDECIDED;
    }

    Stream<Cell> cells() {
        return Stream.concat(ours.cells(), peer.cells());
    }
}
