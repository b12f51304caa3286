package dev.mainstay.bulkhead;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import dev.mainstay.time.TimeSource;
import dev.mainstay.time.VirtualTime;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class BulkheadConfigTest {

    @Test
    void theDefaultsAreThoseOfTheReference() {
        BulkheadConfig config = BulkheadConfig.defaults();
        assertThat(config.maxConcurrentCalls()).isEqualTo(25);
        assertThat(config.maxWaitDuration()).isZero();
        assertThat(config.maxQueuedCalls()).isEqualTo(25);
        assertThat(config.timeSource()).isSameAs(TimeSource.system());
        assertThat(Bulkhead.ofDefaults("b").config()).isEqualTo(config);
    }

    @Test
    void asManyMayQueueAsMayRunUnlessSaid() {
        assertThat(BulkheadConfig.builder().maxConcurrentCalls(3).build().maxQueuedCalls())
                .isEqualTo(3);
        assertThat(BulkheadConfig.builder()
                        .maxQueuedCalls(7)
                        .maxWaitDuration(Duration.ofMillis(5))
                        .maxConcurrentCalls(3)
                        .build()
                        .maxQueuedCalls())
                .isEqualTo(7);
    }

    @Test
    void aCopyHasTheSameOptions() {
        BulkheadConfig config = BulkheadConfig.builder()
                .maxConcurrentCalls(3)
                .maxQueuedCalls(9)
                .maxWaitDuration(Duration.ofMillis(5))
                .timeSource(VirtualTime.create())
                .build();
        assertThat(config.toBuilder().build()).isEqualTo(config);
    }

    @Test
    void theQueueOfACopyGoesOnFollowingTheLimit() {
        BulkheadConfig copy =
                BulkheadConfig.defaults().toBuilder().maxConcurrentCalls(50).build();
        assertThat(copy.maxQueuedCalls()).isEqualTo(50);
        BulkheadConfig said = BulkheadConfig.builder()
                .maxQueuedCalls(9)
                .maxWaitDuration(Duration.ofMillis(5))
                .build();
        assertThat(said.toBuilder().maxConcurrentCalls(50).build().maxQueuedCalls())
                .isEqualTo(9);
    }

    @Test
    void aLimitBelowOneIsRejected() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> BulkheadConfig.builder().maxConcurrentCalls(0).build())
                .withMessage("bulkhead: maxConcurrentCalls is 0 but must be at least 1");
    }

    @Test
    void aNegativeWaitIsRejected() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> BulkheadConfig.builder()
                        .maxWaitDuration(Duration.ofNanos(-1))
                        .build())
                .withMessage("bulkhead: maxWaitDuration is PT-0.000000001S but must be zero or more");
    }

    @Test
    void aNegativeQueueIsRejected() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> BulkheadConfig.builder().maxQueuedCalls(-1).build())
                .withMessage("bulkhead: maxQueuedCalls is -1 but must be at least 0");
    }

    @Test
    void waitingInAQueueWithoutPlacesIsRejected() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> BulkheadConfig.builder()
                        .maxQueuedCalls(0)
                        .maxWaitDuration(Duration.ofSeconds(1))
                        .build())
                .withMessage("bulkhead: maxQueuedCalls is 0 but must be at least 1 if calls may wait"
                        + " (maxWaitDuration is PT1S)");
        assertThat(BulkheadConfig.builder().maxQueuedCalls(0).build().maxQueuedCalls())
                .isZero();
    }

    @Test
    @SuppressWarnings("NullAway")
    void nullsAreRejectedByName() {
        assertThatNullPointerException()
                .isThrownBy(() -> BulkheadConfig.builder().maxWaitDuration(null).build())
                .withMessageContaining("maxWaitDuration");
        assertThatNullPointerException()
                .isThrownBy(() -> BulkheadConfig.builder().timeSource(null).build())
                .withMessageContaining("timeSource");
        assertThatNullPointerException()
                .isThrownBy(() -> Bulkhead.of("b", (BulkheadConfig) null))
                .withMessageContaining("config");
    }

    @Test
    void aNameMustBeVisible() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Bulkhead.ofDefaults(" "))
                .withMessageContaining("name");
    }

    @Test
    void aQueueInWhichNobodyMayWaitIsRejectedIfSomebodyAskedForIt() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> BulkheadConfig.builder().maxQueuedCalls(9).build())
                .withMessage("bulkhead: maxQueuedCalls is 9 but must be left alone while no call may wait:"
                        + " add maxWaitDuration, which is zero");
        assertThat(BulkheadConfig.builder().maxQueuedCalls(0).build().maxQueuedCalls())
                .as("says what holds")
                .isZero();
        BulkheadConfig waiting = BulkheadConfig.builder()
                .maxQueuedCalls(9)
                .maxWaitDuration(Duration.ofMillis(5))
                .build();
        assertThat(waiting.toBuilder().maxWaitDuration(Duration.ZERO).build().maxQueuedCalls())
                .as("taken over, not asked for")
                .isEqualTo(9);
    }
}
