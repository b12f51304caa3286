package dev.mainstay.examples;

import dev.mainstay.Pipeline;
import dev.mainstay.ratelimit.RateLimiter;
import dev.mainstay.registry.KeyedRegistry;
import java.time.Duration;
import java.util.List;

/**
 * One rate limiter per tenant, made when the tenant first calls and forgotten when nobody can tell the difference any
 * more. A tenant that asks for too much is rejected; the others do not notice.
 */
public final class KeyedExample {
    private KeyedExample() {}

    /** Lets a noisy tenant and a quiet one call. */
    public static void main(String[] args) {
        var tenants = KeyedRegistry.<RateLimiter>builder(
                        "tenants",
                        name -> RateLimiter.of(
                                name, c -> c.limitForPeriod(3).limitRefreshPeriod(Duration.ofSeconds(1))))
                .maxInstances(10_000)
                .build();
        var search = Pipeline.of("search", tenants);

        for (String tenant : List.of("noisy", "noisy", "noisy", "noisy", "noisy", "quiet")) {
            String answer = search.with(call -> call.key(tenant))
                    .tryCall(() -> "found")
                    .orElseApply(rejection -> "rejected, try again in " + rejection.retryAfter());
            System.out.println(tenant + ": " + answer);
        }
    }
}
