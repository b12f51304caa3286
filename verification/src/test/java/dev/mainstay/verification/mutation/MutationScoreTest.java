package dev.mainstay.verification.mutation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class MutationScoreTest {

    private static final Mutant KILLED = new Mutant("A.a, Math: a + b", 1, "KILLED", true);
    private static final Mutant SURVIVED = new Mutant("A.b, Math: c + d", 2, "SURVIVED", false);

    @Test
    void equivalentMutantsDoNotCount() {
        MutationScore score = MutationScore.of(
                "m", List.of(KILLED, SURVIVED), List.of(new ReviewedMutant(SURVIVED.name(), true, "why")));
        assertThat(score.percent()).isEqualTo(100);
        assertThat(score.notReviewed()).isEmpty();
        assertThat(score.row()).isEqualTo("| m | 2 | 1 | 1 | 100.0 % |");
    }

    @Test
    void othersThatSurviveCountWhetherReviewedOrNot() {
        MutationScore score = MutationScore.of(
                "m", List.of(KILLED, SURVIVED, SURVIVED), List.of(new ReviewedMutant(SURVIVED.name(), false, "why")));
        assertThat(score.killed()).isEqualTo(1);
        assertThat(score.equivalent()).isZero();
        assertThat(score.notReviewed()).as("an entry stands for one").containsExactly(SURVIVED);
    }

    @Test
    void anEquivalentMutantThatIsKilledOrNotThereIsAMistake() {
        List<ReviewedMutant> reviewed =
                List.of(new ReviewedMutant(KILLED.name(), true, "why"), new ReviewedMutant("gone", true, "why"));
        assertThat(MutationScore.of("m", List.of(KILLED), reviewed).mistaken()).containsExactly(KILLED.name(), "gone");
    }

    @Test
    void anEquivalentMutantThatRanOutOfTimeIsNone() {
        Mutant late = new Mutant("A.c, Math: e", 3, "TIMED_OUT", true);
        MutationScore score =
                MutationScore.of("m", List.of(late), List.of(new ReviewedMutant(late.name(), true, "why")));
        assertThat(score.mistaken()).isEmpty();
    }

    @Test
    void aListGivesOneReasonForOneOrMoreMutants() {
        List<ReviewedMutant> entries = ReviewedMutant.parse(List.of(
                "# a remark",
                "A.a, Math: a + b",
                "A.b, Math: c + d",
                "    equivalent: the reason,",
                "    in two lines",
                "",
                "A.c, Math: e",
                "    only a race tells"));
        assertThat(entries)
                .containsExactly(
                        new ReviewedMutant("A.a, Math: a + b", true, "the reason, in two lines"),
                        new ReviewedMutant("A.b, Math: c + d", true, "the reason, in two lines"),
                        new ReviewedMutant("A.c, Math: e", false, "only a race tells"));
    }

    @Test
    void anEntryWithoutAReasonIsRejected() {
        assertThatThrownBy(() -> ReviewedMutant.parse(List.of("A.a, Math: a + b")))
                .hasMessageContaining("not given a reason");
    }
}
