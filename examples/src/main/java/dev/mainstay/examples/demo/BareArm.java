package dev.mainstay.examples.demo;

import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A timeout, and a loop that tries again a little later: what stands in many a code base. */
final class BareArm implements Arm {
    static final Duration BACKOFF = Duration.ofMillis(100);

    private final InventoryClient client;
    private final Attempts attempts;
    private final Executor afterBackoff;

    BareArm(InventoryClient client, Attempts attempts) {
        this.client = client;
        this.attempts = attempts;
        this.afterBackoff = CompletableFuture.delayedExecutor(BACKOFF.toMillis(), TimeUnit.MILLISECONDS);
    }

    @Override
    public CompletableFuture<HttpResponse<String>> fetch(String item) {
        var result = new CompletableFuture<HttpResponse<String>>();
        attempt(1, item, result);
        return result;
    }

    @SuppressWarnings("FutureReturnValueIgnored") // the callback sees every failure
    private void attempt(int number, String item, CompletableFuture<HttpResponse<String>> result) {
        client.fetch(item, attempts.timeout()).whenComplete((response, failure) -> {
            if (number < attempts.max() && !isGood(response)) {
                afterBackoff.execute(() -> attempt(number + 1, item, result));
            } else if (response != null) {
                result.complete(response);
            } else {
                result.completeExceptionally(failure);
            }
        });
    }

    private static boolean isGood(@Nullable HttpResponse<String> response) {
        return response != null && response.statusCode() == 200;
    }
}
