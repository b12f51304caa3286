package dev.mainstay.time;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The life of a task is the same on every time source. */
class TimedTaskTest {

    private static final long HOUR = TimeUnit.HOURS.toNanos(1);

    static Stream<TimeSource> sources() {
        return Stream.of(TimeSource.system(), VirtualTime.create(), VirtualTime.manual());
    }

    @ParameterizedTest
    @MethodSource("sources")
    void cancelTellsWhetherItPreventedTheTaskFromFiring(TimeSource time) {
        Task task = Task.idle();

        assertThat(task.cancel()).as("not armed").isFalse();
        time.arm(task, HOUR);
        assertThat(task.cancel()).as("armed").isTrue();
        assertThat(task.cancel()).as("cancelled").isFalse();
    }

    @ParameterizedTest
    @MethodSource("sources")
    void aTaskCanBeArmedOnlyOnce(TimeSource time) {
        Task task = Task.idle();
        time.arm(task, HOUR);

        assertThatThrownBy(() -> time.arm(task, HOUR)).isInstanceOf(IllegalStateException.class);

        assertThat(task.cancel()).as("still armed").isTrue();
        assertThatThrownBy(() -> time.arm(task, time.nanoTime(), HOUR)).isInstanceOf(IllegalStateException.class);
    }

    @ParameterizedTest
    @MethodSource("sources")
    void aTaskThatHasBeenArmedElsewhereIsRejected(TimeSource time) {
        Task task = Task.idle();
        VirtualTime.create().arm(task, HOUR);

        assertThatThrownBy(() -> time.arm(task, HOUR)).isInstanceOf(IllegalStateException.class);
    }
}
