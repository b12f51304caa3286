package dev.mainstay.scenarios;

import static dev.mainstay.testkit.MainstayAssertions.assertThat;

import dev.mainstay.Pipeline;
import dev.mainstay.backoff.Backoff;
import dev.mainstay.event.CallbackFailures;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** What a user's function throws changes nothing, but it is not lost. */
class FailingCallbackTest {

    @Test
    void anActionOnCancelThatThrowsIsLogged() {
        try (LogOf log = new LogOf(CallbackFailures.class)) {
            Pipeline.of("none")
                    .callAsyncWithContext(context -> {
                        context.onCancel(() -> {
                            throw new IllegalStateException("scripted");
                        });
                        return new CompletableFuture<>();
                    })
                    .cancel(true);
            assertThat(log.values("callback")).containsExactly("onCancel hook");
        }
    }

    @Test
    void aBackoffFunctionThatThrowsIsLoggedOnce() {
        try (LogOf log = new LogOf(CallbackFailures.class)) {
            Backoff backoff = Backoff.of(repetition -> {
                throw new IllegalStateException("scripted");
            });
            backoff.delayNanos(1, 0, () -> 0);
            backoff.delayNanos(2, 0, () -> 0);
            assertThat(log.values("callback")).containsExactly("backoff function");
        }
    }
}
