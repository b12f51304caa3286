package dev.mainstay.docs;

import static dev.mainstay.testkit.MainstayAssertions.assertThat;
import static dev.mainstay.testkit.MainstayAssertions.assertThatThrownBy;

import dev.mainstay.Pipeline;
import dev.mainstay.PolicyEvent;
import dev.mainstay.TimeLimiter;
import dev.mainstay.backoff.Backoff;
import dev.mainstay.backoff.RandomSource;
import dev.mainstay.breaker.CircuitBreaker;
import dev.mainstay.breaker.SlidingWindow;
import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.outcome.CallTimeoutException;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.retry.Retry;
import dev.mainstay.testkit.CallInFlight;
import dev.mainstay.testkit.Meters;
import dev.mainstay.testkit.Mode;
import dev.mainstay.testkit.RecordedEvents;
import dev.mainstay.testkit.Scenario;
import dev.mainstay.testkit.Script;
import dev.mainstay.testkit.ScriptedCall;
import dev.mainstay.time.TimeSource;
import dev.mainstay.time.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class TestingPageTest {

    // begin: service
    /** Production code: it is given its time, and makes its policies with it. */
    static final class Inventory {

        private final Pipeline pipeline;
        private final InventoryClient client;

        Inventory(InventoryClient client, TimeSource time) {
            this.client = client;
            Retry retry = Retry.of("inventory", config -> config.timeSource(time));
            TimeLimiter limiter = TimeLimiter.of("inventory", config -> config.timeSource(time));
            pipeline = Pipeline.of("inventory", retry, limiter);
        }

        Stock stockOf(String item) throws IOException {
            return pipeline.call(() -> client.stockOf(item));
        }
    }
    // end: service

    // begin: virtual
    @Test
    void aSlowServiceIsGivenUp() {
        VirtualTime time = VirtualTime.create();
        InventoryClient client = new InventoryClient(time).takes(Duration.ofSeconds(30));
        Inventory inventory = new Inventory(client, time);

        assertThatThrownBy(() -> inventory.stockOf("sku-7")).isInstanceOf(CallTimeoutException.class);
        assertThat(client.calls()).isEqualTo(3);
        assertThat(time.elapsed()).isBetween(Duration.ofSeconds(3), Duration.ofSeconds(7));
    }
    // end: virtual

    @Test
    void script() throws Exception {
        VirtualTime time = VirtualTime.create();
        Retry retry =
                Retry.of("inventory", config -> config.timeSource(time).backoff(Backoff.fixed(Duration.ofMillis(100))));
        // begin: script
        ScriptedCall<String> call = Script.<String>of()
                .fail(() -> new IOException("connection refused"))
                .times(2)
                .hang(Duration.ofSeconds(3))
                .succeed("seven pieces")
                .on(time);

        assertThat(retry.callWithContext(call.sync())).isEqualTo("seven pieces");
        assertThat(call.attempts()).containsExactly(1, 2, 3);
        assertThat(call.startTimes()).containsExactly(Duration.ZERO, Duration.ofMillis(100), Duration.ofMillis(200));
        // end: script
    }

    // begin: scenario
    private final Scenario<CircuitBreaker> opens = Scenario.named("opens, and closes after a probe")
            .with(time -> CircuitBreaker.of(
                    "inventory",
                    config -> config.timeSource(time)
                            .slidingWindow(SlidingWindow.ofCalls(4))
                            .minimumNumberOfCalls(4)
                            .waitDurationInOpenState(Backoff.fixed(Duration.ofSeconds(2)))
                            .permittedNumberOfCallsInHalfOpenState(1)));

    @Test
    void opensAndClosesAfterAProbe() {
        opens.inEveryMode(run -> {
            run.failing(4);
            run.rejected(3);
            assertThat(run.policy()).hasState("OPEN");

            run.after(Duration.ofSeconds(2));
            run.succeeding(1);
            assertThat(run.policy()).hasState("CLOSED").hasMeter("breaker.calls", 4, "outcome", "failure");
            assertThat(run.executions()).isEqualTo(5);
        });
    }
    // end: scenario

    @Test
    void reports() {
        Scenario<Retry> scenario = Scenario.named("three attempts")
                .with(time -> Retry.of(
                        "inventory", config -> config.timeSource(time).backoff(Backoff.fixed(Duration.ofMillis(100)))));
        IOException rejected = new IOException("connection refused");
        // begin: report
        scenario.inEveryMode(run -> run.call(Script.failing(rejected))
                .failedWith(rejected)
                .afterExecutions(3)
                .afterAttempts(1, 2, 3)
                .afterTime(Duration.ofMillis(200)));
        // end: report
    }

    @Test
    void inFlight() {
        Scenario<TimeLimiter> scenario = Scenario.named("cancelled")
                .with(time -> TimeLimiter.of("inventory", config -> config.timeSource(time)));
        // begin: in-flight
        scenario.onlyIn(Mode.ASYNC, Mode.SUBMITTED).inEveryMode(run -> {
            CallInFlight<String> call =
                    run.begin(Script.<String>of().hang(Duration.ofMillis(500)).succeed("late"));
            call.cancel();
            assertThat(call.isDone()).isTrue();
            run.after(Duration.ofSeconds(2));
            assertThat(run.policy()).hasMeter("timelimiter.calls", 0, "outcome", "timeout");
        });
        // end: in-flight
    }

    @Test
    void assertions() throws IOException {
        VirtualTime time = VirtualTime.create();
        InventoryClient client = new InventoryClient(time);
        // begin: assertions
        CircuitBreaker breaker = CircuitBreaker.of("inventory", config -> config.timeSource(time));
        Meters.start(breaker);
        breaker.call(() -> client.stockOf("sku-7"));
        breaker.transitionToForcedOpenState();

        assertThat(breaker)
                .hasState("FORCED_OPEN")
                .hasMeter("breaker.calls", 1, "outcome", "success")
                .explains("inventory");
        assertThat(breaker.tryCall(() -> client.stockOf("sku-7")))
                .isRejected()
                .byPolicy("inventory")
                .withReason(RejectionReason.FORCED_OPEN);
        // end: assertions
    }

    @Test
    void events() {
        VirtualTime time = VirtualTime.create();
        InventoryClient client = new InventoryClient(time);
        CircuitBreaker breaker = CircuitBreaker.of("inventory", config -> config.timeSource(time));
        // begin: events
        try (RecordedEvents events = RecordedEvents.of(breaker)) {
            breaker.transitionToForcedOpenState();
            assertThatThrownBy(() -> breaker.call(() -> client.stockOf("sku-7")))
                    .isInstanceOf(CallRejectedException.class);

            assertThat(events.types()).containsExactly("StateChanged", "CallRejected");
            assertThat(events.ofType(PolicyEvent.CallRejected.class)).hasSize(1);
        }
        // end: events
    }

    @Test
    void seeded() {
        // begin: seeded
        Retry retry = Retry.of("inventory", config -> config.random(RandomSource.seeded(42)));
        // end: seeded
        assertThat(retry.name()).isEqualTo("inventory");
    }
}
