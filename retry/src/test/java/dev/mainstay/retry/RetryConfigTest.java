package dev.mainstay.retry;

import static dev.mainstay.testkit.MainstayAssertions.assertThat;
import static dev.mainstay.testkit.MainstayAssertions.assertThatNullPointerException;
import static dev.mainstay.testkit.MainstayAssertions.assertThatThrownBy;

import dev.mainstay.PolicyEvent;
import dev.mainstay.backoff.Backoff;
import dev.mainstay.backoff.RandomSource;
import dev.mainstay.outcome.Classifier;
import dev.mainstay.testkit.RecordedEvents;
import dev.mainstay.testkit.Script;
import dev.mainstay.testkit.ScriptedCall;
import dev.mainstay.time.TimeSource;
import dev.mainstay.time.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** The options: their defaults, what is rejected, and how they are changed. */
class RetryConfigTest {

    @Test
    void defaultsAreSafe() {
        RetryConfig config = RetryConfig.defaults();
        assertThat(config.maxAttempts()).isEqualTo(3);
        assertThat(config.backoff()).hasToString("exponential from 50ms x2 up to 2s, full jitter");
        assertThat(config.overloadBackoff()).hasToString("exponential from 1s x2 up to 2s, full jitter");
        assertThat(config.delayFunction()).isNull();
        assertThat(config.classifier()).isSameAs(Classifier.standard());
        assertThat(config.maxRetryAfter()).isEqualTo(Duration.ofMinutes(1));
        assertThat(config.budget()).isNull();
        assertThat(config.maxDuration()).isNull();
        assertThat(config.failAfterMaxAttempts()).isTrue();
        assertThat(config.timeSource()).isSameAs(TimeSource.system());
        assertThat(Retry.ofDefaults("r").config()).isSameAs(config);
    }

    @Test
    void whatMakesNoSenseIsRejectedWithItsNameItsValueAndWhatIsAllowed() {
        rejected(c -> c.maxAttempts(0), "maxAttempts is 0 but must be at least 1");
        rejected(c -> c.maxRetryAfter(Duration.ofMillis(-1)), "maxRetryAfter is PT-0.001S but must be zero or more");
        rejected(c -> c.maxDuration(Duration.ZERO), "maxDuration is PT0S but must be a duration above zero");
        rejected(c -> c.maxDuration(Duration.ofSeconds(-1)), "maxDuration is PT-1S");
        rejected(c -> c.retryExceptions(), "retryExceptions is empty but must be at least one type");
        rejected(
                c -> c.ignoreExceptions(IOException.class).retryExceptions(IOException.class),
                "retryExceptions is java.io.IOException but must be another type than those of ignoreExceptions");
        rejected(
                c -> c.retryExceptions(IOException.class).ignoreExceptions(IOException.class),
                "ignoreExceptions is java.io.IOException but must be another type than those of retryExceptions");
        rejected(
                c -> c.classifier(Classifier.standard()).retryExceptions(IOException.class),
                "classifier is given together with rules such as retryExceptions but must be given alone");
        rejected(c -> c.retryOnResult("busy"::equals).classifier(Classifier.standard()), "classifier");
    }

    private static void rejected(UnaryOperator<RetryConfig.Builder> options, String message) {
        assertThatThrownBy(() -> Retry.of("r", options))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }

    @Test
    void nullsAreRejectedByName() {
        nullRejected(c -> c.backoff(null), "backoff");
        nullRejected(c -> c.overloadBackoff(null), "overloadBackoff");
        nullRejected(c -> c.classifier(null), "classifier");
        nullRejected(c -> c.maxRetryAfter(null), "maxRetryAfter");
        nullRejected(c -> c.random(null), "random");
        nullRejected(c -> c.timeSource(null), "timeSource");
        nullRejected(c -> c.retryOnResult(null), "");
        assertThatNullPointerException()
                .isThrownBy(() -> Retry.of(null, RetryConfig.defaults()))
                .withMessageContaining("name");
        assertThatNullPointerException()
                .isThrownBy(() -> Retry.of("r", (RetryConfig) null))
                .withMessageContaining("config");
        assertThatThrownBy(() -> Retry.ofDefaults(" ")).hasMessageContaining("name is ' '");
    }

    private static void nullRejected(UnaryOperator<RetryConfig.Builder> options, String message) {
        assertThatNullPointerException()
                .isThrownBy(() -> Retry.of("r", options))
                .withMessageContaining(message);
    }

    @Test
    void aBuilderFromAConfigHasAllItsOptions() {
        RetryConfig config = RetryConfig.builder()
                .maxAttempts(7)
                .backoff(Backoff.none())
                .overloadBackoff(Backoff.fixed(Duration.ofSeconds(3)))
                .delayFunction((attempt, result, failure) -> null)
                .retryExceptions(IOException.class)
                .maxRetryAfter(Duration.ofSeconds(9))
                .budget(RetryBudget.none())
                .maxDuration(Duration.ofSeconds(8))
                .failAfterMaxAttempts(false)
                .random(RandomSource.seeded(1))
                .timeSource(VirtualTime.create())
                .build();
        assertThat(config.toBuilder().build()).isEqualTo(config);
        RetryConfig other =
                config.toBuilder().ignoreExceptions(IOException.class).build();
        assertThat(other.classifier()).isNotSameAs(config.classifier());
        assertThat(config.maxAttempts()).isEqualTo(7);
    }

    @Test
    void otherOptionsHoldForCallsThatBeginFromThenOn() throws Exception {
        VirtualTime time = VirtualTime.create();
        Retry retry = Retry.of(
                "r",
                c -> c.maxAttempts(2)
                        .backoff(Backoff.fixed(Duration.ofSeconds(1)))
                        .timeSource(time));
        ScriptedCall<Object> before = Script.of().fail(IOException::new).on(time);
        CompletableFuture<Object> inFlight = retry.callAsyncWithContext(before.async());
        time.runDue();
        RecordedEvents events = RecordedEvents.of(retry, PolicyEvent.Reconfigured.class);
        RetryConfig old = retry.config();
        RetryConfig config =
                old.toBuilder().maxAttempts(4).backoff(Backoff.none()).build();
        retry.reconfigure(config);
        assertThat(retry.config()).isSameAs(config);
        assertThat(retry.budget().tokens()).as("its budget keeps its tokens").isEqualTo(9);
        ScriptedCall<Object> after = Script.of().fail(IOException::new).on(time);
        assertThatThrownBy(() -> retry.callWithContext(after.sync())).isInstanceOf(IOException.class);
        assertThat(after.executions()).isEqualTo(4);
        assertThatThrownBy(() -> time.await(inFlight)).isInstanceOf(IOException.class);
        assertThat(before.executions()).isEqualTo(2);
        assertThat(events.all()).containsExactly(new PolicyEvent.Reconfigured("r", 0, old, config));
    }

    @Test
    void theBudgetCanBeChangedAndChangedBack() {
        Retry retry = Retry.ofDefaults("r");
        RetryBudget own = retry.budget();
        retry.reconfigure(retry.config().toBuilder().budget(RetryBudget.none()).build());
        assertThat(retry.budget()).isSameAs(RetryBudget.none());
        retry.reconfigure(retry.config().toBuilder().budget(null).build());
        assertThat(retry.budget()).isSameAs(own);
    }

    @Test
    void theTimeSourceCannotBeChanged() {
        Retry retry = Retry.ofDefaults("r");
        RetryConfig other =
                RetryConfig.builder().timeSource(VirtualTime.create()).build();
        assertThatThrownBy(() -> retry.reconfigure(other))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("timeSource");
    }
}
