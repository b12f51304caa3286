package dev.mainstay.examples.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class RecoveryRuleTest {
    private static final int SECONDS = 25;
    private static final int OUTAGE_END = 10;
    private static final Duration OUTAGE_END_TIME = Duration.ofSeconds(OUTAGE_END);

    private final RecoveryRule rule = new RecoveryRule(0.95, Duration.ofSeconds(5), Duration.ofSeconds(10));

    @Test
    void serviceThatAnswersFromTheOutagesEndOnRecoversAtOnce() {
        var timeline = backAt(OUTAGE_END);

        assertThat(rule.recovery(timeline, OUTAGE_END_TIME)).contains(Duration.ZERO);
        assertThat(rule.isMet(timeline, OUTAGE_END_TIME)).isTrue();
    }

    @Test
    void recoveryIsTheStartOfTheFirstGoodWindow() {
        assertThat(rule.recovery(backAt(13), OUTAGE_END_TIME)).contains(Duration.ofSeconds(3));
    }

    @Test
    void windowThatIsCompleteJustInTimeMeetsTheRule() {
        assertThat(rule.isMet(backAt(15), OUTAGE_END_TIME)).isTrue();
    }

    @Test
    void windowThatIsCompleteTooLateDoesNot() {
        var timeline = backAt(16);

        assertThat(rule.recovery(timeline, OUTAGE_END_TIME)).contains(Duration.ofSeconds(6));
        assertThat(rule.isMet(timeline, OUTAGE_END_TIME)).isFalse();
    }

    @Test
    void serviceThatStaysDownNeverRecovers() {
        var timeline = backAt(SECONDS);

        assertThat(rule.recovery(timeline, OUTAGE_END_TIME)).isEmpty();
        assertThat(rule.isMet(timeline, OUTAGE_END_TIME)).isFalse();
    }

    @Test
    void ninetyFivePercentIsEnough() {
        assertThat(rule.isMet(Timelines.of(SECONDS, second -> 95), OUTAGE_END_TIME))
                .isTrue();
    }

    @Test
    void ninetyFourPercentIsNot() {
        assertThat(rule.isMet(Timelines.of(SECONDS, second -> 94), OUTAGE_END_TIME))
                .isFalse();
    }

    @Test
    void goodTimesBeforeTheOutagesEndDoNotCount() {
        var timeline = Timelines.of(SECONDS, second -> second < OUTAGE_END ? 100 : 0);

        assertThat(rule.recovery(timeline, OUTAGE_END_TIME)).isEmpty();
    }

    @Test
    void goodSpellShorterThanTheWindowDoesNotCount() {
        var timeline = Timelines.of(SECONDS, second -> second >= 12 && second < 16 ? 100 : 0);

        assertThat(rule.recovery(timeline, OUTAGE_END_TIME)).isEmpty();
    }

    @Test
    void timeWithoutCallsProvesNothing() {
        var timeline = new Measurements(Duration.ofSeconds(SECONDS), Duration.ofMillis(500)).timeline();

        assertThat(rule.recovery(timeline, OUTAGE_END_TIME)).isEmpty();
    }

    @Test
    void nothingMeasuredProvesNothing() {
        assertThat(rule.recovery(new Timeline(Duration.ofSeconds(1), List.of()), OUTAGE_END_TIME))
                .isEmpty();
    }

    private static Timeline backAt(int backAt) {
        return Timelines.of(SECONDS, second -> second >= backAt ? 100 : 0);
    }
}
