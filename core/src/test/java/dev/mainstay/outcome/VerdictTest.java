package dev.mainstay.outcome;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class VerdictTest {

    @Test
    void onlyAnErrorAndAnOverloadAreFailuresOfTheOtherSide() {
        assertThat(Arrays.stream(Verdict.values()).filter(Verdict::isFailure))
                .containsExactlyInAnyOrder(Verdict.ERROR, Verdict.OVERLOAD);
    }
}
