package dev.mainstay.scenarios;

import static dev.mainstay.testkit.MainstayAssertions.assertThat;

import dev.mainstay.Guard;
import dev.mainstay.Pipeline;
import dev.mainstay.StageWarning;
import dev.mainstay.TimeLimiter;
import dev.mainstay.time.VirtualTime;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.SubmissionPublisher;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A body that gives a stage through a synchronous form is guarded while it begins, and no longer: somebody should be
 * told.
 */
class StageWarningTest {

    static Stream<Arguments> guardsAndResults() {
        VirtualTime time = VirtualTime.create();
        return Stream.<Supplier<Guard>>of(
                        () -> new WaitingRoom("room", time, 1, Duration.ZERO),
                        () -> Pipeline.of(
                                "two",
                                new WaitingRoom("room", time, 1, Duration.ZERO),
                                new WaitingRoom("other", time, 1, Duration.ZERO)),
                        () -> TimeLimiter.of("limit", c -> c.timeSource(time)))
                .flatMap(guard -> Stream.of(
                        Arguments.of(guard.get(), new CompletableFuture<String>()),
                        Arguments.of(guard.get(), new CompletableFuture<String>().minimalCompletionStage()),
                        Arguments.of(guard.get(), new SubmissionPublisher<String>())));
    }

    @ParameterizedTest
    @MethodSource("guardsAndResults")
    void itIsWarnedOfOnceForEachPolicy(Guard guard, Object result) {
        try (LogOf warnings = new LogOf(StageWarning.class)) {
            for (int i = 0; i < 100; i++) {
                assertThat(guard.get(() -> result)).isSameAs(result);
            }
            int policies =
                    guard instanceof Pipeline pipeline ? pipeline.policies().size() : 1;
            assertThat(warnings.messages()).hasSize(policies).allMatch(message -> message.contains("callAsync"));
        }
    }

    @Test
    void aPlainResultIsNotWarnedOf() {
        try (LogOf warnings = new LogOf(StageWarning.class)) {
            WaitingRoom room = new WaitingRoom("room", VirtualTime.create(), 1, Duration.ZERO);
            for (Object result : new Object[] {"text", 1, null, new Object(), new int[1]}) {
                assertThat(room.get(() -> result)).isSameAs(result);
            }
            assertThat(room.callAsync(() -> CompletableFuture.completedFuture("fine"))
                            .join())
                    .isEqualTo("fine");
            assertThat(warnings.messages()).isEmpty();
        }
    }
}
