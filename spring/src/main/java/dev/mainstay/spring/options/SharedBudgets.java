package dev.mainstay.spring.options;

import dev.mainstay.retry.RetryBudget;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The budgets that several retries share, by name. One whose numbers do not change stays the same. Immutable. */
final class SharedBudgets {

    private final Map<String, BudgetOptions> options;
    private final Map<String, RetryBudget> budgets = new HashMap<>();

    SharedBudgets(Map<String, BudgetOptions> options, @Nullable SharedBudgets before) {
        this.options = options;
        options.forEach((name, numbers) -> budgets.put(name, budget(name, numbers, before)));
    }

    private static RetryBudget budget(String name, BudgetOptions numbers, @Nullable SharedBudgets before) {
        String section = "retry-budgets." + Blueprint.key(name);
        if (numbers.shared() != null) {
            throw InvalidOptionException.at(
                    section,
                    "shared",
                    "mainstay." + section + " must have numbers, capacity and per-success, not a name");
        }
        RetryBudget kept = before == null ? null : before.budgets.get(name);
        if (kept != null && before != null && numbers.equals(before.options.get(name))) {
            return kept;
        }
        try {
            return numbers.own();
        } catch (IllegalArgumentException e) {
            throw InvalidOptionException.of(section, "retry budget '" + name + "'", e);
        }
    }

    /** These before beans. */
    NamedBeans before(NamedBeans beans) {
        return new NamedBeans() {
            @Override
            public <T> T get(String name, Class<T> type) {
                RetryBudget budget = type == RetryBudget.class ? budgets.get(name) : null;
                return budget == null ? beans.get(name, type) : type.cast(budget);
            }
        };
    }
}
