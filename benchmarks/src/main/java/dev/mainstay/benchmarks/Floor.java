package dev.mainstay.benchmarks;

import java.util.Optional;

/**
 * The least that could do the work of a mark, measured in the same run: where a mark asks for more than the machine can
 * give, it is enough to come near this.
 *
 * @param words what it is made of, at the beginning of a sentence: "A clock reading and a compare-and-set"
 */
record Floor(Quantity cost, String words) {

    /** How many times the floor is near enough. */
    static final double NEAR = 1.2;

    Optional<Estimate> under(Quantity ours, Results results) {
        return ours.over(cost).in(results);
    }

    /** Why a mark is judged by its floor, with all the figures; nothing where one was not measured. */
    Optional<String> argument(Mark mark, Results results) {
        return cost.in(results)
                .flatMap(floor -> mark.ours()
                        .in(results)
                        .flatMap(ours ->
                                mark.peer().in(results).map(peer -> argument(mark, results, floor, ours, peer))));
    }

    private String argument(Mark mark, Results results, Estimate floor, Estimate ours, Estimate peer) {
        return ("%s, %s: Mainstay's %s ns are %s of the %s ns of %s, and the mark asks for %s, which is %s ns."
                        + " %s alone take %s ns here, %s of the peer's;"
                        + " Mainstay takes %s times that, and %s is enough: %s.")
                .formatted(
                        mark.question(),
                        Figures.threads(mark.threads()),
                        Figures.number(ours.value()),
                        ours.over(peer),
                        Figures.number(peer.value()),
                        mark.peer().whose(results),
                        Figures.number(mark.limit()),
                        Figures.number(mark.limit() * peer.value()),
                        words,
                        Figures.number(floor.value()),
                        Figures.number(floor.value() / peer.value()),
                        ours.over(floor),
                        Figures.number(NEAR),
                        mark.verdict(results));
    }
}
