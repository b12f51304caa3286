package dev.mainstay.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RetryAfterTest {

    private static final Instant NOW = Instant.parse("1994-11-06T08:49:00Z");
    private static final Duration LONGEST = Duration.ofDays(1);

    @ParameterizedTest
    @CsvSource({"0, 0", "1, 1", "120, 120", "' 7 ', 7", "007, 7", "-1, 0", "-99999999999999999999, 0"})
    void secondsAreSeconds(String value, long seconds) {
        assertThat(parse(value, null)).isEqualTo(Duration.ofSeconds(seconds));
    }

    @ParameterizedTest
    @ValueSource(strings = {"86401", "99999999999999999", "99999999999999999999999999"})
    void tooMuchIsCapped(String value) {
        assertThat(parse(value, null)).isEqualTo(LONGEST);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Sun, 06 Nov 1994 08:49:37 GMT",
                "Sunday, 06-Nov-94 08:49:37 GMT",
                "Sun Nov  6 08:49:37 1994",
                "sun, 06 nov 1994 08:49:37 gmt"
            })
    void aDateMayHaveEachOfTheThreeFormats(String value) {
        assertThat(parse(value, null)).isEqualTo(Duration.ofSeconds(37));
    }

    @Test
    void twoDigitsOfAYearAreNotFarInTheFuture() {
        assertThat(RetryAfter.date("Sunday, 06-Nov-44 08:49:37 GMT", NOW))
                .isEqualTo(Instant.parse("2044-11-06T08:49:37Z"));
        assertThat(RetryAfter.date("Tuesday, 06-Nov-45 08:49:37 GMT", NOW))
                .isEqualTo(Instant.parse("1945-11-06T08:49:37Z"));
    }

    @Test
    void aDateIsRelativeToThatOfTheAnswer() {
        assertThat(parse("Sun, 06 Nov 2044 08:49:37 GMT", "Sun, 06 Nov 2044 08:49:07 GMT"))
                .isEqualTo(Duration.ofSeconds(30));
        assertThat(parse("Sun, 06 Nov 1994 08:49:37 GMT", "yesterday")).isEqualTo(Duration.ofSeconds(37));
        assertThat(parse("30", "Sun, 06 Nov 2044 08:49:07 GMT")).isEqualTo(Duration.ofSeconds(30));
    }

    @Test
    void aDateInThePastIsNow() {
        assertThat(parse("Sun, 06 Nov 1994 08:48:00 GMT", null)).isEqualTo(Duration.ZERO);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "-",
                "+5",
                "1.5",
                "1e3",
                "0x10",
                "soon",
                "120, 60",
                "12 s",
                "٣",
                "Sun, 06 Nov 1994",
                "Mon, 06 Nov 1994 08:49:37 GMT",
                "Sun, 06 Nov 1994 08:49:37 CET",
                "Sun, 31 Feb 1994 08:49:37 GMT",
                "2024-01-01T00:00:00Z"
            })
    void garbageIsIgnored(String value) {
        assertThat(parse(value, null)).isNull();
    }

    @Test
    void noValueIsNone() {
        assertThat(RetryAfter.parse(null, null, NOW, LONGEST)).isNull();
    }

    private static Duration parse(String value, String date) {
        return RetryAfter.parse(value, date, NOW, LONGEST);
    }
}
