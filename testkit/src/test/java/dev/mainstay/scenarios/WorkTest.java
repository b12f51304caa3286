package dev.mainstay.scenarios;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.ExecutorCall;
import dev.mainstay.call.CallBody;
import dev.mainstay.call.CallContext;
import dev.mainstay.event.CallbackFailures;
import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.time.TimeSource;
import dev.mainstay.time.VirtualTime;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A call that a policy moves to another thread. */
class WorkTest {

    private final List<@Nullable Object> discarded = new ArrayList<>();

    private ExecutorCall<String> work(CallBody<String> body) {
        return new ExecutorCall<>(CallContext.plain(), body, discarded::add);
    }

    @Test
    void isQueuedUntilItBeginsOrIsWithdrawn() {
        List<Boolean> queued = new ArrayList<>();
        List<ExecutorCall<String>> itself = new ArrayList<>();
        ExecutorCall<String> made = work(context -> {
            queued.add(itself.get(0).isQueued());
            return "ok";
        });
        itself.add(made);
        assertThat(made.isQueued()).isTrue();
        made.run();
        assertThat(queued).containsExactly(false);
        assertThat(made.isQueued()).isFalse();
        ExecutorCall<String> withdrawn = work(context -> "never");
        withdrawn.cancel(true);
        assertThat(withdrawn.isQueued()).isFalse();
    }

    @Test
    void aCancelInterruptsTheCallThatRunsAndLeavesNoInterruptBehind() {
        List<Boolean> interrupted = new ArrayList<>();
        List<ExecutorCall<String>> itself = new ArrayList<>();
        itself.add(work(context -> {
            itself.get(0).cancel(true);
            interrupted.add(Thread.currentThread().isInterrupted());
            return "late";
        }));
        itself.get(0).run();
        assertThat(interrupted).containsExactly(true);
        assertThat(Thread.interrupted()).isFalse();
        assertThat(discarded).containsExactly("late");
    }

    @Test
    void oneThatIsToldSoIsNotInterrupted() {
        List<Boolean> interrupted = new ArrayList<>();
        List<ExecutorCall<String>> itself = new ArrayList<>();
        itself.add(work(context -> {
                    itself.get(0).cancel(true);
                    interrupted.add(Thread.currentThread().isInterrupted());
                    return "late";
                })
                .interruptible(false));
        itself.get(0).run();
        assertThat(interrupted).containsExactly(false);
    }

    @Test
    void whatWasRegisteredForACancelRunsWhenItIsCancelled() {
        List<String> closed = new ArrayList<>();
        List<ExecutorCall<String>> itself = new ArrayList<>();
        itself.add(work(context -> {
            context.onCancel(() -> closed.add("before"));
            itself.get(0).cancel(true);
            context.onCancel(() -> closed.add("after"));
            return "late";
        }));
        itself.get(0).run();
        assertThat(closed).containsExactly("before", "after");
    }

    @Test
    void aHookForResultsThatNobodyWantsMayThrowAndIsLogged() {
        try (LogOf warnings = new LogOf(CallbackFailures.class)) {
            List<ExecutorCall<String>> itself = new ArrayList<>();
            itself.add(new ExecutorCall<>(
                    CallContext.plain(),
                    context -> {
                        itself.get(0).cancel(true);
                        return "late";
                    },
                    result -> {
                        throw new IllegalStateException("a hook that throws");
                    }));
            itself.get(0).run();
            assertThat(warnings.values("callback")).containsExactly("onDiscard hook");
        }
    }

    @Test
    void whoeverAwaitsItGetsItsResult() throws Exception {
        VirtualTime time = VirtualTime.create();
        ExecutorCall<String> work = work(context -> "ok");
        work.start("p", time.executor());
        assertThat(work.await("p", work, time)).isEqualTo("ok");
    }

    @Test
    void whoeverAwaitsItGetsItsFailureAsItIs() {
        AssertionError error = new AssertionError("scripted");
        IOException failure = new IOException("scripted");
        ExecutorCall<String> failed = work(context -> {
            throw failure;
        });
        failed.run();
        assertThatThrownBy(() -> failed.await("p", failed, VirtualTime.create()))
                .isSameAs(failure);
        ExecutorCall<String> broken = work(context -> {
            throw error;
        });
        broken.run();
        assertThatThrownBy(() -> broken.await("p", broken, VirtualTime.create()))
                .isSameAs(error);
    }

    @Test
    void aCallerWhoIsInterruptedBeforeItBeginsWithdrawsItAndKeepsTheInterrupt() {
        ExecutorCall<String> work = work(context -> "never");
        CompletableFuture<String> dependent = new CompletableFuture<>();
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> work.await("p", dependent, VirtualTime.create()))
                .isInstanceOfSatisfying(
                        CallRejectedException.class,
                        rejection -> assertThat(rejection.reason()).isEqualTo(RejectionReason.INTERRUPTED));
        assertThat(Thread.interrupted()).isTrue();
        assertThat(work.isQueued()).isFalse();
        assertThat(work).isCompletedExceptionally();
        assertThat(dependent).isCancelled();
    }

    @Test
    void aCallerWhoIsInterruptedWhileItRunsHandsTheInterruptOnAndKeepsIt() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        ExecutorCall<String> work = work(context -> {
            begun.countDown();
            new CountDownLatch(1).await();
            return "never";
        });
        FutureTask<Boolean> awaiting = new FutureTask<>(() -> {
            assertThatThrownBy(() -> work.await("p", work, TimeSource.system()))
                    .isInstanceOf(InterruptedException.class);
            return Thread.interrupted();
        });
        Thread runner = new Thread(work);
        runner.start();
        begun.await();
        Thread caller = new Thread(awaiting);
        caller.start();
        caller.interrupt();
        assertThat(awaiting.get()).as("the caller is still interrupted").isTrue();
        runner.join();
    }

    @Test
    void aCallerWhoIsInterruptedIsReleasedIfTheCallMayNotBe() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        ExecutorCall<String> work = work(context -> {
                    begun.countDown();
                    release.await();
                    return "late";
                })
                .interruptible(false);
        FutureTask<Boolean> awaiting = new FutureTask<>(() -> {
            assertThatThrownBy(() -> work.await("p", work, TimeSource.system()))
                    .isInstanceOfSatisfying(
                            CallRejectedException.class,
                            rejection -> assertThat(rejection.reason()).isEqualTo(RejectionReason.INTERRUPTED));
            return Thread.interrupted();
        });
        Thread runner = new Thread(work);
        runner.start();
        begun.await();
        Thread caller = new Thread(awaiting);
        caller.start();
        caller.interrupt();
        assertThat(awaiting.get()).as("the caller is still interrupted").isTrue();
        assertThat(discarded).isEmpty();
        release.countDown();
        runner.join();
        assertThat(discarded).containsExactly("late");
    }
}
