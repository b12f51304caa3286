package dev.mainstay.http;

import dev.mainstay.outcome.Verdict;
import dev.mainstay.safe.Require;

/**
 * One row of the table of {@link HttpRules}.
 *
 * @param verdict what the outcome means to breakers, bulkheads, limiters and budgets
 * @param retried which calls a retry makes again
 */
public record HttpRule(Verdict verdict, Repetition retried) {

    /** Neither may be null. */
    public HttpRule {
        Require.present("verdict", verdict);
        Require.present("retried", retried);
    }
}
