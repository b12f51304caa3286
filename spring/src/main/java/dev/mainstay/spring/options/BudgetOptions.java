package dev.mainstay.spring.options;

import dev.mainstay.retry.RetryBudget;
import dev.mainstay.safe.Require;
import org.jspecify.annotations.Nullable;

/**
 * What pays for retries. As text: {@code standard}, {@code none}, or the name of one of {@code retry-budgets} or of a
 * bean. One value.
 *
 * @param shared the name of a budget that several retries share
 * @param capacity how many retries in a row it pays for
 * @param perSuccess what a first-try success earns
 */
public record BudgetOptions(
        @Option("standard (the default), none, or the name of one of retry-budgets or of a RetryBudget bean.") @Nullable
        String shared,

        @Option("How many retries in a row it pays for, of a budget of its own; 10 by default.") @Nullable
        Integer capacity,

        @Option("What a first-try success earns, of a budget of its own; 0.1 by default.") @Nullable
        Double perSuccess) {

    /** {@code standard}, {@code none} or a name. */
    public static BudgetOptions of(String text) {
        return new BudgetOptions(text.trim(), null, null);
    }

    /** The budget, or null for a standard one of the retry's own. */
    @Nullable
    RetryBudget budget(NamedBeans beans) {
        if (shared == null) {
            return own();
        }
        Require.check(
                capacity == null && perSuccess == null,
                "budget",
                "'" + shared + "' with capacity or perSuccess",
                "a name alone, or numbers alone");
        return switch (shared) {
            case "standard" -> null;
            case "none" -> RetryBudget.none();
            default -> {
                RetryBudget[] found = new RetryBudget[1];
                Settings.bean(beans, "budget", shared, RetryBudget.class, budget -> found[0] = budget);
                yield found[0];
            }
        };
    }

    RetryBudget own() {
        return RetryBudget.of(capacity == null ? 10 : capacity, perSuccess == null ? 0.1 : perSuccess);
    }
}
