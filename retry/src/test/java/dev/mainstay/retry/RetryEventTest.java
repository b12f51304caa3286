package dev.mainstay.retry;

import static dev.mainstay.testkit.MainstayAssertions.assertThat;
import static dev.mainstay.testkit.MainstayAssertions.assertThatThrownBy;

import dev.mainstay.backoff.Backoff;
import dev.mainstay.call.CallContext;
import dev.mainstay.call.Idempotence;
import dev.mainstay.call.NotableEvent;
import dev.mainstay.meter.MeterId;
import dev.mainstay.testkit.Meters;
import dev.mainstay.testkit.RecordedEvents;
import dev.mainstay.testkit.Scenario;
import dev.mainstay.testkit.Script;
import dev.mainstay.time.VirtualTime;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** What a retry tells those who listen, and how it describes itself. */
class RetryEventTest {

    private static final Duration MS_100 = Duration.ofMillis(100);

    private static Scenario<Retry> scenario(UnaryOperator<RetryConfig.Builder> options) {
        return Scenario.named("events")
                .with(time -> Retry.of(
                        "r",
                        options.apply(RetryConfig.builder()
                                        .backoff(Backoff.fixed(MS_100))
                                        .timeSource(time))
                                .build()));
    }

    @Test
    void everyRetryIsAnnouncedAndSoIsTheEndOfAttempts() {
        scenario(c -> c).inEveryMode(run -> {
            IOException failure = new IOException();
            try (RecordedEvents events = RecordedEvents.of(run.policy(), RetryEvent.class)) {
                run.failingWith(failure);
                assertThat(events.types()).containsExactly("RetryScheduled", "RetryScheduled", "RetriesExhausted");
                RetryEvent.RetryScheduled second =
                        events.ofType(RetryEvent.RetryScheduled.class).get(1);
                assertThat(second.policy()).isEqualTo("r");
                assertThat(second.attempt()).isEqualTo(3);
                assertThat(second.delay()).isEqualTo(MS_100);
                assertThat(second.failure()).isSameAs(failure);
                assertThat(second.context().attempt()).isEqualTo(2);
                assertThat(second.nanoTime()).isEqualTo(MS_100.toNanos());
                RetryEvent.RetriesExhausted end =
                        events.ofType(RetryEvent.RetriesExhausted.class).get(0);
                assertThat(end.attempts()).isEqualTo(3);
                assertThat(end.failure()).isSameAs(failure);
                assertThat(end.nanoTime()).isEqualTo(2 * MS_100.toNanos());
            }
        });
    }

    @Test
    void anAnnouncementReadsAsASentence() {
        VirtualTime time = VirtualTime.create();
        Retry retry = Retry.of("r", c -> c.backoff(Backoff.fixed(MS_100)).timeSource(time));
        try (RecordedEvents events = RecordedEvents.of(retry, RetryEvent.RetryScheduled.class)) {
            retry.start(CallContext.plain()).onFailure(new IOException("reset"));
            assertThat(events.all().get(0))
                    .hasToString("RetryScheduled[r, attempt 2 in 100ms, java.io.IOException: reset]");
        }
    }

    @Test
    void inAnEventLogEachKindHasALabelAndSaysTheNumbers() {
        CallContext context = CallContext.plain();
        NotableEvent afterFailure =
                new RetryEvent.RetryScheduled("r", 0, context, 2, 1_000_000, null, new IOException());
        NotableEvent afterResult = new RetryEvent.RetryScheduled("r", 0, context, 3, 1_000_000, "busy", null);
        NotableEvent exhausted = new RetryEvent.RetriesExhausted("r", 0, context, 3, "busy", null);
        NotableEvent unpaid = new RetryEvent.RetryDenied("r", 0, context, RetryDenial.BUDGET, "busy", null);
        NotableEvent late = new RetryEvent.RetryDenied("r", 0, context, RetryDenial.DEADLINE, "busy", null);

        assertThat(List.of(afterFailure, exhausted, unpaid))
                .extracting(NotableEvent::label)
                .containsExactly("retry", "retries.exhausted", "retry.denied");
        assertThat(List.of(afterFailure, afterResult, exhausted, unpaid, late))
                .extracting(NotableEvent::detail)
                .containsExactly(
                        "attempt 2 in 1ms after java.io.IOException",
                        "attempt 3 in 1ms after a result that is not acceptable",
                        "3 attempts",
                        "for lack of budget",
                        "for lack of time");
    }

    @Test
    void aDeniedRetrySaysWhy() {
        scenario(c -> c.budget(RetryBudget.of(1, 0)).maxDuration(Duration.ofMillis(150)))
                .inEveryMode(run -> {
                    try (RecordedEvents events = RecordedEvents.of(run.policy(), RetryEvent.RetryDenied.class)) {
                        run.failing(2);
                        assertThat(events.ofType(RetryEvent.RetryDenied.class))
                                .extracting(RetryEvent.RetryDenied::reason)
                                .containsExactly(RetryDenial.DEADLINE, RetryDenial.BUDGET);
                    }
                });
    }

    @Test
    void aResultThatIsRetriedIsAnnouncedWithoutAFailure() {
        scenario(c -> c.retryOnResult("busy"::equals)).inEveryMode(run -> {
            try (RecordedEvents events = RecordedEvents.of(run.policy())) {
                run.call(Script.of().succeed("busy").succeed("ok"));
                assertThat(events.ofType(RetryEvent.RetryScheduled.class))
                        .singleElement()
                        .extracting(RetryEvent.RetryScheduled::failure)
                        .isNull();
            }
        });
    }

    @Test
    void everyEventHasTheResultOrTheFailureOfItsAttempt() {
        IOException failure = new IOException("reset");
        scenario(c -> c.retryOnResult("busy"::equals)).inEveryMode(run -> {
            try (RecordedEvents events = RecordedEvents.of(run.policy(), RetryEvent.class)) {
                run.call(Script.of().succeed("busy").fail(failure).succeed("busy"));
                assertThat(events.types()).containsExactly("RetryScheduled", "RetryScheduled", "RetriesExhausted");
                assertThat(events.ofType(RetryEvent.class))
                        .extracting(RetryEvent::result)
                        .containsExactly("busy", null, "busy");
                assertThat(events.ofType(RetryEvent.class))
                        .extracting(RetryEvent::failure)
                        .containsExactly(null, failure, null);
            }
        });
        scenario(c -> c.retryOnResult("busy"::equals)
                        .budget(RetryBudget.of(1, 0))
                        .maxAttempts(9))
                .inEveryMode(run -> {
                    try (RecordedEvents events = RecordedEvents.of(run.policy(), RetryEvent.RetryDenied.class)) {
                        run.call(Script.succeeding("busy"));
                        assertThat(events.ofType(RetryEvent.class))
                                .extracting(RetryEvent::result)
                                .containsExactly("busy");
                    }
                });
    }

    @Test
    void aSuccessAfterARetryIsAnnouncedWithItsResult() {
        scenario(c -> c).inEveryMode(run -> {
            try (RecordedEvents events = RecordedEvents.of(run.policy(), RetryEvent.class)) {
                run.call(Script.of().fail(new IOException()).succeed("ok"));
                assertThat(events.types()).containsExactly("RetryScheduled", "RetrySucceeded");
                RetryEvent.RetrySucceeded event =
                        events.ofType(RetryEvent.RetrySucceeded.class).get(0);
                assertThat(event.policy()).isEqualTo("r");
                assertThat(event.attempts()).isEqualTo(2);
                assertThat(event.result()).isEqualTo("ok");
                assertThat(event.failure()).isNull();
                assertThat(event.context().attempt()).isEqualTo(2);
                assertThat(event.nanoTime()).isEqualTo(MS_100.toNanos());
            }
        });
    }

    @Test
    void anEndThatIsNotToBeRepeatedIsAnnounced() {
        FileNotFoundException missing = new FileNotFoundException();
        scenario(c -> c.ignoreExceptions(FileNotFoundException.class).retryOnResult("busy"::equals))
                .inEveryMode(run -> {
                    try (RecordedEvents events = RecordedEvents.of(run.policy(), RetryEvent.class)) {
                        run.failingWith(missing);
                        run.call(
                                run.guard().with(ctx -> ctx.idempotent(Idempotence.NO)),
                                Script.of().succeed("busy"));
                        assertThat(events.types()).containsExactly("RetryIgnored", "RetryIgnored");
                        assertThat(events.ofType(RetryEvent.class))
                                .extracting(RetryEvent::failure)
                                .containsExactly(missing, null);
                        assertThat(events.ofType(RetryEvent.class))
                                .extracting(RetryEvent::result)
                                .containsExactly(null, "busy");
                        assertThat(events.ofType(RetryEvent.RetryIgnored.class))
                                .extracting(RetryEvent.RetryIgnored::attempts)
                                .containsExactly(1, 1);
                    }
                });
    }

    @Test
    void noEventsTextHasTheResultInIt() {
        CallContext context = CallContext.plain();
        assertThat(List.of(
                        new RetryEvent.RetryScheduled("r", 0, context, 2, 1_000_000, "secret", null),
                        new RetryEvent.RetrySucceeded("r", 0, context, 2, "secret"),
                        new RetryEvent.RetryIgnored("r", 0, context, 1, "secret", null),
                        new RetryEvent.RetryIgnored("r", 0, context, 2, null, new IOException("reset")),
                        new RetryEvent.RetriesExhausted("r", 0, context, 3, "secret", null),
                        new RetryEvent.RetryDenied("r", 0, context, RetryDenial.BUDGET, "secret", null)))
                .extracting(RetryEvent::toString)
                .containsExactly(
                        "RetryScheduled[r, attempt 2 in 1ms, a result that is not acceptable]",
                        "RetrySucceeded[r, 2 attempts]",
                        "RetryIgnored[r, 1 attempt, a result that is not acceptable]",
                        "RetryIgnored[r, 2 attempts, java.io.IOException: reset]",
                        "RetriesExhausted[r, 3 attempts, a result that is not acceptable]",
                        "RetryDenied[r, BUDGET, a result that is not acceptable]");
    }

    @Test
    void aCallThatSucceedsAtFirstPublishesNothing() {
        scenario(c -> c).inEveryMode(run -> {
            try (RecordedEvents events = RecordedEvents.of(run.policy())) {
                run.succeeding(1);
                assertThat(events.all()).isEmpty();
            }
        });
    }

    @Test
    void aListenerThatThrowsChangesNothing() {
        scenario(c -> c).inEveryMode(run -> {
            run.policy().subscribe(RetryEvent.class, event -> {
                throw new IllegalStateException("listener");
            });
            run.call(Script.of().fail(new IOException()).succeed("ok"))
                    .returned("ok")
                    .afterExecutions(2);
        });
    }

    @Test
    void describesItsMeters() {
        Retry retry = Retry.ofDefaults("r");
        assertThat(Meters.of(retry).readings().keySet())
                .extracting(MeterId::toString)
                .containsExactly(
                        "retry.calls{name=r, outcome=success}",
                        "retry.calls{name=r, outcome=success_after_retry}",
                        "retry.calls{name=r, outcome=failure}",
                        "retry.calls{name=r, outcome=failure_after_retry}",
                        "retry.calls{name=r, outcome=not_retryable}",
                        "retry.attempts{name=r}",
                        "retry.denied{name=r, reason=budget}",
                        "retry.denied{name=r, reason=deadline}",
                        "retry.denied{name=r, reason=retry_after}",
                        "retry.budget{name=r}");
    }

    @Test
    void countsFromTheMomentOnThatItsCountersAreStarted() {
        Retry retry = Retry.ofDefaults("r");
        retry.get(() -> "before");

        Meters.start(retry);
        retry.get(() -> "after");

        assertThat(retry).hasMeter("retry.calls", 1, "outcome", "success").hasMeter("retry.attempts", 1);
    }

    @Test
    void goesOnCountingWhenItsOptionsChange() {
        Retry retry = Retry.ofDefaults("r");
        Meters.start(retry);

        retry.reconfigure(RetryConfig.builder().maxAttempts(5).build());
        retry.get(() -> "ok");

        assertThat(retry).hasMeter("retry.calls", 1, "outcome", "success").hasMeter("retry.attempts", 1);
    }

    @Test
    void keepsTheOptionsInForceWhenItIsMeasured() {
        Retry retry = Retry.ofDefaults("r");
        RetryConfig config = RetryConfig.builder().maxAttempts(5).build();
        retry.reconfigure(config);

        Meters.start(retry);

        assertThat(retry.config()).isSameAs(config);
    }

    @Test
    void saysWhyItDecidesAsItDoes() {
        VirtualTime time = VirtualTime.create();
        Retry retry = Retry.of("inventory", c -> c.timeSource(time));
        assertThatThrownBy(() -> retry.callWithContext(
                        Script.of().fail(new IOException()).on(time).sync()))
                .isInstanceOf(IOException.class);
        assertThat(retry)
                .explains("'inventory' makes up to 3 attempts", "from 50ms", "8.0 of 10 budget tokens left")
                .isNotIdle();
        assertThat(retry.toString()).startsWith("Retry['inventory' makes").contains("retry.attempts");
        assertThat(Retry.of("u", RetryConfig.Builder::unlimitedAttempts)).explains("any number of attempts");
    }

    @Test
    void isIdleWhileItsBudgetIsFullOrSomebodyElses() {
        VirtualTime time = VirtualTime.create();
        assertThat(Retry.ofDefaults("r")).isIdle();
        Retry shared = Retry.of(
                "s",
                c -> c.budget(RetryBudget.standard()).backoff(Backoff.none()).timeSource(time));
        assertThatThrownBy(() -> shared.callWithContext(
                        Script.of().fail(new IOException()).on(time).sync()))
                .isInstanceOf(IOException.class);
        assertThat(shared).isIdle();
        assertThat(CallContext.current()).isSameAs(CallContext.plain());
    }
}
