package dev.mainstay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.mainstay.call.CallContext;
import dev.mainstay.meter.MeterReadings;
import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.outcome.CallTimeoutException;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.time.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * A call that is handed to an executor runs once at most and ends once, on time, whatever the executor does with it.
 */
class ExecutorsThatMisbehaveTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    private enum Habit {
        TAKES_IT {
            @Override
            void take(Runnable task, VirtualTime time) {
                time.executor().execute(task);
            }
        },
        TAKES_IT_AND_THROWS {
            @Override
            void take(Runnable task, VirtualTime time) {
                time.executor().execute(task);
                throw new RejectedExecutionException("after all");
            }
        },
        RUNS_IT_AND_THROWS {
            @Override
            void take(Runnable task, VirtualTime time) {
                task.run();
                throw new AssertionError("after all");
            }
        },
        RUNS_IT_TWICE {
            @Override
            void take(Runnable task, VirtualTime time) {
                time.executor().execute(task);
                time.executor().execute(task);
            }
        },
        RUNS_IT_WHILE_IT_RUNS {
            @Override
            void take(Runnable task, VirtualTime time) {
                time.executor().execute(task);
                time.executor().execute(() -> time.executor().execute(task));
            }
        },
        RUNS_IT_ON_THE_CALLER {
            @Override
            void take(Runnable task, VirtualTime time) {
                task.run();
            }
        },
        DROPS_IT {
            @Override
            void take(Runnable task, VirtualTime time) {}
        },
        THROWS {
            @Override
            void take(Runnable task, VirtualTime time) {
                throw new StackOverflowError("scripted");
            }
        };

        abstract void take(Runnable task, VirtualTime time);

        boolean neverRunsIt() {
            return this == TAKES_IT_AND_THROWS || this == DROPS_IT || this == THROWS;
        }
    }

    @TestFactory
    List<DynamicTest> aTimeLimitedCallEndsOnceAndOnTime() {
        List<DynamicTest> tests = new ArrayList<>();
        for (Habit habit : Habit.values()) {
            for (boolean hangs : new boolean[] {false, true}) {
                tests.add(DynamicTest.dynamicTest(habit + ", the body hangs: " + hangs, () -> {
                    VirtualTime time = VirtualTime.create();
                    TimeLimiter limiter = TimeLimiter.of(
                            "limit",
                            c -> c.timeoutDuration(SECOND).timeSource(time).onExecutor(task -> habit.take(task, time)));
                    MeterReadings meters = new MeterReadings();
                    limiter.describe(meters);
                    List<String> runs = new ArrayList<>();
                    Throwable thrown = catchThrowable(() -> limiter.call(() -> body(runs, time, hangs)));
                    Duration taken = time.elapsed();
                    time.advance(SECOND.multipliedBy(10));

                    assertThat(runs.size()).isEqualTo(habit.neverRunsIt() ? 0 : 1);
                    assertThat(taken).isLessThanOrEqualTo(SECOND);
                    assertThat(time.pendingEvents()).isZero();
                    assertThat(Thread.interrupted()).isFalse();
                    if (habit == Habit.DROPS_IT || (hangs && !habit.neverRunsIt())) {
                        assertThat(thrown).isInstanceOf(CallTimeoutException.class);
                    } else if (habit.neverRunsIt()) {
                        assertThat(thrown)
                                .isInstanceOfSatisfying(
                                        CallRejectedException.class,
                                        rejection ->
                                                assertThat(rejection.reason()).isEqualTo(RejectionReason.EXECUTOR));
                    } else {
                        assertThat(thrown).isNull();
                    }
                }));
            }
        }
        return tests;
    }

    @TestFactory
    List<DynamicTest> aSubmittedCallEndsOnce() {
        List<DynamicTest> tests = new ArrayList<>();
        for (Habit habit : Habit.values()) {
            tests.add(DynamicTest.dynamicTest(habit.toString(), () -> {
                VirtualTime time = VirtualTime.create();
                OnePlace gate = new OnePlace(time);
                List<String> runs = new ArrayList<>();
                CompletableFuture<String> call =
                        gate.submit(task -> habit.take(task, time), () -> body(runs, time, false));
                time.advance(SECOND);
                assertThat(runs.size()).isEqualTo(habit.neverRunsIt() ? 0 : 1);
                assertThat(call.isDone()).isEqualTo(habit != Habit.DROPS_IT);
                call.cancel(true);
                assertThat(gate.taken).isFalse();
                assertThat(gate.verdicts).hasSize(runs.size());
            }));
        }
        return tests;
    }

    /** Two threads run the same work, the second while the body is in progress: a cancel still reaches the first. */
    @TestFactory
    List<DynamicTest> aSecondRunDoesNotTakeTheInterruptFromTheFirst() {
        return List.of(DynamicTest.dynamicTest("while it runs", () -> {
            List<ExecutorCall<String>> itself = new ArrayList<>();
            List<Boolean> interrupted = new ArrayList<>();
            itself.add(new ExecutorCall<>(
                    CallContext.plain(),
                    context -> {
                        Thread second = new Thread(itself.get(0));
                        second.start();
                        second.join();
                        itself.get(0).cancel(true);
                        interrupted.add(Thread.interrupted());
                        return "late";
                    },
                    null));
            itself.get(0).run();
            assertThat(interrupted).containsExactly(true);
        }));
    }

    private static @Nullable String body(List<String> runs, VirtualTime time, boolean hangs) {
        runs.add("run");
        if (hangs) {
            try {
                time.sleep(SECOND.multipliedBy(5).toNanos());
            } catch (InterruptedException e) {
                throw new CompletionException(e);
            }
        }
        return "ok";
    }
}
