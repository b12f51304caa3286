package dev.mainstay.breaker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.Permit;
import dev.mainstay.backoff.Backoff;
import dev.mainstay.breaker.CircuitBreaker.State;
import dev.mainstay.time.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Breakers in random use, beside a naive one that knows one thread and nothing of speed. */
@ExtendWith(Quiet.class)
class StateMachineModelTest {

    private static final int BREAKERS =
            Integer.getInteger("mainstay.model.breakers", Boolean.getBoolean("tests.integration") ? 2_000 : 200);
    private static final int STEPS = 250;
    private static final String WHERE = "seed %d, step %d, %s";

    private final Random seeds = new Random();

    @Test
    void doesWhatTheNaiveOneDoes() {
        for (int i = 0; i < BREAKERS; i++) {
            play(seeds.nextLong(), true);
        }
    }

    @Test
    void doesTheSameIfNobodyLooks() {
        for (int i = 0; i < BREAKERS; i++) {
            play(seeds.nextLong(), false);
        }
    }

    private static void play(long seed, boolean look) {
        Random random = new Random(seed);
        VirtualTime time = VirtualTime.startingAt(random.nextInt(3) == 0 ? Long.MAX_VALUE - 20_000_000_000L : 0);
        CircuitBreakerConfig config = config(random, time);
        CircuitBreaker breaker = CircuitBreaker.of("b", config);
        Model model = new Model(config);
        List<Call> calls = new ArrayList<>();
        double failing = random.nextDouble();
        for (int step = 0; step < STEPS; step++) {
            long now = time.elapsed().toNanos();
            switch (random.nextInt(8)) {
                case 0, 1, 2 -> {
                    Permit permit = breaker.tryAcquirePermit().orElse(null);
                    Ticket ticket = model.enter(now);
                    assertThat(permit == null).as(WHERE, seed, step, config).isEqualTo(ticket == null);
                    if (permit != null && ticket != null) {
                        calls.add(new Call(permit, ticket));
                    }
                }
                case 3, 4, 5 -> {
                    if (!calls.isEmpty()) {
                        Call call = calls.remove(random.nextInt(3) == 0 ? random.nextInt(calls.size()) : 0);
                        call.end(random.nextInt(10) == 0 ? null : random.nextDouble() < failing, model, now);
                    }
                }
                case 6 -> time.advanceNanos((long) (Math.pow(random.nextDouble(), 4) * 12e9));
                default -> {
                    if (random.nextInt(12) == 0) {
                        byHand(random, breaker, model, now);
                    }
                }
            }
            if (look) {
                now = time.elapsed().toNanos();
                assertThat(breaker.state()).as(WHERE, seed, step, config).isEqualTo(model.state(now));
                assertThat(breaker.tally()).as(WHERE, seed, step, config).isEqualTo(model.tally(now));
                Duration retryAfter = breaker.retryAfter();
                assertThat(retryAfter == null ? -1 : retryAfter.toNanos())
                        .as(WHERE, seed, step, config)
                        .isEqualTo(model.retryAfter(now));
            }
        }
        long now = time.elapsed().toNanos();
        assertThat(breaker.state()).as("seed " + seed).isEqualTo(model.state(now));
        assertThat(breaker.tally()).as("seed " + seed).isEqualTo(model.tally(now));
    }

    private static CircuitBreakerConfig config(Random random, VirtualTime time) {
        int size = random.nextInt(5) == 0 ? 64 + random.nextInt(5) : 1 + random.nextInt(8);
        CircuitBreakerConfig.Builder config = CircuitBreakerConfig.builder()
                .slidingWindowSize(size)
                .consecutiveFailures(random.nextInt(3) == 0 ? 1 + random.nextInt(5) : 0)
                .permittedNumberOfCallsInHalfOpenState(1 + random.nextInt(5))
                .singleFailedProbeReopens(random.nextInt(4) == 0)
                .maxWaitDurationInHalfOpenState(Duration.ofSeconds(1 + random.nextInt(10)))
                .waitDurationInOpenState(
                        Backoff.exponential(Duration.ofSeconds(1)).upTo(Duration.ofSeconds(5)))
                .automaticTransitionFromOpenToHalfOpen(random.nextBoolean())
                .timeSource(time);
        if (random.nextInt(3) == 0) {
            config.failureThreshold(1 + random.nextInt(Math.min(size, 8)), size);
        } else {
            config.minimumNumberOfCalls(1 + random.nextInt(Math.min(size, 8)))
                    .failureRateThreshold(1 + random.nextInt(100));
        }
        if (random.nextInt(4) == 0) {
            int permitted = 1 + random.nextInt(5);
            config.permittedNumberOfCallsInHalfOpenState(permitted)
                    .requiredSuccessesInHalfOpenState(1 + random.nextInt(permitted))
                    .singleFailedProbeReopens(false);
        }
        if (random.nextBoolean()) {
            config.slowCallDurationThreshold(Duration.ofSeconds(2)).slowCallRateThreshold(1 + random.nextInt(100));
        }
        return config.build();
    }

    private static void byHand(Random random, CircuitBreaker breaker, Model model, long now) {
        switch (random.nextInt(8)) {
            case 0 -> {
                breaker.reset();
                model.reset(now);
            }
            case 1 -> {
                breaker.transitionToOpenState();
                model.set(State.OPEN, now);
            }
            case 2 -> {
                breaker.transitionToClosedState();
                model.set(State.CLOSED, now);
            }
            case 3 -> {
                breaker.transitionToDisabledState();
                model.set(State.DISABLED, now);
            }
            case 4 -> {
                breaker.transitionToHalfOpenState();
                model.set(State.HALF_OPEN, now);
            }
            case 5 -> {
                long nanos = 1L + random.nextInt(2_000_000_000);
                breaker.transitionToOpenStateFor(Duration.ofNanos(nanos));
                model.openFor(nanos, now);
            }
            case 6 -> {
                breaker.transitionToForcedOpenState();
                model.set(State.FORCED_OPEN, now);
            }
            default -> {
                breaker.transitionToMetricsOnlyState();
                model.set(State.METRICS_ONLY, now);
            }
        }
    }

    private record Call(Permit permit, Ticket ticket) {

        void end(@Nullable Boolean failed, Model model, long now) {
            if (failed == null) {
                permit.failure(new CancellationException());
            } else if (failed) {
                permit.failure(new IOException());
            } else {
                permit.success(null);
            }
            model.end(ticket, failed, now);
        }
    }

    private record Ticket(long generation, long start, long number) {}

    private static final class Model {

        private final CircuitBreakerConfig config;
        private final boolean slowCalls;
        private State state = State.CLOSED;
        private long generation;
        private long tickets;
        private int openings;
        private long since;
        private long wait;
        private Tally openedBy = new Tally(0, 0, 0, 0);
        private final Deque<boolean[]> window = new ArrayDeque<>();
        private final Map<Long, Long> probes = new LinkedHashMap<>();
        private final List<boolean[]> ended = new ArrayList<>();

        Model(CircuitBreakerConfig config) {
            this.config = config;
            this.slowCalls = config.slowCallDurationThreshold() != null;
        }

        private int size() {
            return ((SlidingWindow.Calls) config.slidingWindow()).size();
        }

        private static Tally count(Iterable<boolean[]> calls) {
            int all = 0;
            int failed = 0;
            int slow = 0;
            int both = 0;
            for (boolean[] call : calls) {
                all++;
                failed += call[0] ? 1 : 0;
                slow += call[1] ? 1 : 0;
                both += call[0] && call[1] ? 1 : 0;
            }
            return new Tally(all, failed, slow, both);
        }

        private static int streak(Iterable<boolean[]> calls) {
            int streak = 0;
            for (boolean[] call : calls) {
                streak = call[0] ? streak + 1 : 0;
            }
            return streak;
        }

        private void become(State next, long now) {
            if (state == State.CLOSED && window.size() == size()) {
                openings = 0;
            }
            if (next == State.OPEN) {
                openings++;
                wait = Math.min(1_000_000_000L << Math.min(openings - 1, 10), 5_000_000_000L);
                openedBy = state == State.HALF_OPEN ? count(ended) : count(window);
            }
            state = next;
            since = now;
            generation++;
            row = 0;
            window.clear();
            probes.clear();
            ended.clear();
        }

        private int row;

        /** What time alone brings about. */
        private void pass(long now) {
            while (true) {
                if (state == State.OPEN && now - since >= wait) {
                    become(State.HALF_OPEN, since + wait);
                } else if (state == State.HALF_OPEN && !probes.isEmpty()) {
                    Map.Entry<Long, Long> oldest = probes.entrySet().iterator().next();
                    long lease = config.maxWaitDurationInHalfOpenState().toNanos();
                    if (now - oldest.getValue() < lease) {
                        return;
                    }
                    long due = oldest.getValue() + lease;
                    probes.remove(oldest.getKey());
                    probeEnded(true, isSlow(lease), due);
                } else {
                    return;
                }
            }
        }

        private boolean isSlow(long nanos) {
            Duration threshold = config.slowCallDurationThreshold();
            return threshold != null && nanos > threshold.toNanos();
        }

        @Nullable
        Ticket enter(long now) {
            pass(now);
            return switch (state) {
                case OPEN, FORCED_OPEN -> null;
                case CLOSED, DISABLED, METRICS_ONLY -> new Ticket(generation, now, tickets++);
                case HALF_OPEN -> {
                    if (probes.size() + ended.size() >= config.permittedNumberOfCallsInHalfOpenState()) {
                        yield null;
                    }
                    Ticket ticket = new Ticket(generation, now, tickets++);
                    probes.put(ticket.number, now);
                    yield ticket;
                }
            };
        }

        void end(Ticket ticket, @Nullable Boolean failed, long now) {
            pass(now);
            if (ticket.generation != generation) {
                return;
            }
            boolean slow = isSlow(now - ticket.start);
            if (state == State.HALF_OPEN) {
                if (probes.remove(ticket.number) != null && failed != null) {
                    probeEnded(failed, slow, now);
                }
            } else if (failed != null && (state == State.CLOSED || state == State.METRICS_ONLY)) {
                callEnded(failed, slow, now);
            }
        }

        private void callEnded(boolean failed, boolean slow, long now) {
            boolean completes = window.size() == config.minimumNumberOfCalls() - 1;
            window.add(new boolean[] {failed, slow});
            if (window.size() > size()) {
                window.remove();
            }
            row = failed ? row + 1 : 0;
            Tally tally = count(window);
            boolean look = failed || slow || completes;
            boolean volume = tally.calls() >= config.minimumNumberOfCalls();
            boolean bad = inARow(row)
                    || (byNumber() && tally.failures() >= config.failureThreshold())
                    || (volume && !byNumber() && isTooManyFailures(tally, tally.calls()))
                    || (volume && isTooSlow(tally, tally.calls()));
            if (state == State.CLOSED && look && bad) {
                become(State.OPEN, now);
            }
        }

        private boolean inARow(int failures) {
            return config.consecutiveFailures() > 0 && failures >= config.consecutiveFailures();
        }

        private boolean byNumber() {
            return config.failureThreshold() > 0;
        }

        private boolean isTooManyFailures(Tally tally, long of) {
            return 100.0 * tally.failures() / of >= config.failureRateThreshold();
        }

        private boolean isTooSlow(Tally tally, long of) {
            return slowCalls && 100.0 * tally.slowCalls() / of >= config.slowCallRateThreshold();
        }

        private void probeEnded(boolean failed, boolean slow, long now) {
            ended.add(new boolean[] {failed, slow});
            if (reopens(ended)) {
                become(State.OPEN, now);
                return;
            }
            // Try the worst that may still come.
            List<boolean[]> worst = new ArrayList<>(ended);
            while (worst.size() < config.permittedNumberOfCallsInHalfOpenState()) {
                worst.add(new boolean[] {true, true});
                if (reopens(worst)) {
                    return;
                }
            }
            become(State.CLOSED, now);
        }

        private boolean reopens(List<boolean[]> probes) {
            Tally tally = count(probes);
            int permitted = config.permittedNumberOfCallsInHalfOpenState();
            int required = config.requiredSuccessesInHalfOpenState();
            if (isTooSlow(tally, permitted)) {
                return true;
            }
            if (required > 0) {
                return permitted - tally.failures() < required;
            }
            return (config.singleFailedProbeReopens() && tally.failures() > 0)
                    || inARow(streak(probes))
                    || (byNumber()
                            ? tally.failures() * size() >= (long) config.failureThreshold() * permitted
                            : isTooManyFailures(tally, permitted));
        }

        void set(State next, long now) {
            pass(now);
            if (state != next) {
                become(next, now);
            }
        }

        void openFor(long nanos, long now) {
            pass(now);
            Tally numbers = tally(now);
            become(State.OPEN, now);
            openings--;
            wait = nanos;
            openedBy = numbers;
        }

        void reset(long now) {
            pass(now);
            become(State.CLOSED, now);
            openings = 0;
        }

        State state(long now) {
            pass(now);
            return state;
        }

        Tally tally(long now) {
            pass(now);
            return switch (state) {
                case CLOSED, METRICS_ONLY -> count(window);
                case HALF_OPEN -> count(ended);
                case OPEN -> openedBy;
                case DISABLED, FORCED_OPEN -> new Tally(0, 0, 0, 0);
            };
        }

        long retryAfter(long now) {
            pass(now);
            return switch (state) {
                case CLOSED, DISABLED, METRICS_ONLY -> 0;
                case OPEN -> wait - (now - since);
                case FORCED_OPEN -> -1;
                case HALF_OPEN ->
                    probes.size() + ended.size() < config.permittedNumberOfCallsInHalfOpenState() ? 0 : -1;
            };
        }
    }
}
