package dev.mainstay.retry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.mainstay.backoff.Backoff;
import dev.mainstay.call.CallContext;
import dev.mainstay.outcome.Verdict;
import dev.mainstay.testkit.Script;
import dev.mainstay.testkit.ScriptedCall;
import dev.mainstay.time.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** The arithmetic of the budget, alone, shared, and under threads. */
class RetryBudgetTest {

    @Test
    void isFullAtFirstAndGrantsAsManyAsItHolds() {
        RetryBudget budget = RetryBudget.standard();
        assertThat(budget.tokens()).isEqualTo(10);
        assertThat(budget.isFull()).isTrue();
        for (int i = 0; i < 10; i++) {
            assertThat(budget.tryReserve(CallContext.plain(), Verdict.ERROR)).isTrue();
        }
        assertThat(budget.tryReserve(CallContext.plain(), Verdict.ERROR)).isFalse();
        assertThat(budget.tokens()).isZero();
        assertThat(budget.isFull()).isFalse();
    }

    @Test
    void tenSuccessesPayForOneRetry() {
        RetryBudget budget = emptied(RetryBudget.standard());
        for (int i = 0; i < 9; i++) {
            budget.callSucceeded();
        }
        assertThat(budget.tryReserve(CallContext.plain(), Verdict.ERROR)).isFalse();
        budget.callSucceeded();
        assertThat(budget.tryReserve(CallContext.plain(), Verdict.ERROR)).isTrue();
    }

    @Test
    void aRetryThatSucceedsGivesBackMoreThanItCostAndOneThatWasNotSentExactlyThat() {
        RetryBudget budget = emptied(RetryBudget.standard());
        budget.retrySucceeded();
        assertThat(budget.tokens()).isEqualTo(1.1);
        budget.giveBack();
        assertThat(budget.tokens()).isEqualTo(2.1);
        budget.retryFailed(Verdict.ERROR);
        assertThat(budget.tokens()).isEqualTo(2.1);
    }

    @Test
    void neverHoldsMoreThanItsCapacity() {
        RetryBudget budget = RetryBudget.of(2, 0.7);
        budget.callSucceeded();
        budget.giveBack();
        budget.retrySucceeded();
        assertThat(budget.tokens()).isEqualTo(2);
        assertThat(budget.tryReserve(CallContext.plain(), Verdict.ERROR)).isTrue();
        budget.callSucceeded();
        budget.callSucceeded();
        assertThat(budget.tokens()).isEqualTo(2);
        assertThat(budget.isFull()).isTrue();
    }

    @Test
    void oneThatIsNotRefilledIsUsedUpForGood() {
        RetryBudget budget = emptied(RetryBudget.of(1, 0));
        budget.callSucceeded();
        assertThat(budget.tryReserve(CallContext.plain(), Verdict.ERROR)).isFalse();
    }

    @Test
    void noBudgetGrantsAlways() {
        RetryBudget none = RetryBudget.none();
        for (int i = 0; i < 1_000; i++) {
            assertThat(none.tryReserve(CallContext.plain(), Verdict.ERROR)).isTrue();
        }
        assertThat(none.tokens()).isInfinite();
        assertThat(none.isFull()).isTrue();
        assertThat(none).hasToString("no budget");
    }

    @Test
    void saysWhatIsLeft() {
        RetryBudget budget = RetryBudget.standard();
        budget.tryReserve(CallContext.plain(), Verdict.ERROR);
        assertThat(budget).hasToString("9.0 of 10 budget tokens left");
    }

    @Test
    void holdsAMillionAtMost() {
        assertThat(RetryBudget.of(1_000_000, 0.1).tokens()).isEqualTo(1_000_000);
    }

    @Test
    void rejectsNumbersThatMakeNoSense() {
        assertThatThrownBy(() -> RetryBudget.of(0, 0.1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("capacity is 0 but must be between 1 and 1000000");
        assertThatThrownBy(() -> RetryBudget.of(1_000_001, 0.1)).hasMessageContaining("capacity is 1000001");
        assertThatThrownBy(() -> RetryBudget.of(10, -0.1)).hasMessageContaining("perSuccess is -0.1");
        assertThatThrownBy(() -> RetryBudget.of(10, 11)).hasMessageContaining("perSuccess is 11.0");
        assertThatThrownBy(() -> RetryBudget.of(10, Double.NaN)).hasMessageContaining("perSuccess is NaN");
        assertThatThrownBy(() -> RetryBudget.of(10, 0.0001)).hasMessageContaining("at least a thousandth");
    }

    @Test
    void aSharedBudgetIsOneForAllWhoShareIt() {
        VirtualTime time = VirtualTime.create();
        RetryBudget shared = RetryBudget.of(3, 0.1);
        Retry reads =
                Retry.of("reads", c -> c.budget(shared).backoff(Backoff.none()).timeSource(time));
        Retry writes =
                Retry.of("writes", c -> c.budget(shared).backoff(Backoff.none()).timeSource(time));
        assertThat(executions(reads, time)).isEqualTo(3);
        assertThat(executions(writes, time)).isEqualTo(2);
        assertThat(executions(reads, time)).isEqualTo(1);
        assertThat(reads.budget()).isSameAs(writes.budget());
    }

    @Test
    void retriesFromOneConfigHaveABudgetEach() {
        RetryConfig config = RetryConfig.builder().build();
        assertThat(Retry.of("a", config).budget())
                .isNotSameAs(Retry.of("b", config).budget());
    }

    private static int executions(Retry retry, VirtualTime time) {
        ScriptedCall<Object> body = Script.of().fail(IOException::new).on(time);
        assertThatThrownBy(() -> retry.callWithContext(body.sync())).isInstanceOf(IOException.class);
        return body.executions();
    }

    private static RetryBudget emptied(RetryBudget budget) {
        while (budget.tryReserve(CallContext.plain(), Verdict.ERROR)) {}
        return budget;
    }

    /** granted − succeeded − returned ≤ capacity + 0.1 × successes, at every moment of a random life. */
    @Test
    void grantsNoMoreThanItsCapacityAndATenthOfTheSuccesses() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        int capacity = 1 + random.nextInt(20);
        RetryBudget budget = RetryBudget.of(capacity, 0.1);
        long granted = 0;
        long succeeded = 0;
        long returned = 0;
        long failed = 0;
        long firstTries = 0;
        for (int step = 0; step < 100_000; step++) {
            switch (random.nextInt(5)) {
                case 0, 1 -> granted += budget.tryReserve(CallContext.plain(), Verdict.ERROR) ? 1 : 0;
                case 2 -> {
                    budget.callSucceeded();
                    firstTries++;
                }
                default -> {
                    if (granted > succeeded + returned + failed) {
                        switch (random.nextInt(3)) {
                            case 0 -> {
                                budget.retrySucceeded();
                                succeeded++;
                            }
                            case 1 -> {
                                budget.giveBack();
                                returned++;
                            }
                            default -> {
                                budget.retryFailed(Verdict.ERROR);
                                failed++;
                            }
                        }
                    }
                }
            }
            assertThat((double) granted - succeeded - returned)
                    .as("seed %d, step %d", seed, step)
                    .isLessThanOrEqualTo(capacity + 0.1 * (firstTries + succeeded) + 1e-6);
            assertThat(budget.tokens()).as("seed %d", seed).isBetween(0.0, (double) capacity);
        }
        assertThat(granted).as("seed %d", seed).isPositive();
    }

    /** The same through the policy, with calls that are cancelled in every phase. */
    @Test
    void isConservedUnderCancel() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        VirtualTime time = VirtualTime.create();
        RetryBudget budget = RetryBudget.of(50, 0.1);
        Retry retry = Retry.of(
                "r",
                c -> c.maxAttempts(4)
                        .budget(budget)
                        .backoff(Backoff.fixed(Duration.ofMillis(100)).fullJitter())
                        .random(random::nextDouble)
                        .timeSource(time));
        AtomicInteger sentRetries = new AtomicInteger();
        AtomicInteger succeededRetries = new AtomicInteger();
        AtomicInteger firstTries = new AtomicInteger();
        List<CompletableFuture<String>> futures = new ArrayList<>();
        for (int call = 0; call < 2_000; call++) {
            futures.add(retry.callAsyncWithContext(context -> {
                boolean again = context.attempt() > 1;
                if (again) {
                    sentRetries.incrementAndGet();
                }
                if (random.nextInt(3) > 0) {
                    return CompletableFuture.failedFuture(new IOException());
                }
                (again ? succeededRetries : firstTries).incrementAndGet();
                return CompletableFuture.completedFuture("ok");
            }));
            time.advance(Duration.ofMillis(random.nextInt(30)));
            futures.get(random.nextInt(futures.size())).cancel(true);
        }
        time.runUntilIdle();
        assertThat(futures).allMatch(CompletableFuture::isDone);
        // Nothing is out: what is missing was spent on retries that were sent and failed.
        int spent = sentRetries.get() - succeededRetries.get();
        assertThat(spent).as("seed %d", seed).isLessThanOrEqualTo((int)
                (50 + 0.1 * (firstTries.get() + succeededRetries.get())));
        assertThat(budget.tokens())
                .as("seed %d", seed)
                .isGreaterThanOrEqualTo(50 - spent)
                .isLessThanOrEqualTo(50 - spent + 0.1 * (firstTries.get() + succeededRetries.get()) + 1e-6);
    }

    @Test
    void losesNothingAndMintsNothingUnderThreads() throws InterruptedException {
        RetryBudget budget = RetryBudget.of(1_000, 0);
        AtomicLong spent = new AtomicLong();
        int threads = 4;
        CountDownLatch done = new CountDownLatch(threads);
        for (int thread = 0; thread < threads; thread++) {
            long seed = thread;
            new Thread(() -> {
                        Random random = new Random(seed);
                        for (int i = 0; i < 50_000; i++) {
                            if (!budget.tryReserve(CallContext.plain(), Verdict.ERROR)) {
                                continue;
                            }
                            if (random.nextInt(500) == 0) {
                                budget.retryFailed(Verdict.ERROR);
                                spent.incrementAndGet();
                            } else if (random.nextBoolean()) {
                                budget.giveBack();
                            } else {
                                budget.retrySucceeded();
                            }
                        }
                        done.countDown();
                    })
                    .start();
        }
        done.await();
        assertThat(spent.get()).isPositive();
        assertThat(budget.tokens()).isCloseTo(1_000.0 - (double) spent.get(), within(1e-9));
    }
}
