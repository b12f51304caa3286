package dev.mainstay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.mainstay.call.CallContext;
import dev.mainstay.outcome.CallTimeoutException;
import dev.mainstay.time.TimeSource;
import dev.mainstay.time.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * An interrupt from outside is never swallowed by a time limit on the caller's thread, nor is one of ours left behind:
 * whenever the one from outside comes, whatever the body makes of it, and however limits are nested.
 */
class CallersInterruptTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    private final VirtualTime time = VirtualTime.create();

    /** When somebody else interrupts the caller. */
    private enum Foreign {
        NEVER(false),
        BEFORE_THE_CALL(true),
        BEFORE_THE_TIME_IS_UP(true),
        /** It was thrown as an exception, while the body went on to clean up until the time was up. */
        AND_WAS_THROWN_BEFORE_THE_TIME_WAS_UP(true),
        AFTER_OURS_WAS_THROWN(true);

        final boolean interrupts;

        Foreign(boolean interrupts) {
            this.interrupts = interrupts;
        }
    }

    private enum Limits {
        ONE,
        INNER_FIRST,
        OUTER_FIRST,
        BOTH_AT_ONCE
    }

    /** How the body ends that does not look at the flag. */
    private enum End {
        RESULT,
        FAILURE
    }

    @AfterEach
    void noInterruptIsLeft() {
        boolean ignored = Thread.interrupted();
    }

    @TestFactory
    List<DynamicTest> isKeptAndOursIsNot() {
        List<DynamicTest> tests = new ArrayList<>();
        for (Foreign foreign : Foreign.values()) {
            for (Limits limits : Limits.values()) {
                for (End end : End.values()) {
                    tests.add(DynamicTest.dynamicTest(foreign + ", limits " + limits + ", " + end, () -> {
                        Throwable thrown = catchThrowable(() -> make(foreign, limits, end));
                        assertThat(thrown).isInstanceOf(CallTimeoutException.class);
                        time.advance(SECOND.multipliedBy(10));
                        assertThat(Thread.interrupted()).isEqualTo(foreign.interrupts);
                    }));
                }
            }
        }
        return tests;
    }

    private @Nullable String make(Foreign foreign, Limits limits, End end) throws Exception {
        if (foreign == Foreign.BEFORE_THE_CALL) {
            Thread.currentThread().interrupt();
        }
        TimeLimiter outer = limiter(limits == Limits.INNER_FIRST ? SECOND.multipliedBy(2) : SECOND);
        TimeLimiter inner = limiter(limits == Limits.OUTER_FIRST ? SECOND.multipliedBy(2) : SECOND);
        return limits == Limits.ONE
                ? outer.callWithContext(context -> body(foreign, end))
                : outer.callWithContext(context -> inner.callWithContext(nested -> body(foreign, end)));
    }

    private TimeLimiter limiter(Duration timeout) {
        return TimeLimiter.of("limit", c -> c.timeoutDuration(timeout).timeSource(time));
    }

    private String body(Foreign foreign, End end) throws Exception {
        switch (foreign) {
            case BEFORE_THE_TIME_IS_UP -> Thread.currentThread().interrupt();
            case AND_WAS_THROWN_BEFORE_THE_TIME_WAS_UP -> {
                InterruptedException theirs = new InterruptedException("theirs");
                time.advance(SECOND.multipliedBy(3));
                throw theirs;
            }
            case AFTER_OURS_WAS_THROWN -> {
                time.advance(SECOND.multipliedBy(3));
                assertThat(Thread.interrupted()).isTrue();
                Thread.currentThread().interrupt();
                throw new InterruptedException("ours");
            }
            default -> {}
        }
        time.advance(SECOND.multipliedBy(3));
        if (end == End.FAILURE) {
            throw new IllegalStateException("late");
        }
        return "late";
    }

    @TestFactory
    List<DynamicTest> isKeptByACallOnAnExecutorToo() {
        List<DynamicTest> tests = new ArrayList<>();
        for (boolean foreign : new boolean[] {false, true}) {
            for (End end : End.values()) {
                tests.add(DynamicTest.dynamicTest("from outside: " + foreign + ", " + end, () -> {
                    TimeLimiter here = TimeLimiter.of(
                            "limit",
                            c -> c.timeoutDuration(SECOND).timeSource(time).onExecutor(Runnable::run));
                    Throwable thrown = catchThrowable(() -> here.callWithContext(
                            context -> body(foreign ? Foreign.BEFORE_THE_TIME_IS_UP : Foreign.NEVER, end)));
                    assertThat(thrown).isInstanceOf(CallTimeoutException.class);
                    assertThat(Thread.interrupted()).isEqualTo(foreign);
                }));
            }
        }
        return tests;
    }

    @TestFactory
    List<DynamicTest> isKeptByAWaitForAnotherThreadInsideALimit() {
        List<DynamicTest> tests = new ArrayList<>();
        for (boolean foreign : new boolean[] {false, true}) {
            for (boolean interruption : new boolean[] {false, true}) {
                tests.add(DynamicTest.dynamicTest(
                        "from outside: " + foreign + ", the work throws an InterruptedException: " + interruption,
                        () -> {
                            TimeLimiter limiter = limiter(SECOND);
                            Throwable thrown = catchThrowable(() -> limiter.callWithContext(context -> {
                                Thread caller = Thread.currentThread();
                                ExecutorCall<String> running = new ExecutorCall<>(
                                        context,
                                        ignored -> {
                                            time.advance(SECOND.multipliedBy(3));
                                            throw interruption
                                                    ? new InterruptedException()
                                                    : new IllegalStateException("late");
                                        },
                                        null);
                                return awaitWhile(running, caller, foreign);
                            }));
                            assertThat(thrown).isInstanceOf(CallTimeoutException.class);
                            assertThat(Thread.interrupted()).isEqualTo(foreign);
                        }));
            }
        }
        return tests;
    }

    /**
     * Waits for work that another thread makes, which begins as soon as the caller has seen an interrupt, or at once.
     */
    private String awaitWhile(ExecutorCall<String> work, Thread caller, boolean foreign) throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch seen = new CountDownLatch(foreign ? 1 : 0);
        ExecutorCall<String> gated = new ExecutorCall<>(
                CallContext.current(),
                context -> {
                    begun.countDown();
                    boolean waited = false;
                    while (!waited) {
                        try {
                            seen.await();
                            waited = true;
                        } catch (InterruptedException handedOn) {
                            seen.countDown();
                        }
                    }
                    work.run();
                    return work.await("work", work, TimeSource.system());
                },
                null);
        Thread runner = new Thread(gated);
        runner.start();
        begun.await();
        if (foreign) {
            caller.interrupt();
        }
        try {
            return gated.await("gated", gated, TimeSource.system());
        } finally {
            boolean set = Thread.interrupted();
            runner.join();
            if (set) {
                caller.interrupt();
            }
        }
    }
}
