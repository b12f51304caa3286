package dev.mainstay.verification.model;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.call.CallContext;
import dev.mainstay.outcome.Verdict;
import dev.mainstay.retry.RetryBudget;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A retry budget beside a {@link NaiveBudget}. */
class RetryBudgetModelTest {

    @Test
    @Timeout(value = 1, unit = TimeUnit.HOURS)
    void doesWhatTheNaiveOneDoes() {
        Plays.of("retry budget", BudgetPlay::new);
    }

    @Test
    void aBugOnPurposeIsFound() {
        assertThatThrownBy(() -> Plays.of("forgetful budget", ForgetfulPlay::new, Plays.STEPS_THAT_FIND))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("differ in step")
                .hasMessageContaining("give back");
    }

    private static class BudgetPlay extends Play {

        private final NaiveBudget model;
        private final RetryBudget budget;

        BudgetPlay(long seed) {
            super(seed);
            int capacity = 1 + random.nextInt(oneIn(4) ? 1_000_000 : 5);
            model = oneIn(10)
                    ? NaiveBudget.none()
                    : NaiveBudget.of(capacity, random.nextInt(1000 * Math.min(capacity, 3) + 1));
            budget = model.real();
        }

        @Override
        void step() {
            switch (random.nextInt(8)) {
                case 0 -> {
                    did("give back");
                    giveBack(budget);
                    model.giveBack();
                }
                case 1 -> {
                    did("a retry succeeded");
                    budget.retrySucceeded();
                    model.retrySucceeded();
                }
                case 2 -> {
                    did("a retry failed");
                    budget.retryFailed(Verdict.ERROR);
                }
                case 3, 4 -> {
                    did("a call succeeded");
                    budget.callSucceeded();
                    model.callSucceeded();
                }
                default -> {
                    did("reserve");
                    check("reserved", model.tryReserve(), budget.tryReserve(CallContext.plain(), Verdict.ERROR));
                }
            }
        }

        void giveBack(RetryBudget budget) {
            budget.giveBack();
        }

        @Override
        void compare() {
            check("the tokens", model.tokens(), budget.tokens());
            check("full", model.isFull(), budget.isFull());
        }

        @Override
        Object options() {
            return model;
        }
    }

    /** A budget that forgets, now and then, that a token was given back. */
    private static final class ForgetfulPlay extends BudgetPlay {

        ForgetfulPlay(long seed) {
            super(seed);
        }

        @Override
        void giveBack(RetryBudget budget) {
            if (!oneIn(10)) {
                super.giveBack(budget);
            }
        }
    }
}
