package dev.mainstay.verification.mutation;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What the tests of a module are worth: how many of its mutants they kill, without those that are known to be
 * equivalent.
 *
 * @param notReviewed survivors that no list tells of
 * @param mistaken entries of equivalent mutants that there are not, or that a test can tell from the original after all
 */
record MutationScore(
        String module, int mutants, int killed, int equivalent, List<Mutant> notReviewed, List<String> mistaken) {

    static MutationScore of(String module, List<Mutant> mutants, List<ReviewedMutant> reviewed) {
        List<Mutant> survivors = new ArrayList<>(
                mutants.stream().filter(mutant -> !mutant.detected()).toList());
        List<String> mistaken = new ArrayList<>();
        int killed = mutants.size() - survivors.size();
        int equivalent = 0;
        for (ReviewedMutant entry : reviewed) {
            boolean found = takeOut(entry.name(), survivors);
            if (entry.isEquivalent()) {
                equivalent += found ? 1 : 0;
                // one that ran out of time on a busy machine was not told from the original
                if (!found && mutants.stream().noneMatch(mutant -> isLate(mutant, entry.name()))) {
                    mistaken.add(entry.name());
                }
            }
        }
        return new MutationScore(module, mutants.size(), killed, equivalent, survivors, mistaken);
    }

    /** Of a hundred mutants that are not equivalent, how many were killed. */
    double percent() {
        return 100.0 * killed / Math.max(1, mutants - equivalent);
    }

    /** A row of a table. */
    String row() {
        return String.format(
                Locale.ROOT, "| %s | %d | %d | %d | %.1f %% |", module, mutants, killed, equivalent, percent());
    }

    /** An entry stands for one mutant. */
    private static boolean takeOut(String name, List<Mutant> survivors) {
        for (Mutant survivor : survivors) {
            if (survivor.name().equals(name)) {
                return survivors.remove(survivor);
            }
        }
        return false;
    }

    private static boolean isLate(Mutant mutant, String name) {
        return mutant.name().equals(name) && mutant.status().equals("TIMED_OUT");
    }
}
