package dev.mainstay.breaker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.Permit;
import dev.mainstay.breaker.CircuitBreaker.State;
import dev.mainstay.time.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** One breaker and several threads. */
class ConcurrencyTest {

    private static final int THREADS = 4;
    private static final int RECONFIGURATIONS = Boolean.getBoolean("tests.integration") ? 10_000 : 1_000;
    private static final Duration WAIT = Duration.ofSeconds(2);

    @RegisterExtension
    final Quiet log = new Quiet();

    private final ExecutorService pool = Executors.newFixedThreadPool(THREADS);
    private final VirtualTime time = VirtualTime.create();

    static Stream<SlidingWindow> windows() {
        return Stream.of(
                SlidingWindow.ofCalls(60), SlidingWindow.ofCalls(1_000), SlidingWindow.ofTime(Duration.ofSeconds(10)));
    }

    private interface Task {
        void run(int thread) throws Exception;
    }

    /** Runs a task on all threads, which begin together. */
    private void race(Task task) throws Exception {
        CyclicBarrier start = new CyclicBarrier(THREADS);
        List<Future<?>> futures = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            int thread = i;
            futures.add(pool.submit(() -> {
                start.await(10, TimeUnit.SECONDS);
                task.run(thread);
                return null;
            }));
        }
        for (Future<?> future : futures) {
            future.get(20, TimeUnit.SECONDS);
        }
    }

    @AfterEach
    void shutDown() {
        pool.shutdownNow();
    }

    @Test
    void halfOpenLetsExactlySoManyProbesIn() throws Exception {
        CircuitBreaker breaker = CircuitBreaker.of(
                "b",
                c -> c.slidingWindowSize(4)
                        .waitDurationInOpenState(WAIT)
                        .permittedNumberOfCallsInHalfOpenState(3)
                        .timeSource(time));
        for (int round = 0; round < 500; round++) {
            breaker.transitionToOpenState();
            time.advance(WAIT);
            Queue<Permit> probes = new ConcurrentLinkedQueue<>();
            race(thread -> {
                for (int i = 0; i < 3; i++) {
                    Permit probe = breaker.tryAcquirePermit().orElse(null);
                    if (probe != null) {
                        probes.add(probe);
                    }
                }
            });
            assertThat(probes).hasSize(3);
            probes.forEach(Permit::release);
            breaker.reset();
        }
    }

    @Test
    void probesThatAreGivenBackAreNeitherLostNorDoubled() throws Exception {
        CircuitBreaker breaker = CircuitBreaker.of(
                "b",
                c -> c.initialState(State.HALF_OPEN)
                        .permittedNumberOfCallsInHalfOpenState(2)
                        .timeSource(time));
        AtomicInteger out = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        AtomicInteger admitted = new AtomicInteger();
        race(thread -> {
            for (int i = 0; i < 20_000; i++) {
                Permit probe = breaker.tryAcquirePermit().orElse(null);
                if (probe != null) {
                    admitted.incrementAndGet();
                    most.accumulateAndGet(out.incrementAndGet(), Math::max);
                    out.decrementAndGet();
                    probe.release();
                }
            }
        });
        assertThat(most.get()).isLessThanOrEqualTo(2);
        assertThat(admitted.get()).isPositive();
        assertThat(breaker.tryAcquirePermit().orElse(null)).isNotNull();
        assertThat(breaker.tryAcquirePermit().orElse(null)).isNotNull();
        assertThat(breaker.tryAcquirePermit().orElse(null)).isNull();
    }

    @ParameterizedTest
    @MethodSource("windows")
    void manyFailuresAtOnceAreOneTransitionOneEventAndOneLine(SlidingWindow window) throws Exception {
        int rounds = 200;
        AtomicInteger events = new AtomicInteger();
        for (int round = 0; round < rounds; round++) {
            CircuitBreaker breaker = CircuitBreaker.of(
                    "b", c -> c.slidingWindow(window).minimumNumberOfCalls(10).timeSource(time));
            breaker.subscribe(StateChanged.class, event -> events.incrementAndGet());
            Queue<Permit> calls = calls(breaker, 40);
            race(thread -> {
                for (int i = 0; i < 10; i++) {
                    calls.remove().failure(new IOException());
                }
            });
            assertThat(breaker.state()).isEqualTo(State.OPEN);
        }
        assertThat(events.get()).isEqualTo(rounds);
        assertThat(log.lines()).hasSize(rounds);
    }

    private static Queue<Permit> calls(CircuitBreaker breaker, int count) {
        Queue<Permit> calls = new ConcurrentLinkedQueue<>();
        for (int i = 0; i < count; i++) {
            calls.add(breaker.acquirePermit());
        }
        return calls;
    }

    @ParameterizedTest
    @MethodSource("windows")
    void whoeverCompletesTheVolumeOpensIt(SlidingWindow window) throws Exception {
        for (int round = 0; round < 1_000; round++) {
            CircuitBreaker breaker = CircuitBreaker.of(
                    "b",
                    c -> c.slidingWindow(window)
                            .minimumNumberOfCalls(THREADS * 2)
                            .timeSource(time));
            Queue<Permit> calls = calls(breaker, THREADS * 2);
            race(thread -> {
                Permit first = calls.remove();
                Permit second = calls.remove();
                if (thread % 2 == 0) {
                    first.failure(new IOException());
                    second.failure(new IOException());
                } else {
                    first.success(null);
                    second.success(null);
                }
            });
            assertThat(breaker.state()).as("round %d, %s", round, breaker).isEqualTo(State.OPEN);
        }
    }

    @ParameterizedTest
    @MethodSource("windows")
    void noCallIsLostOrCountedTwice(SlidingWindow window) throws Exception {
        int each = window.equals(SlidingWindow.ofCalls(60)) ? 15 : 250;
        for (int round = 0; round < 200; round++) {
            CircuitBreaker breaker = CircuitBreaker.of(
                    "b",
                    c -> c.slidingWindow(window)
                            .initialState(State.METRICS_ONLY)
                            .timeSource(time));
            race(thread -> {
                for (int i = 0; i < each; i++) {
                    Permit call = breaker.acquirePermit();
                    if (i % 5 == 0) {
                        call.failure(new IOException());
                    } else {
                        call.success(null);
                    }
                }
            });
            assertThat(breaker.tally()).isEqualTo(new Tally((long) THREADS * each, (long) THREADS * each / 5, 0, 0));
        }
    }

    @Test
    void aLargeWindowFindsItsRestAfterFailuresAndCountsThemExactlyAgain() throws Exception {
        CountWindow window = new CountWindow(100);
        for (int round = 0; round < 100; round++) {
            race(thread -> {
                for (int i = 0; i < 500; i++) {
                    if (i < 20 && i % 4 == thread) {
                        window.recordBad(true, false, 0);
                    } else {
                        window.recordGood(0, 20);
                    }
                }
            });
            for (int i = 0; i < 100; i++) {
                window.recordGood(0, 20);
            }
            assertThat(window.isQuiet()).isTrue();
            assertThat(window.tally(0)).isEqualTo(new Tally(100, 0, 0, 0));
            race(thread -> window.recordBad(true, false, 0));
            assertThat(window.tally(0)).isEqualTo(new Tally(100, THREADS, 0, 0));
        }
    }

    @Test
    void transitionsFollowEachOtherAndLeaveNoTimerBehind() throws Exception {
        Map<State, AtomicInteger> balance = new EnumMap<>(State.class);
        for (State state : State.values()) {
            balance.put(state, new AtomicInteger());
        }
        CircuitBreaker breaker = CircuitBreaker.of(
                "b",
                c -> c.slidingWindowSize(2)
                        .waitDurationInOpenState(Duration.ofHours(1))
                        .automaticTransitionFromOpenToHalfOpen(true)
                        .timeSource(time));
        breaker.subscribe(StateChanged.class, event -> {
            balance.getOrDefault(event.from(), new AtomicInteger()).decrementAndGet();
            balance.getOrDefault(event.to(), new AtomicInteger()).incrementAndGet();
        });
        long seed = new Random().nextLong();
        race(thread -> {
            Random random = new Random(seed + thread);
            for (int i = 0; i < 3_000; i++) {
                switch (random.nextInt(20)) {
                    case 0 -> breaker.transitionToOpenState();
                    case 1 -> breaker.transitionToClosedState();
                    case 2 -> breaker.reset();
                    case 3 -> breaker.transitionToDisabledState();
                    case 4 -> breaker.transitionToMetricsOnlyState();
                    case 5 -> breaker.transitionToForcedOpenState();
                    case 6 ->
                        breaker.reconfigure(breaker.config().toBuilder()
                                .slidingWindowSize(2 + random.nextInt(100))
                                .automaticTransitionFromOpenToHalfOpen(random.nextBoolean())
                                .build());
                    case 7 -> {
                        if (thread == 0) {
                            time.advance(Duration.ofMinutes(20));
                        }
                    }
                    default -> {
                        Permit permit = breaker.tryAcquirePermit().orElse(null);
                        if (permit != null) {
                            permit.failure(new IOException());
                        }
                    }
                }
            }
        });
        State last = breaker.state();
        breaker.transitionToForcedOpenState();
        breaker.transitionToClosedState();
        assertThat(last).isNotNull();
        // It began closed and is closed: each state was left as often as it was entered.
        assertThat(balance.values())
                .as("seed %d: %s", seed, balance)
                .allSatisfy(each -> assertThat(each).hasValue(0));
        // The log has been told of the rejections, and that there are no more.
        time.advance(Duration.ofSeconds(30));
        assertThat(time.pendingEvents()).isZero();
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
    }

    @Test
    void ofTwoReconfigurationsOneHoldsWholly() throws Exception {
        CircuitBreakerConfig strict = CircuitBreakerConfig.builder()
                .initialState(State.METRICS_ONLY)
                .timeSource(time)
                .build();
        CircuitBreakerConfig lenient =
                strict.toBuilder().ignoreExceptions(IOException.class).build();
        CircuitBreaker breaker = CircuitBreaker.of("b", strict);
        for (int round = 0; round < RECONFIGURATIONS; round++) {
            race(thread -> {
                for (int i = 0; i < 4; i++) {
                    breaker.reconfigure(thread % 2 == 0 ? strict : lenient);
                }
            });
            long before = breaker.tally().failures();
            breaker.acquirePermit().failure(new IOException());
            boolean counted = breaker.tally().failures() > before;
            assertThat(counted).as("round %d", round).isEqualTo(breaker.config().equals(strict));
            if (counted) {
                breaker.transitionToClosedState();
                breaker.transitionToMetricsOnlyState();
            }
        }
    }
}
