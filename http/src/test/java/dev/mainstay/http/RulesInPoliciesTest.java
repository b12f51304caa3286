package dev.mainstay.http;

import static dev.mainstay.http.HttpRulesTest.answer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.Pipeline;
import dev.mainstay.PolicyAccess;
import dev.mainstay.backoff.Backoff;
import dev.mainstay.breaker.CircuitBreaker;
import dev.mainstay.breaker.CircuitBreaker.State;
import dev.mainstay.call.CallContext;
import dev.mainstay.retry.Retry;
import dev.mainstay.time.VirtualTime;
import java.io.IOException;
import java.net.ConnectException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Retries and breakers by the rules, in virtual time. */
class RulesInPoliciesTest {

    private final VirtualTime time = VirtualTime.create();
    private final HttpRules rules = HttpRules.standard();
    private final List<Duration> attempts = new ArrayList<>();

    private final Retry retry = Retry.of(
            "http",
            c -> c.classifier(rules.retryClassifier())
                    .failAfterMaxAttempts(false)
                    .backoff(Backoff.none())
                    .overloadBackoff(Backoff.none())
                    .random(() -> 0)
                    .timeSource(time));

    private final CircuitBreaker breaker = CircuitBreaker.of(
            "http", c -> c.classifier(rules.classifier()).consecutiveFailures(3).timeSource(time));

    @Test
    void aRetryComesBackWhenItWasToldTo() throws Exception {
        int status = call("GET", answer(503, "Retry-After", "7"), answer(200));

        assertThat(status).isEqualTo(200);
        assertThat(attempts).containsExactly(Duration.ZERO, Duration.ofSeconds(7));
    }

    @Test
    void aRetryThatIsToldToWaitForTooLongEndsWithTheAnswer() throws Exception {
        int status = call("GET", answer(503, "Retry-After", "3600"), answer(200));

        assertThat(status).isEqualTo(503);
        assertThat(attempts).hasSize(1);
    }

    @Test
    void aPostIsRepeatedOnlyIfNothingWasSent() throws Exception {
        assertThat(call("POST", new ConnectException(), answer(201))).isEqualTo(201);
        assertThat(call("POST", answer(503), answer(201))).isEqualTo(503);
        assertThatThrownBy(() -> call("POST", new IOException("reset"), answer(201)))
                .isInstanceOf(IOException.class);
        assertThat(attempts).hasSize(4);
    }

    @Test
    void aBreakerCountsFailuresOfTheServerAndNoneOfTheCaller() throws Exception {
        for (int status : new int[] {404, 400, 503, 404, 500, 502}) {
            assertThat(call("POST", answer(status))).isEqualTo(status);
        }
        assertThat(breaker.state()).isEqualTo(State.CLOSED);

        assertThat(call("POST", answer(500))).isEqualTo(500);

        assertThat(breaker.state()).isEqualTo(State.OPEN);
    }

    private int call(String method, Object... outcomes) throws Exception {
        CallContext context = HttpCall.of(method).in(CallContext.plain());
        int[] next = new int[1];
        HttpAnswer last = PolicyAccess.call(Pipeline.of("http", retry, breaker), context, ctx -> {
            attempts.add(time.elapsed());
            Object outcome = outcomes[next[0]++];
            if (outcome instanceof Exception failure) {
                throw failure;
            }
            return (HttpAnswer) outcome;
        });
        return last.status();
    }
}
