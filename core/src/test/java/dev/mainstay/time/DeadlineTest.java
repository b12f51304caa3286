package dev.mainstay.time;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class DeadlineTest {

    private final VirtualTime time = VirtualTime.create();

    @Test
    void isOnTheSystemClockUnlessSaid() {
        Deadline deadline = Deadline.after(Duration.ofHours(1));

        assertThat(deadline.time()).isSameAs(TimeSource.system());
        assertThat(deadline.remaining()).isBetween(Duration.ofMinutes(50), Duration.ofHours(1));
    }

    @Test
    void hasPassedAtItsVeryMoment() {
        Deadline deadline = Deadline.after(Duration.ofSeconds(1), time);

        time.advanceNanos(999_999_999);
        assertThat(deadline.hasPassed()).isFalse();
        time.advanceNanos(1);
        assertThat(deadline.hasPassed()).isTrue();
    }

    @Test
    void saysHowFarAwayItIs() {
        assertThat(Deadline.after(Duration.ofSeconds(5), time)).hasToString("Deadline in 5s");
    }
}
