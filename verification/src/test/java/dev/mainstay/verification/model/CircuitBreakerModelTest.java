package dev.mainstay.verification.model;

import dev.mainstay.Permit;
import dev.mainstay.PolicyAccess;
import dev.mainstay.PolicyEvent;
import dev.mainstay.backoff.RandomSource;
import dev.mainstay.breaker.CircuitBreaker;
import dev.mainstay.breaker.CircuitBreaker.State;
import dev.mainstay.breaker.CircuitBreakerConfig;
import dev.mainstay.breaker.SlidingWindow;
import dev.mainstay.call.CallContext;
import dev.mainstay.outcome.Classifier;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A circuit breaker beside a {@link NaiveBreaker}. */
class CircuitBreakerModelTest {

    @Test
    @Timeout(value = 1, unit = TimeUnit.HOURS)
    void doesWhatTheNaiveOneDoes() {
        Plays.of("circuit breaker", BreakerPlay::new);
    }

    private static final class BreakerPlay extends Play {

        private static final String NAME = "breaker";

        private final Random draws;
        private final NaiveBackoff backoff;
        private final CircuitBreaker breaker;
        private final NaiveBreaker model;
        private final double failing;
        private final List<OpenCall> open = new ArrayList<>();
        private final List<Permit> used = new ArrayList<>();

        /** After how many steps somebody looks at the breaker: what is due may not depend on it. */
        private final int lookEvery;

        private int steps;
        private boolean reconfigured;

        BreakerPlay(long seed) {
            super(seed);
            long drawSeed = random.nextLong();
            draws = new Random(drawSeed);
            backoff = NaiveBackoff.draw(random, new Random(drawSeed));
            failing = random.nextDouble();
            lookEvery = oneIn(2) ? 1 : 1 + random.nextInt(40);
            CircuitBreakerConfig config = config(oneIn(10) ? anyOf(List.of(State.values())) : State.CLOSED);
            breaker = CircuitBreaker.of(NAME, config);
            model = new NaiveBreaker(NAME, config, backoff, agenda, expected, this::observedWait);
            observe(breaker);
        }

        private long observedWait() {
            Duration wait = breaker.retryAfter();
            return wait == null ? -1 : wait.toNanos();
        }

        private CircuitBreakerConfig config(State initialState) {
            int probes = 1 + random.nextInt(5);
            CircuitBreakerConfig.Builder config = CircuitBreakerConfig.builder()
                    .consecutiveFailures(oneIn(3) ? 1 + random.nextInt(5) : 0)
                    .permittedNumberOfCallsInHalfOpenState(probes)
                    .maxWaitDurationInHalfOpenState(Duration.ofNanos(1 + random.nextInt(2_000_000_000)))
                    .waitDurationInOpenState(backoff.real())
                    .automaticTransitionFromOpenToHalfOpen(random.nextBoolean())
                    .initialState(initialState)
                    .classifier(random.nextBoolean() ? Classifier.standard() : Ending.STRICT)
                    .random((RandomSource) draws::nextDouble)
                    .timeSource(time);
            if (oneIn(4)) {
                config.requiredSuccessesInHalfOpenState(1 + random.nextInt(probes));
            } else {
                config.singleFailedProbeReopens(oneIn(4));
            }
            double rate = anyOf(List.of(1.0, 20.0, 50.0, 66.5, 75.0, 100.0));
            boolean byNumber = oneIn(4);
            if (oneIn(3)) {
                config.failureRateThreshold(rate);
                if (byNumber) {
                    config.failureThreshold(1 + random.nextInt(6), Duration.ofSeconds(1));
                }
                config.slidingWindow(timeWindow());
                if (!byNumber) {
                    config.minimumNumberOfCalls(1 + random.nextInt(10));
                }
            } else {
                int size = oneIn(3) ? 60 + random.nextInt(10) : 1 + random.nextInt(10);
                if (byNumber) {
                    config.failureThreshold(1 + random.nextInt(Math.min(size, 12)), size);
                } else {
                    config.failureRateThreshold(rate)
                            .slidingWindow(SlidingWindow.ofCalls(size))
                            .minimumNumberOfCalls(1 + random.nextInt(Math.min(size, 12)));
                }
            }
            if (random.nextBoolean()) {
                config.slowCallDurationThreshold(Duration.ofNanos(1 + random.nextInt(1_000_000_000)))
                        .slowCallRateThreshold(anyOf(List.of(1.0, 33.5, 50.0, 100.0)));
            }
            return config.build();
        }

        private SlidingWindow timeWindow() {
            int buckets = 1 + random.nextInt(12);
            // Widths that come again, so that a change can keep the buckets.
            long width = anyOf(List.of(1_000_000L, 100_000_000L, 333_333_333L));
            return SlidingWindow.ofTime(Duration.ofNanos(buckets * width), buckets);
        }

        @Override
        void step() {
            int choice = random.nextInt(100);
            if (choice < 30) {
                begin();
            } else if (choice < 60) {
                end();
            } else if (choice < 72) {
                callNow();
            } else if (choice < 76) {
                sayAgain();
            } else if (choice < 94) {
                pass();
            } else if (choice < 97) {
                byHand();
            } else {
                reconfigure();
            }
            steps++;
        }

        private void begin() {
            if (random.nextBoolean()) {
                Permit permit = breaker.tryAcquirePermit().orElse(null);
                NaiveBreaker.Call call = model.enter(CallContext.plain());
                did("acquire: " + (permit != null));
                check("a permit", call != null, permit != null);
                if (permit != null && call != null) {
                    open.add(new OpenCall(call, permit, null, null));
                }
                return;
            }
            CompletableFuture<@Nullable String> stage = new CompletableFuture<>();
            CompletableFuture<@Nullable String> future = breaker.callAsync(() -> stage);
            NaiveBreaker.Call call = model.enter(CallContext.plain());
            did("begin: " + Lines.of(future));
            if (call == null) {
                check("the rejection", model.rejection(), Lines.of(future));
            } else {
                check("the future", "open", Lines.of(future));
                open.add(new OpenCall(call, null, stage, future));
            }
        }

        private void end() {
            if (open.isEmpty()) {
                return;
            }
            OpenCall call = open.remove(oneIn(3) ? random.nextInt(open.size()) : 0);
            Ending ending = Ending.draw(random, failing);
            boolean release = oneIn(12);
            did((release ? "give up" : "end with " + ending) + " a call from " + call.model.start);
            if (call.permit != null) {
                if (release) {
                    call.permit.release();
                } else if (ending.failure() == null) {
                    call.permit.success(ending.result());
                } else {
                    call.permit.failure(ending.failure());
                }
                used.add(call.permit);
            } else if (call.stage != null && call.future != null) {
                if (release) {
                    call.future.cancel(true);
                } else {
                    ending.happenTo(call.stage);
                }
                check("the call's end", release ? Lines.CANCELLED : ending.line(), Lines.of(call.future));
                check("the stage's end", true, call.stage.isDone());
            }
            if (release) {
                model.release(call.model);
            } else {
                model.end(call.model, ending);
            }
        }

        /** The first word counts. */
        private void sayAgain() {
            if (!used.isEmpty()) {
                Permit permit = anyOf(used);
                did("say again how a call ended");
                switch (random.nextInt(3)) {
                    case 0 -> permit.success("again");
                    case 1 -> permit.failure(new IllegalStateException());
                    default -> permit.close();
                }
            }
        }

        private void callNow() {
            Ending ending = Ending.draw(random, failing);
            long duration = oneIn(3) ? oneIn(3) ? exactly() : span(3_000_000_000L) : 0;
            int form = random.nextInt(3);
            String outcome;
            try {
                outcome = switch (form) {
                    case 0 -> "result " + breaker.call(() -> body(ending, duration));
                    case 1 -> Lines.of(breaker.tryCall(() -> body(ending, duration)));
                    default -> lineOfAsync(ending);
                };
            } catch (Throwable failure) {
                outcome = Lines.of(failure);
            }
            did("call that takes " + duration + " and ends with " + ending + ": " + outcome);
            NaiveBreaker.Call call = model.enter(CallContext.plain());
            if (call == null) {
                check(
                        "the rejection",
                        form == 1
                                ? Lines.rejected(NAME, model.reason(), model.retryAfterIfRejected())
                                : model.rejection(),
                        outcome);
                return;
            }
            if (form != 2) {
                model.pass(duration);
            }
            model.end(call, ending);
            check("the outcome", form == 1 ? ending.triedLine() : ending.line(), outcome);
        }

        private @Nullable String body(Ending ending, long duration) throws Exception {
            time.advanceNanos(duration);
            return ending.happen();
        }

        private String lineOfAsync(Ending ending) {
            CompletableFuture<@Nullable String> stage = new CompletableFuture<>();
            ending.happenTo(stage);
            return Lines.of(breaker.callAsync(() -> stage));
        }

        private void pass() {
            long nanos = oneIn(5) ? exactly() : oneIn(4) ? span(20_000_000_000L) : span(1_500_000_000L);
            nanos = oneIn(40) ? span(Duration.ofMinutes(8).toNanos()) : nanos;
            did("let " + nanos + " pass");
            time.advanceNanos(nanos);
            model.pass(nanos);
        }

        /** As long as an option says, where one nanosecond more would be another matter. */
        private long exactly() {
            CircuitBreakerConfig config = model.config();
            Duration slow = config.slowCallDurationThreshold();
            Duration retryAfter = model.retryAfter();
            return switch (random.nextInt(3)) {
                case 0 -> slow == null ? 0 : slow.toNanos();
                case 1 -> retryAfter == null ? 0 : Math.max(0, retryAfter.toNanos() - random.nextInt(2));
                default -> config.maxWaitDurationInHalfOpenState().toNanos() - random.nextInt(2);
            };
        }

        private void byHand() {
            if (oneIn(3)) {
                did("reset");
                breaker.reset();
                model.reset();
                return;
            }
            if (oneIn(6)) {
                long nanos = 1 + span(3_000_000_000L);
                did("open for " + nanos);
                breaker.transitionToOpenStateFor(Duration.ofNanos(nanos));
                model.openFor(nanos);
                return;
            }
            State next = anyOf(List.of(
                    State.CLOSED,
                    State.OPEN,
                    State.HALF_OPEN,
                    State.DISABLED,
                    State.FORCED_OPEN,
                    State.METRICS_ONLY,
                    State.CLOSED));
            did("set " + next);
            switch (next) {
                case OPEN -> breaker.transitionToOpenState();
                case HALF_OPEN -> breaker.transitionToHalfOpenState();
                case DISABLED -> breaker.transitionToDisabledState();
                case FORCED_OPEN -> breaker.transitionToForcedOpenState();
                case METRICS_ONLY -> breaker.transitionToMetricsOnlyState();
                default -> breaker.transitionToClosedState();
            }
            model.set(next);
        }

        private void reconfigure() {
            if (model.reconfigurations() >= 8) {
                return;
            }
            CircuitBreakerConfig other = config(model.config().initialState());
            did("reconfigure to " + other);
            CircuitBreakerConfig before = model.config();
            breaker.reconfigure(other);
            model.reconfigure(other);
            expected.tell(new PolicyEvent.Reconfigured(NAME, agenda.clock(), before, other));
            reconfigured = true;
        }

        @Override
        void compare() {
            // The timer may have something to do at once.
            time.runDue();
            model.pass(0);
            boolean look = steps % lookEvery == 0;
            if (look) {
                model.look();
                check("the state", model.state(), breaker.state());
                check("the tally", model.tally(), breaker.tally());
                check("retryAfter", model.retryAfter(), breaker.retryAfter());
                check("idle", model.isIdle(), PolicyAccess.isIdle(breaker));
                model.readGauges();
            }
            compareEvents();
            compareMeters(look);
        }

        @Override
        Object options() {
            return (reconfigured ? "in the end " : "") + model.config() + ", somebody listens: " + listening()
                    + ", looked at every " + lookEvery + " steps";
        }

        /** A call in progress: with a permit, or with a future and the stage it follows. */
        private record OpenCall(
                NaiveBreaker.Call model,
                @Nullable Permit permit,
                @Nullable CompletableFuture<@Nullable String> stage,
                @Nullable CompletableFuture<@Nullable String> future) {}
    }
}
