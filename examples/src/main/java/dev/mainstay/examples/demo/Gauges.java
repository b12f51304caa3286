package dev.mainstay.examples.demo;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalDouble;

/** How the policies of an arm stood at some time; empty for what the arm does not have. */
record Gauges(Duration time, Optional<BreakerState> breaker, OptionalDouble retryBudget) {

    static Gauges of(Arm arm, Duration time) {
        return new Gauges(time, arm.breakerState(), arm.retryBudget());
    }
}
