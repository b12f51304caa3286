package dev.mainstay.safe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.time.Duration;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class RequireTest {

    @Test
    void whatIsAllowedComesBackAsItIs() {
        assertThat(Require.present("option", "value")).isEqualTo("value");
        assertThat(Require.name("a")).isEqualTo("a");
        assertThat(Require.positive("option", Duration.ofNanos(1))).isEqualTo(Duration.ofNanos(1));
        assertThat(Require.notNegative("option", Duration.ZERO)).isZero();
        assertThat(Require.atLeast("option", 3, 3)).isEqualTo(3);
        assertThat(Require.percentage("option", 100)).isEqualTo(100);
        assertThat(Require.between("option", 1, 0, 1)).isEqualTo(1);
        assertThat(Require.between("option", 0, 0, 1)).isZero();
    }

    @Test
    void eachMessageNamesTheOptionItsValueAndWhatIsAllowed() {
        rejected(() -> Require.name("\t"), "name is '\t' but must be not blank");
        rejected(() -> Require.positive("wait", Duration.ZERO), "wait is PT0S but must be a duration above zero");
        rejected(
                () -> Require.notNegative("wait", Duration.ofMillis(-1)), "wait is PT-0.001S but must be zero or more");
        rejected(() -> Require.atLeast("calls", 0, 1), "calls is 0 but must be at least 1");
        rejected(() -> Require.percentage("rate", 0), "rate is 0.0 but must be above 0 and at most 100");
        rejected(() -> Require.percentage("rate", 100.5), "rate is 100.5 but must be above 0 and at most 100");
        rejected(() -> Require.between("share", 1.5, 0, 1), "share is 1.5 but must be between 0.0 and 1.0");
        rejected(() -> Require.check(false, "size", 3, "even"), "size is 3 but must be even");
    }

    @Test
    void whatIsNotANumberIsRejected() {
        rejected(() -> Require.percentage("rate", Double.NaN), "rate is NaN but must be above 0 and at most 100");
        rejected(() -> Require.between("share", Double.NaN, 0, 1), "share is NaN but must be between 0.0 and 1.0");
    }

    @Test
    void nullIsNamed() {
        assertThatNullPointerException()
                .isThrownBy(() -> Require.present("listener", null))
                .withMessage("listener must not be null");
        assertThatNullPointerException().isThrownBy(() -> Require.name(null)).withMessage("name must not be null");
        assertThatNullPointerException()
                .isThrownBy(() -> Require.positive("wait", null))
                .withMessage("wait must not be null");
    }

    @Test
    void whatIsRightIsGivenAsItIs() {
        assertThat(Require.<String>configured("gate", "inventory", () -> "config"))
                .isEqualTo("config");
        assertThat(Require.<String>configured("gate", () -> "config")).isEqualTo("config");
        Require.unchanged("gate", "inventory", "executor", null, null);
    }

    @Test
    void aMistakeIsToldWithKindAndNameOnceHoweverDeepItIsFound() {
        IllegalArgumentException first = new IllegalArgumentException("size is 3 but must be even");

        assertThatIllegalArgumentException()
                .isThrownBy(() ->
                        Require.configured("gate", "inventory", () -> Require.configured("gate", () -> thrown(first))))
                .withMessage("gate 'inventory': size is 3 but must be even")
                .satisfies(named -> assertThat(named.getCause()).isSameAs(first));
    }

    @Test
    void anExceptionWithoutAMessageIsToldToo() {
        assertThatNullPointerException()
                .isThrownBy(() ->
                        Require.configured("gate", "inventory", () -> thrown(new NullPointerException((String) null))))
                .withMessage("gate 'inventory': NullPointerException without a message");
    }

    @Test
    void whatMustStayIsNamedWithItsPolicy() {
        rejected(
                () -> Require.unchanged("gate", "inventory", "executor", "mine", "yours"),
                "gate 'inventory': executor is yours but must be the one it was made with");
    }

    private static String thrown(RuntimeException failure) {
        throw failure;
    }

    private static void rejected(ThrowingCallable call, String message) {
        assertThatIllegalArgumentException().isThrownBy(call).withMessage(message);
    }
}
