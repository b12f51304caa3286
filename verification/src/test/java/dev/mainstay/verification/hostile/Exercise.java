package dev.mainstay.verification.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.Gate;
import dev.mainstay.Permit;
import dev.mainstay.Policy;
import dev.mainstay.PolicyAccess;
import dev.mainstay.breaker.CircuitBreaker;
import dev.mainstay.meter.MeterId;
import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.outcome.CallTimeoutException;
import dev.mainstay.retry.RetriesExhaustedException;
import dev.mainstay.testkit.Meters;
import dev.mainstay.time.Deadline;
import dev.mainstay.time.TimeSource;
import dev.mainstay.time.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Random calls through one policy, by one thread in virtual time, and what must hold of any policy however it is
 * configured: what comes out of a call is its own or one of the few things that policies throw; every permit comes
 * back; every future ends; every call is counted once; and what can be measured is always within its range.
 */
final class Exercise {

    private final Policy policy;
    private final VirtualTime time;
    private final TimeSource clock;
    private final SplittableRandom random;
    private final Meters meters;
    private final List<CompletableFuture<Object>> calls = new ArrayList<>();
    private final List<CompletableFuture<Object>> stages = new ArrayList<>();
    private final List<Permit> permits = new ArrayList<>();
    private int made;

    /** Whether a body was interrupted, and has said so in its own way. */
    private boolean heardInterrupt;

    /** Whether the body of the synchronous call has begun. */
    private boolean begun;

    /** Whether the breaker was ever told to count nothing. */
    private boolean countsAll = true;

    Exercise(Policy policy, VirtualTime time, SplittableRandom random) {
        this.policy = policy;
        this.time = time;
        this.clock = Objects.requireNonNull(PolicyAccess.timeSource(policy));
        this.random = random;
        this.meters = Meters.start(policy);
    }

    /** So many random things done with the policy, with something else in between. */
    void take(int steps, Runnable between) {
        for (int i = 0; i < steps; i++) {
            step();
            between.run();
            noteState();
        }
    }

    /** All that is in progress ends; then nothing may be left of it. */
    void end() {
        stages.forEach(stage -> stage.complete("late"));
        permits.forEach(Permit::release);
        time.runUntilIdle(100_000);
        // A wait that is as long as time itself is only ended by whoever waits.
        calls.forEach(call -> call.cancel(true));
        time.runUntilIdle(100_000);
        assertThat(calls).as("futures").allMatch(CompletableFuture::isDone);
        checkReadings();
        Map<MeterId, Double> readings = meters.readings();
        readings.forEach((id, value) -> {
            if (id.name().matches("bulkhead.in.use|bulkhead.queued|ratelimiter.waiting")) {
                assertThat(value).as(id.toString()).isZero();
            }
        });
        checkCounts();
    }

    private void checkCounts() {
        if (meters.has("bulkhead.admitted")) {
            counted("bulkhead.admitted", "bulkhead.rejected");
        } else if (meters.has("ratelimiter.admitted")) {
            counted("ratelimiter.admitted", "ratelimiter.rejected");
        } else if (meters.has("retry.calls")) {
            counted("retry.calls");
        } else if (meters.has("timelimiter.calls")) {
            counted("timelimiter.calls");
        } else if (countsAll) {
            counted("breaker.calls", "breaker.rejected");
        }
    }

    private void counted(String... counters) {
        double counted = 0;
        for (String counter : counters) {
            counted += meters.value(counter);
        }
        assertThat(counted).as("calls counted: %s", meters).isEqualTo(made);
    }

    /** What can be read at any moment. */
    private void checkReadings() {
        assertThat(policy.explain()).isNotBlank();
        assertThat(policy.toString()).isNotBlank();
        boolean ignored = PolicyAccess.isIdle(policy);
        double states = 0;
        for (Map.Entry<MeterId, Double> reading : meters.readings().entrySet()) {
            String name = reading.getKey().name();
            double value = reading.getValue();
            if (name.endsWith(".rate")) {
                assertThat(Double.isNaN(value) || (value >= 0 && value <= 100))
                        .as("%s is %s", name, value)
                        .isTrue();
            } else if (name.equals("retry.budget")) {
                assertThat(value).as(name).isNotNegative();
            } else {
                assertThat(value).as(name).isBetween(0.0, (double) Long.MAX_VALUE);
            }
            states += name.equals("breaker.state") ? value : 0;
        }
        if (clock == time) {
            // Another clock may change the state between two readings.
            assertThat(states).as("states").isEqualTo(meters.has("breaker.state") ? 1 : 0);
        }
    }

    private void noteState() {
        if (policy instanceof CircuitBreaker breaker && breaker.state() == CircuitBreaker.State.DISABLED) {
            countsAll = false;
        }
    }

    private void step() {
        noteState();
        switch (random.nextInt(16)) {
            case 0, 1, 2, 3, 4 -> synchronously();
            case 5, 6, 7, 8 -> asynchronously();
            case 9, 10 -> letTimePass();
            case 11 -> endStage();
            case 12 -> giveUp();
            case 13 -> byPermit();
            case 14 -> byHand();
            default -> checkReadings();
        }
    }

    private void synchronously() {
        boolean interrupted = random.nextInt(10) == 0;
        heardInterrupt = false;
        begun = false;
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        made++;
        try {
            switch (random.nextInt(4)) {
                case 0 -> policy.tryCall(this::ownBody);
                case 1 ->
                    policy.with(context -> context.cost(1 + random.nextInt(3) * (Integer.MAX_VALUE / 3))
                                    .deadline(Deadline.after(Duration.ofMillis(random.nextInt(100)), clock)))
                            .call(this::ownBody);
                default -> policy.call(this::ownBody);
            }
        } catch (Throwable thrown) {
            checkThrown(thrown);
            if (isEndlessWait(thrown) && policy instanceof Gate && !begun) {
                // It was neither let in nor rejected: only virtual time can end a wait in such a way. One whose body
                // sleeps when virtual time is at its end was let in.
                made--;
            }
        }
        boolean still = Thread.interrupted();
        assertThat(still || heardInterrupt || !interrupted)
                .as("the interrupt flag is kept")
                .isTrue();
    }

    private void asynchronously() {
        made++;
        CompletableFuture<Object> call = policy.callAsync(this::stage);
        assertThat(call).isNotNull();
        call.whenComplete((result, failure) -> {
            if (failure != null) {
                checkThrown(failure);
            }
        });
        calls.add(call);
    }

    private void letTimePass() {
        time.advanceNanos(random.nextLong(1L << (1 + random.nextInt(40))));
    }

    private void endStage() {
        if (!stages.isEmpty()) {
            CompletableFuture<Object> stage = stages.remove(random.nextInt(stages.size()));
            if (random.nextBoolean()) {
                stage.complete("later");
            } else {
                stage.completeExceptionally(new BodyFailed());
            }
        }
    }

    private void giveUp() {
        if (!calls.isEmpty()) {
            CompletableFuture<Object> call = calls.get(random.nextInt(calls.size()));
            if (random.nextBoolean()) {
                call.cancel(true);
            } else {
                call.completeExceptionally(new BodyFailed());
            }
        }
    }

    private void byPermit() {
        if (!(policy instanceof Gate gate)) {
            return;
        }
        if (permits.isEmpty() || random.nextBoolean()) {
            made++;
            Permit permit = gate.tryAcquirePermit().orElse(null);
            if (permit != null) {
                permits.add(permit);
            }
            return;
        }
        Permit permit = permits.get(random.nextInt(permits.size()));
        switch (random.nextInt(3)) {
            case 0 -> permit.success("by permit");
            case 1 -> permit.failure(new BodyFailed());
            default -> permit.release();
        }
    }

    private void byHand() {
        if (policy instanceof CircuitBreaker breaker) {
            switch (random.nextInt(6)) {
                case 0 -> breaker.transitionToOpenState();
                case 1 -> breaker.transitionToClosedState();
                case 2 -> breaker.transitionToForcedOpenState();
                case 3 -> breaker.transitionToMetricsOnlyState();
                default -> breaker.reset();
            }
        }
    }

    /** The body of the synchronous call. Those of others may run while it waits, on the same thread. */
    private @Nullable Object ownBody() throws Exception {
        begun = true;
        return body();
    }

    private @Nullable Object body() throws Exception {
        switch (random.nextInt(12)) {
            case 0 -> throw new BodyError();
            case 1, 2, 3 -> throw new BodyFailed();
            case 4 -> sleep();
            case 5 -> throw new InterruptedException("of the body's own");
            case 6 -> throw new CancellationException("of the body's own");
            default -> {}
        }
        return random.nextInt(5) == 0 ? null : "done";
    }

    private void sleep() throws InterruptedException {
        try {
            time.sleep(random.nextLong(1L << (1 + random.nextInt(34))));
        } catch (InterruptedException interrupted) {
            heardInterrupt = true;
            throw interrupted;
        }
    }

    private @Nullable CompletableFuture<Object> stage() throws Exception {
        return switch (random.nextInt(8)) {
            case 0 -> {
                CompletableFuture<Object> incomplete = new CompletableFuture<>();
                stages.add(incomplete);
                yield incomplete;
            }
            case 1 -> null;
            case 2 -> CompletableFuture.failedFuture(new BodyFailed());
            default -> CompletableFuture.completedFuture(body());
        };
    }

    private static void checkThrown(Throwable thrown) {
        boolean expected = thrown instanceof BodyFailed
                || thrown instanceof BodyError
                || thrown instanceof InterruptedException
                || thrown instanceof CancellationException
                || thrown instanceof CallRejectedException
                || thrown instanceof CallTimeoutException
                || thrown instanceof RetriesExhaustedException
                || isNullStage(thrown)
                || isEndlessWait(thrown);
        if (!expected) {
            throw new AssertionError("a call must not throw this", thrown);
        }
        if (thrown.getClass().getName().startsWith("dev.mainstay")) {
            assertThat(thrown.getMessage()).as("message of %s", thrown).isNotNull();
        }
    }

    private static boolean isNullStage(Throwable thrown) {
        return thrown instanceof NullPointerException
                && String.valueOf(thrown.getMessage()).contains("'fuzzed'")
                && String.valueOf(thrown.getMessage()).contains("returned null instead of a stage");
    }

    /** Virtual time's way to say that the thread was told to wait longer than anybody lives. */
    private static boolean isEndlessWait(Throwable thrown) {
        return thrown instanceof IllegalStateException
                && String.valueOf(thrown.getMessage()).startsWith("Nothing would ever");
    }

    /** The body's own failure. */
    private static final class BodyFailed extends IOException {

        private static final long serialVersionUID = 1L;

        BodyFailed() {
            super("of the body's own");
        }
    }

    /** The body's own error. */
    private static final class BodyError extends Error {

        private static final long serialVersionUID = 1L;

        BodyError() {
            super("of the body's own");
        }
    }
}
