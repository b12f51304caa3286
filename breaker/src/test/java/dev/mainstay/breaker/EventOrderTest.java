package dev.mainstay.breaker;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.breaker.CircuitBreaker.State;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Transitions are told each once and in the order in which they were made, to listeners and in the log, whatever a
 * listener does.
 */
class EventOrderTest {

    private static final int THREADS = 4;
    private static final int TIMES = 3_000;

    @RegisterExtension
    final Quiet log = new Quiet();

    private final ExecutorService pool = Executors.newFixedThreadPool(THREADS);
    private final CircuitBreaker breaker = CircuitBreaker.ofDefaults("b");
    private final Queue<StateChanged> told = new ConcurrentLinkedQueue<>();

    @AfterEach
    void shutDown() {
        pool.shutdownNow();
    }

    private void change(int to) {
        switch (to) {
            case 0 -> breaker.transitionToOpenState();
            case 1 -> breaker.transitionToForcedOpenState();
            case 2 -> breaker.transitionToDisabledState();
            case 3 -> breaker.reset();
            default -> breaker.transitionToClosedState();
        }
    }

    private void changeOnAllThreads(long seed) throws Exception {
        CyclicBarrier start = new CyclicBarrier(THREADS);
        List<Future<?>> futures = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            Random random = new Random(seed + i);
            futures.add(pool.submit(() -> {
                start.await(10, SECONDS);
                for (int n = 0; n < TIMES; n++) {
                    change(random.nextInt(5));
                }
                return null;
            }));
        }
        for (Future<?> future : futures) {
            future.get(60, SECONDS);
        }
    }

    private void assertInOrder(long seed) {
        State state = State.CLOSED;
        for (StateChanged event : told) {
            assertThat(event.from()).as("seed %d: %s", seed, event).isEqualTo(state);
            state = event.to();
        }
        assertThat(state).as("seed %d: the last one told", seed).isEqualTo(breaker.state());
    }

    @Test
    void ofThreadsThatRace() throws Exception {
        long seed = new Random().nextLong();
        breaker.subscribe(StateChanged.class, told::add);
        changeOnAllThreads(seed);
        assertInOrder(seed);
        List<String> lines = log.lines();
        assertThat(lines).hasSameSizeAs(told);
        int line = 0;
        for (StateChanged event : told) {
            assertThat(lines.get(line++)).as("seed %d", seed).contains(event.from() + " -> " + event.to());
        }
    }

    @Test
    void ofAListenerThatChangesTheStateItself() throws Exception {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        AtomicInteger left = new AtomicInteger(TIMES);
        breaker.subscribe(StateChanged.class, event -> {
            if (left.getAndDecrement() > 0) {
                change(random.nextInt(5));
            }
        });
        breaker.subscribe(StateChanged.class, told::add);
        changeOnAllThreads(seed);
        assertInOrder(seed);
    }

    @Test
    void ofAListenerThatThrows() throws Exception {
        long seed = new Random().nextLong();
        breaker.subscribe(StateChanged.class, event -> {
            throw new AssertionError("no");
        });
        breaker.subscribe(StateChanged.class, told::add);
        changeOnAllThreads(seed);
        assertInOrder(seed);
    }

    @Test
    void aListenerThatBlocksHoldsUpNoCallAndMissesNothing() throws Exception {
        CountDownLatch blocked = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        breaker.subscribe(StateChanged.class, event -> {
            told.add(event);
            blocked.countDown();
            try {
                assertThat(release.await(30, SECONDS)).isTrue();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        });
        Future<?> first = pool.submit(breaker::transitionToOpenState);
        assertThat(blocked.await(10, SECONDS)).isTrue();
        pool.submit(() -> {
                    breaker.transitionToDisabledState();
                    breaker.run(() -> {});
                    breaker.transitionToClosedState();
                    return null;
                })
                .get(10, SECONDS);
        assertThat(breaker.state()).isEqualTo(State.CLOSED);
        release.countDown();
        first.get(10, SECONDS);
        assertThat(told).extracting(StateChanged::to).containsExactly(State.OPEN, State.DISABLED, State.CLOSED);
    }
}
