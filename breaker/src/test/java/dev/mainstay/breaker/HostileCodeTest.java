package dev.mainstay.breaker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.Permit;
import dev.mainstay.breaker.CircuitBreaker.State;
import dev.mainstay.outcome.RetryAfterHint;
import dev.mainstay.time.TimeSource;
import dev.mainstay.time.VirtualTime;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whatever the code around a breaker throws, a failure is a failure, a probe's place comes back, and nothing is kept.
 */
@ExtendWith(Quiet.class)
class HostileCodeTest {

    private static final Duration WAIT = Duration.ofSeconds(2);

    private final VirtualTime time = VirtualTime.create();

    /** An exception that throws whatever it is asked. */
    private static final class Hostile extends RuntimeException implements RetryAfterHint {

        private static final long serialVersionUID = 1L;

        private final transient Throwable answer;

        Hostile(Throwable answer) {
            this.answer = answer;
        }

        @Override
        public @Nullable Duration retryAfter() {
            throw sneaky(answer);
        }

        @SuppressWarnings("unchecked")
        private static <X extends Throwable> RuntimeException sneaky(Throwable failure) throws X {
            throw (X) failure;
        }
    }

    static Stream<Throwable> answers() {
        return Stream.of(new IllegalStateException("no"), new AssertionError("no"), new StackOverflowError());
    }

    private CircuitBreaker breaker(UnaryOperator<CircuitBreakerConfig.Builder> options) {
        return CircuitBreaker.of(
                "b",
                options.apply(CircuitBreakerConfig.builder()
                                .slidingWindowSize(4)
                                .minimumNumberOfCalls(4)
                                .permittedNumberOfCallsInHalfOpenState(2)
                                .waitDurationInOpenState(WAIT)
                                .timeSource(time))
                        .build());
    }

    private static void fail(CircuitBreaker breaker, RuntimeException failure) {
        assertThatThrownBy(() -> breaker.run(() -> {
                    throw failure;
                }))
                .isSameAs(failure);
    }

    @ParameterizedTest
    @MethodSource("answers")
    void aHintThatThrowsLosesNoFailure(Throwable answer) {
        CircuitBreaker breaker = breaker(c -> c);
        for (int i = 1; i < 4; i++) {
            fail(breaker, new Hostile(answer));
            assertThat(breaker.tally()).isEqualTo(new Tally(i, i, 0, 0));
        }
        fail(breaker, new Hostile(answer));
        assertThat(breaker.state()).isEqualTo(State.OPEN);
        time.advance(WAIT);
        fail(breaker, new Hostile(answer));
        assertThat(breaker.tally()).as("the probe").isEqualTo(new Tally(1, 1, 0, 0));
    }

    @ParameterizedTest
    @MethodSource("answers")
    void aFunctionThatThrowsLosesNoFailure(Throwable answer) {
        CircuitBreaker breaker = breaker(c -> c.retryAfter((result, failure) -> {
            throw Hostile.<RuntimeException>sneaky(answer);
        }));
        for (int i = 0; i < 4; i++) {
            fail(breaker, new IllegalArgumentException("down"));
        }
        assertThat(breaker.state()).isEqualTo(State.OPEN);
    }

    @ParameterizedTest
    @MethodSource("answers")
    void aRandomThatThrowsKeepsNoBreakerClosed(Throwable answer) {
        CircuitBreaker breaker = breaker(
                c -> c.waitDurationInOpenState(CircuitBreakerConfig.defaults().waitDurationInOpenState())
                        .random(() -> {
                            throw Hostile.<RuntimeException>sneaky(answer);
                        }));
        for (int i = 0; i < 4; i++) {
            fail(breaker, new IllegalArgumentException("down"));
        }
        assertThat(breaker.state()).isEqualTo(State.OPEN);
        assertThat(breaker.retryAfter()).isEqualTo(Duration.ofSeconds(2));
    }

    static Stream<Arguments> endsThatSayNothing() {
        return Stream.of(
                Arguments.of("released", (Consumer<Permit>) Permit::release),
                Arguments.of("released twice", (Consumer<Permit>) permit -> {
                    permit.release();
                    permit.release();
                }),
                Arguments.of("cancelled", (Consumer<Permit>) permit -> permit.failure(new CancellationException())),
                Arguments.of("an error", (Consumer<Permit>) permit -> permit.failure(new AssertionError("no"))),
                Arguments.of("no stack", (Consumer<Permit>) permit -> permit.failure(new StackOverflowError())),
                Arguments.of("first wins", (Consumer<Permit>) permit -> {
                    permit.release();
                    permit.failure(new IllegalStateException("too late"));
                }));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("endsThatSayNothing")
    void aProbeThatSaysNothingGivesItsPlaceBackOnce(String name, Consumer<Permit> end) {
        CircuitBreaker breaker = breaker(c -> c);
        breaker.transitionToOpenState();
        time.advance(WAIT);
        for (int i = 0; i < 10; i++) {
            Permit other = Objects.requireNonNull(breaker.tryAcquirePermit().orElse(null));
            end.accept(Objects.requireNonNull(breaker.tryAcquirePermit().orElse(null)));
            Permit again = Objects.requireNonNull(breaker.tryAcquirePermit().orElse(null));
            assertThat(breaker.tryAcquirePermit().orElse(null))
                    .as("no more than two are out")
                    .isNull();
            again.release();
            other.release();
        }
        assertThat(breaker.state()).isEqualTo(State.HALF_OPEN);
        breaker.run(() -> {});
        breaker.run(() -> {});
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
    }

    @Test
    void aBreakerThatNobodyRefersToCanBeCollectedThoughItsTimerIsArmed() throws InterruptedException {
        for (TimeSource source : new TimeSource[] {TimeSource.system(), time}) {
            ReferenceQueue<CircuitBreaker> collected = new ReferenceQueue<>();
            WeakReference<CircuitBreaker> dropped = opened(source, collected);
            Reference<?> found = null;
            for (int i = 0; i < 200 && found == null; i++) {
                System.gc();
                found = collected.remove(100);
            }
            assertThat(found).as("with %s", source).isSameAs(dropped);
        }
        time.advance(Duration.ofHours(2));
    }

    private static WeakReference<CircuitBreaker> opened(TimeSource source, ReferenceQueue<CircuitBreaker> collected) {
        CircuitBreaker breaker = CircuitBreaker.of(
                "dropped",
                config -> config.timeSource(source)
                        .waitDurationInOpenState(Duration.ofHours(1))
                        .automaticTransitionFromOpenToHalfOpen(true));
        breaker.transitionToOpenState();
        return new WeakReference<>(breaker, collected);
    }
}
