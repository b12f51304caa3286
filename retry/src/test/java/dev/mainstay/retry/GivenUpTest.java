package dev.mainstay.retry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.Chain;
import dev.mainstay.Pipeline;
import dev.mainstay.Policy;
import dev.mainstay.backoff.Backoff;
import dev.mainstay.call.AsyncCallBody;
import dev.mainstay.call.AsyncSupplier;
import dev.mainstay.call.CallBody;
import dev.mainstay.call.CallContext;
import dev.mainstay.call.ContextKey;
import dev.mainstay.event.MainstayEvent;
import dev.mainstay.future.CallFuture;
import dev.mainstay.outcome.Classifier;
import dev.mainstay.time.Deadline;
import dev.mainstay.time.TimeSource;
import dev.mainstay.time.TimedTask;
import dev.mainstay.time.VirtualTime;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Asynchronous calls that are given up, and those whose timer or executor lets them down: each ends once, with every
 * reservation settled, and leaves nothing behind.
 */
@Timeout(60)
class GivenUpTest {

    private static final Duration MS_100 = Duration.ofMillis(100);

    private final VirtualTime time = VirtualTime.create();
    private final ReservedOnce budget = new ReservedOnce();
    private final IOException failure = new IOException("own");

    private Retry retry(TimeSource time, Backoff backoff) {
        return Retry.of(
                "r", c -> c.maxAttempts(4).backoff(backoff).budget(budget).timeSource(time));
    }

    // ---- cancels

    /** At every step of a call of three attempts, the caller gives up. */
    @Test
    void aCancelAtEveryPhaseEndsEverythingAndReturnsWhatWasNotSent() {
        for (Backoff backoff : List.of(Backoff.none(), Backoff.fixed(MS_100))) {
            for (boolean completed : new boolean[] {false, true}) {
                for (int cancelAt = 0; cancelAt < 20; cancelAt++) {
                    cancelAfter(cancelAt, backoff, completed);
                }
            }
        }
    }

    private void cancelAfter(int steps, Backoff backoff, boolean completed) {
        String what = "cancelled after " + steps + " steps, " + backoff + ", completed " + completed;
        ReservedOnce budget = new ReservedOnce();
        List<Runnable> ours = new ArrayList<>();
        List<Runnable> users = new ArrayList<>();
        TimeSource stepping = new TimeAround(time) {
            @Override
            public Executor executor() {
                return ours::add;
            }
        };
        Retry retry = Retry.of(
                "r", c -> c.maxAttempts(3).backoff(backoff).budget(budget).timeSource(stepping));
        List<CompletableFuture<String>> stages = new ArrayList<>();
        CompletableFuture<String> future = Pipeline.builder("p")
                .policy(retry)
                .executor(users::add)
                .build()
                .callAsync(() -> {
                    CompletableFuture<String> stage = new CompletableFuture<>();
                    if (completed) {
                        stage.completeExceptionally(failure);
                    }
                    stages.add(stage);
                    return stage;
                });
        for (int step = 0; step < steps; step++) {
            step(ours, users, stages);
        }
        boolean wasDone = future.isDone();
        future.cancel(true);
        assertThat(future.isCancelled()).as(what).isEqualTo(!wasDone);
        budget.isSettled(what);
        assertThat(stages).as(what).allMatch(CompletableFuture::isDone);
        int made = stages.size();
        for (int step = 0; step < 20; step++) {
            step(ours, users, stages);
        }
        assertThat(stages).as(what).hasSize(made);
        assertThat(time.pendingEvents()).as(what).isZero();
        budget.isSettled(what);
    }

    private void step(List<Runnable> ours, List<Runnable> users, List<CompletableFuture<String>> stages) {
        if (!ours.isEmpty()) {
            ours.remove(0).run();
        } else if (!users.isEmpty()) {
            users.remove(0).run();
        } else if (!stages.get(stages.size() - 1).isDone()) {
            stages.get(stages.size() - 1).completeExceptionally(failure);
        } else {
            time.advance(MS_100);
        }
    }

    @Test
    void aStageWhoseCancelThrowsChangesNothing() {
        List<CompletableFuture<String>> stages = new ArrayList<>();
        AtomicInteger made = new AtomicInteger();
        CompletableFuture<String> future = retry(time, Backoff.none()).callAsync(() -> {
            if (made.incrementAndGet() == 1) {
                return CompletableFuture.failedFuture(failure);
            }
            CompletableFuture<String> stage = new CompletableFuture<>() {
                @Override
                public boolean cancel(boolean mayInterruptIfRunning) {
                    throw new IllegalStateException("no cancel");
                }
            };
            stages.add(stage);
            return stage;
        });
        assertThat(future.cancel(true)).isTrue();
        // It goes on, and so does what was paid for it.
        stages.get(0).complete("late");
        budget.isSettled("a stage whose cancel throws");
        assertThat(made).hasValue(2);
    }

    /** The JDK drops a callback for which the stack has no room: here the stage drops it. */
    @Test
    void aCallbackThatWasDroppedIsMadeUpForByACancel() {
        Silent dropping = new Silent(time);
        AtomicInteger made = new AtomicInteger();
        Retry retry = retry(time, Backoff.none());
        CompletableFuture<String> future = Pipeline.of("p", retry, new Dropping(dropping))
                .callAsync(() -> made.incrementAndGet() == 1
                        ? CompletableFuture.failedFuture(failure)
                        : new CompletableFuture<>());
        dropping.obtrudeValue("told nobody");
        assertThat(future).isNotDone();
        assertThat(future.cancel(true)).isTrue();
        budget.isSettled("a dropped callback");
        assertThat(budget.reserved()).isEqualTo(1);
    }

    // ---- executors

    private interface Misbehaviour extends Executor {}

    @Test
    void whateverTheExecutorDoesTheCallEndsOnce() {
        Map<String, Misbehaviour> executors = Map.of(
                "throws",
                        task -> {
                            throw new RejectedExecutionException("full");
                        },
                "throws an error",
                        task -> {
                            throw new NoClassDefFoundError("ill");
                        },
                "runs it, then throws",
                        task -> {
                            task.run();
                            throw new RejectedExecutionException("after all");
                        },
                "runs it twice",
                        task -> {
                            task.run();
                            task.run();
                        },
                "runs it on its caller", Runnable::run);
        executors.forEach((what, executor) -> {
            for (Backoff backoff : List.of(Backoff.none(), Backoff.fixed(MS_100))) {
                ReservedOnce budget = new ReservedOnce();
                Retry retry = Retry.of(
                        "r",
                        c -> c.maxAttempts(3).backoff(backoff).budget(budget).timeSource(time));
                AtomicInteger made = new AtomicInteger();
                AtomicInteger ends = new AtomicInteger();
                CompletableFuture<String> future = Pipeline.builder("p")
                        .policy(retry)
                        .executor(executor)
                        .build()
                        .callAsync(() -> {
                            made.incrementAndGet();
                            CompletableFuture<String> stage = new CompletableFuture<>();
                            time.executor().execute(() -> stage.completeExceptionally(failure));
                            return stage;
                        });
                future.whenComplete((result, thrown) -> ends.incrementAndGet());
                time.runUntilIdle();
                assertThat(future).as(what).isDone();
                assertThatThrownBy(future::join).as(what).hasCause(failure);
                assertThat(ends).as(what).hasValue(1);
                assertThat(made).as(what).hasValue(what.startsWith("throws") ? 1 : 3);
                budget.isSettled(what);
                assertThat(time.pendingEvents()).as(what).isZero();
            }
        });
    }

    @Test
    void whatAnExecutorDropsEndsAtTheDeadline() {
        for (Backoff backoff : List.of(Backoff.none(), Backoff.fixed(MS_100))) {
            AtomicInteger made = new AtomicInteger();
            Retry retry = retry(time, backoff);
            CompletableFuture<String> future = Pipeline.builder("p")
                    .policy(retry)
                    .executor(task -> {})
                    .build()
                    .with(context -> context.deadline(Deadline.after(Duration.ofSeconds(1), time)))
                    .callAsync(() -> {
                        made.incrementAndGet();
                        CompletableFuture<String> stage = new CompletableFuture<>();
                        time.executor().execute(() -> stage.completeExceptionally(failure));
                        return stage;
                    });
            time.advance(Duration.ofMillis(999));
            assertThat(future).isNotDone();
            time.advance(Duration.ofMillis(1));
            assertThat(future).isDone();
            assertThatThrownBy(future::join).hasCause(failure);
            budget.isSettled("dropped");
            assertThat(made).hasValue(1);
            assertThat(time.pendingEvents()).isZero();
        }
        assertThat(budget.givenBack()).isEqualTo(2);
    }

    @Test
    void andWithoutADeadlineWithACancel() {
        CompletableFuture<String> future = Pipeline.builder("p")
                .policy(retry(time, Backoff.fixed(MS_100)))
                .executor(task -> {})
                .build()
                .callAsync(() -> CompletableFuture.failedFuture(failure));
        time.advance(MS_100);
        assertThat(future).isNotDone();
        assertThat(future.cancel(true)).isTrue();
        assertThat(budget.givenBack()).isEqualTo(1);
    }

    @Test
    void anAttemptThatBeginsInTimeLeavesNoDeadlineArmed() {
        AtomicInteger made = new AtomicInteger();
        CompletableFuture<String> future = retry(time, Backoff.fixed(MS_100))
                .with(context -> context.deadline(Deadline.after(Duration.ofSeconds(1), time)))
                .callAsync(() -> made.incrementAndGet() == 1
                        ? CompletableFuture.failedFuture(failure)
                        : CompletableFuture.completedFuture("ok"));
        time.advance(MS_100);
        assertThat(future).isCompletedWithValue("ok");
        assertThat(time.pendingEvents()).isZero();
    }

    // ---- timers

    @Test
    void aTimerThatThrowsAfterItHasArmedEndsTheCallOnce() {
        for (boolean fires : new boolean[] {false, true}) {
            AtomicInteger made = new AtomicInteger();
            TimeSource strange = new TimeAround(time) {
                @Override
                public void arm(TimedTask task, long delayNanos) {
                    super.arm(task, delayNanos);
                    if (fires) {
                        time.advance(MS_100);
                    }
                    throw new IllegalStateException("armed all the same");
                }
            };
            CompletableFuture<String> future = retry(strange, Backoff.fixed(MS_100))
                    .callAsync(() -> made.incrementAndGet() == 1
                            ? CompletableFuture.failedFuture(failure)
                            : CompletableFuture.completedFuture("ok"));
            time.runUntilIdle();
            assertThat(future).isDone();
            assertThat(future.isCompletedExceptionally()).isEqualTo(!fires);
            budget.isSettled("fires: " + fires);
        }
    }

    @Test
    void withoutAThreadOfOursTheCallEndsWithItsLastFailure() {
        TimeSource withoutThreads = new TimeAround(time) {
            @Override
            public Executor executor() {
                return task -> {
                    throw new RejectedExecutionException("no thread");
                };
            }
        };
        CompletableFuture<String> future =
                retry(withoutThreads, Backoff.fixed(MS_100)).callAsync(() -> CompletableFuture.failedFuture(failure));
        time.advance(MS_100);
        assertThat(future).isDone();
        assertThatThrownBy(future::join).hasCause(failure);
        budget.isSettled("no thread");
    }

    @Test
    void nothingOfTheUsersRunsOnTheTimersThread() throws Exception {
        List<String> threads = Collections.synchronizedList(new ArrayList<>());
        Retry retry = Retry.of(
                "r",
                c -> c.maxAttempts(4)
                        .backoff(Backoff.fixed(Duration.ofMillis(1)))
                        .classifier(Classifier.builder()
                                .classify((result, thrown) -> {
                                    threads.add(Thread.currentThread().getName());
                                    return null;
                                })
                                .build()));
        retry.subscribe(
                MainstayEvent.class, event -> threads.add(Thread.currentThread().getName()));
        AsyncSupplier<String> body = () -> {
            threads.add(Thread.currentThread().getName());
            return CompletableFuture.failedFuture(failure);
        };
        for (int round = 0; round < 20; round++) {
            CompletableFuture<String> future = Pipeline.builder("p")
                    .policy(retry)
                    .executor(task -> {
                        threads.add(Thread.currentThread().getName());
                        task.run();
                    })
                    .build()
                    .callAsync(body);
            CompletableFuture<String> dependent = future.whenComplete(
                    (result, thrown) -> threads.add(Thread.currentThread().getName()));
            assertThatThrownBy(() -> dependent.get(10, TimeUnit.SECONDS)).hasCause(failure);
        }
        assertThat(threads).isNotEmpty().noneMatch(name -> name.contains("timer"));
    }

    // ---- what goes along, and what stays behind

    @Test
    void retriedAttemptsHaveTheCallersLoaderAndTheirContextAndLeaveNothingBound() throws Exception {
        ContextKey<String> tenant = ContextKey.of("tenant", String.class);
        ClassLoader loader = new ClassLoader(getClass().getClassLoader()) {};
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        List<String> wrong = Collections.synchronizedList(new ArrayList<>());
        AtomicInteger made = new AtomicInteger();
        Retry retry = Retry.of(
                "r",
                c -> c.maxAttempts(5)
                        .backoff(Backoff.fixed(Duration.ofMillis(1)))
                        .budget(RetryBudget.none()));
        Executor checking = task -> {
            task.run();
            if (CallContext.current() != CallContext.plain()) {
                wrong.add("still bound: " + CallContext.current());
            }
        };
        thread.setContextClassLoader(loader);
        CompletableFuture<String> future;
        try {
            future = Pipeline.builder("p")
                    .policy(retry)
                    .executor(checking)
                    .build()
                    .with(context -> context.with(tenant, "acme"))
                    .callAsync(() -> {
                        int attempt = made.incrementAndGet();
                        CallContext current = CallContext.current();
                        if (Thread.currentThread().getContextClassLoader() != loader) {
                            wrong.add("loader in attempt " + attempt);
                        }
                        if (!"acme".equals(current.get(tenant)) || current.attempt() != attempt) {
                            wrong.add("context in attempt " + attempt + ": " + current);
                        }
                        return attempt < 5
                                ? CompletableFuture.failedFuture(failure)
                                : CompletableFuture.completedFuture("ok");
                    });
        } finally {
            thread.setContextClassLoader(before);
        }
        assertThat(future.get(10, TimeUnit.SECONDS)).isEqualTo("ok");
        assertThat(wrong).isEmpty();
        assertThat(CallContext.current()).isSameAs(CallContext.plain());
    }

    @Test
    void aFutureThatIsCompleteKeepsNeitherBodyNorCaptures() {
        for (String end : List.of("success", "failure", "cancel in a pause", "cancel of an attempt", "late stage")) {
            Object[] captured = {new Object()};
            WeakReference<Object> reference = new WeakReference<>(captured[0]);
            CompletableFuture<Object> stage = new CompletableFuture<>();
            CompletableFuture<Object> future = callCapturing(captured[0], stage, end);
            captured[0] = null;
            assertThat(future).as(end).isDone();
            Eventually.holds(end + ": collected", () -> {
                System.gc();
                return reference.get() == null;
            });
            assertThat(future).as(end).isDone();
        }
    }

    private CompletableFuture<Object> callCapturing(
            @Nullable Object captured, CompletableFuture<Object> stage, String end) {
        AtomicBoolean first = new AtomicBoolean(true);
        CompletableFuture<Object> future = retry(time, Backoff.fixed(MS_100))
                .callAsync(() ->
                        captured == null || first.getAndSet(false) ? CompletableFuture.failedFuture(failure) : stage);
        if (!end.equals("cancel in a pause")) {
            time.advance(MS_100);
        }
        switch (end) {
            case "success" -> stage.complete("ok");
            case "failure" -> stage.completeExceptionally(new AssertionError("final"));
            default -> future.cancel(true);
        }
        return future;
    }

    // ---- retention in shared exceptions

    @Test
    void exceptionsThatManyCallsShareNeverContainThemselvesByAnyDetour() {
        IOException[] shared = {new IOException("a"), new IOException("b"), new IOException("c"), new IOException("d")};
        Retry retry = Retry.of(
                "r",
                c -> c.maxAttempts(2)
                        .backoff(Backoff.none())
                        .budget(RetryBudget.none())
                        .timeSource(time));
        for (int round = 0; round < 100; round++) {
            for (int from = 0; from < shared.length; from++) {
                IOException earlier = shared[(from + 1) % shared.length];
                IOException last = shared[from];
                AtomicInteger made = new AtomicInteger();
                assertThatThrownBy(() -> retry.run(() -> {
                            throw made.incrementAndGet() == 1 ? earlier : last;
                        }))
                        .isSameAs(last);
            }
        }
        for (IOException each : shared) {
            assertThat(each.getSuppressed()).hasSizeLessThanOrEqualTo(3);
            assertThat(contains(each, each, 0))
                    .as("%s contains itself", each.getMessage())
                    .isFalse();
        }
    }

    private static boolean contains(Throwable from, Throwable sought, int depth) {
        if (depth > 8) {
            return false;
        }
        for (Throwable suppressed : from.getSuppressed()) {
            if (suppressed == sought || contains(suppressed, sought, depth + 1)) {
                return true;
            }
        }
        return false;
    }

    /** A stage that is complete without having told anybody. */
    private static final class Silent extends CallFuture<Object> {

        Silent(TimeSource time) {
            super(time);
        }

        @Override
        protected void abandoned() {}
    }

    /** A policy that gives out such a stage for the second attempt. */
    private static final class Dropping extends Policy {

        private final Silent stage;
        private final AtomicInteger calls = new AtomicInteger();

        Dropping(Silent stage) {
            this.stage = stage;
        }

        @Override
        public String name() {
            return "dropping";
        }

        @Override
        public TimeSource timeSource() {
            return stage.timeSource();
        }

        @Override
        public <T extends @Nullable Object> T around(
                CallContext context, long now, Chain inner, CallBody<? extends T> body) throws Exception {
            return inner.proceed(context, now, body);
        }

        @Override
        @SuppressWarnings("unchecked")
        public <T extends @Nullable Object> CompletableFuture<T> aroundAsync(
                CallContext context, long now, Chain inner, AsyncCallBody<? extends T> body) {
            CompletableFuture<T> made = inner.proceedAsync(context, now, body);
            return calls.incrementAndGet() == 1 ? made : (CompletableFuture<T>) stage;
        }
    }
}
