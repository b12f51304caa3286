package dev.mainstay.outcome;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class OutcomeTest {

    private final Rejection rejection = new Rejection("gate", RejectionReason.FULL, 5);
    private final Outcome<String> rejected = Outcome.rejected(rejection);
    private final List<@Nullable Object> seen = new ArrayList<>();

    private static String unwanted() {
        throw new AssertionError("not to be called");
    }

    @Test
    void aResultIsMapped() {
        assertThat(Outcome.of("four").map(String::length).get()).isEqualTo(4);
    }

    @Test
    void nullIsAResultLikeAnyOther() {
        Outcome<@Nullable String> none = Outcome.of("four").map(text -> null);
        assertThat(none.isRejected()).isFalse();
        assertThat(none.get()).isNull();
        assertThat(none.orElseGet(OutcomeTest::unwanted)).isNull();
        none.ifPresent(seen::add);
        assertThat(seen).containsExactly((Object) null);
    }

    @Test
    void aRejectionStaysTheSame() {
        Outcome<Integer> mapped = rejected.map(text -> unwanted().length());
        assertThat(mapped.isRejected()).isTrue();
        assertThat(mapped.rejection()).isSameAs(rejection);
        assertThatThrownBy(mapped::get).isInstanceOf(CallRejectedException.class);
    }

    @Test
    void onlyAResultIsHandedOn() {
        rejected.ifPresent(seen::add);
        assertThat(seen).isEmpty();
        Outcome.of("done").ifPresent(seen::add);
        assertThat(seen).containsExactly("done");
    }

    @Test
    void anotherValueIsAskedForOnlyIfThereIsNoResult() {
        assertThat(Outcome.of("done").orElseGet(OutcomeTest::unwanted)).isEqualTo("done");
        assertThat(Outcome.of("done").orElseApply(reason -> unwanted())).isEqualTo("done");
        assertThat(rejected.orElseGet(() -> "other")).isEqualTo("other");
        assertThat(rejected.orElseApply(no -> no.policyName() + " " + no.reason()))
                .isEqualTo("gate FULL");
    }

    @Test
    void whatTheMapperThrowsIsThrown() {
        IllegalStateException broken = new IllegalStateException();
        assertThatThrownBy(() -> Outcome.of("done").map(text -> {
                    throw broken;
                }))
                .isSameAs(broken);
    }
}
