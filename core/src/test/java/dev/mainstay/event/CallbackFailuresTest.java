package dev.mainstay.event;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.time.LogOf;
import org.junit.jupiter.api.Test;

class CallbackFailuresTest {

    private final CallbackFailures failures = new CallbackFailures();

    @Test
    void theFirstIsLoggedAndAllAreCounted() {
        assertThat(failures.count()).isZero();
        try (LogOf log = new LogOf(CallbackFailures.class)) {
            failures.report("inventory", "listener", new IllegalStateException("first"));
            failures.report("inventory", "listener", new IllegalStateException("second"));

            assertThat(log.failures()).containsExactly("first");
        }
        assertThat(failures.count()).isEqualTo(2);
    }
}
