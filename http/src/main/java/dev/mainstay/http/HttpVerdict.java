package dev.mainstay.http;

import dev.mainstay.outcome.Verdict;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What an outcome of a call means.
 *
 * @param verdict to breakers, bulkheads, limiters and budgets
 * @param retryable whether a retry may make this very call again
 * @param retryAfter when the server wants to be called again, from now on; null if it did not say
 */
public record HttpVerdict(
        Verdict verdict, boolean retryable, @Nullable Duration retryAfter) {}
