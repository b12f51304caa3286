package dev.mainstay.testkit;

import dev.mainstay.call.AsyncCallBody;
import dev.mainstay.call.CallContext;
import dev.mainstay.call.ContextBody;
import dev.mainstay.testkit.Script.Ending;
import dev.mainstay.testkit.Script.Step;
import dev.mainstay.time.TimedTask;
import dev.mainstay.time.VirtualTime;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A body that follows a {@link Script} and remembers how it was called. Safe for use by many threads.
 *
 * <pre>{@code
 * ScriptedCall<String> call = Script.<String>of().fail(new IOException()).times(2).succeed("ok").on(time);
 * assertThat(retry.call(call.sync())).isEqualTo("ok");
 * assertThat(call.executions()).isEqualTo(3);
 * }</pre>
 *
 * @param <T> what it gives, possibly null
 */
public final class ScriptedCall<T extends @Nullable Object> {

    private final Script<T> script;
    private final VirtualTime time;
    private final Duration begun;
    private final AtomicInteger executions = new AtomicInteger();
    private final AtomicInteger running = new AtomicInteger();
    private final AtomicInteger mostAtOnce = new AtomicInteger();
    private final AtomicInteger interrupts = new AtomicInteger();
    private final AtomicInteger cancels = new AtomicInteger();
    private final AtomicInteger unwanted = new AtomicInteger();
    private final List<CallContext> contexts = new CopyOnWriteArrayList<>();
    private final List<Duration> startTimes = new CopyOnWriteArrayList<>();
    private final List<CompletableFuture<T>> stages = new CopyOnWriteArrayList<>();
    private volatile boolean held;

    ScriptedCall(Script<T> script, VirtualTime time) {
        this.script = script;
        this.time = time;
        this.begun = time.elapsed();
    }

    // ---- what policies go around

    /** The body for synchronous calls. */
    public ContextBody<T, Exception> sync() {
        return this::make;
    }

    /** The body for asynchronous calls, whose stages are not complete yet when it returns them. */
    public AsyncCallBody<T> async() {
        return this::begin;
    }

    /**
     * The body for asynchronous calls, whose stages are complete when it returns them; where the script hangs, it
     * blocks. Only a stage that never completes is given out as it is.
     */
    public AsyncCallBody<T> asyncCompleted() {
        return this::beginCompleted;
    }

    // ---- what it remembers

    /** How often the body was entered. */
    public int executions() {
        return executions.get();
    }

    /** The attempt numbers that it saw, in order. */
    public List<Integer> attempts() {
        return contexts.stream().map(CallContext::attempt).toList();
    }

    /** The contexts that it was handed, in order. */
    public List<CallContext> contexts() {
        return List.copyOf(contexts);
    }

    /** When it was entered each time, counted from when this object was made. */
    public List<Duration> startTimes() {
        return List.copyOf(startTimes);
    }

    /** How many executions are in progress; a stage that is not complete is. */
    public int running() {
        return running.get();
    }

    /** How many executions were in progress together at most. */
    public int mostAtOnce() {
        return mostAtOnce.get();
    }

    /** How often it was interrupted while it hung. */
    public int interrupts() {
        return interrupts.get();
    }

    /** How many of its stages were cancelled. */
    public int cancels() {
        return cancels.get();
    }

    /** The stages that it gave, in order, so that a test can complete them itself. */
    public List<CompletableFuture<T>> stages() {
        return List.copyOf(stages);
    }

    /** Checks that it was not executed more often than the script allows. */
    void verify() {
        if (unwanted.get() > 0) {
            throw new AssertionError("the script has " + script.length() + " steps, but the body was executed "
                    + executions() + " times, with attempts " + attempts());
        }
    }

    // ---- following the script

    private T make(CallContext context) throws Exception {
        Step<T> step = enter(context);
        try {
            runAction(step);
            block(step);
            return end(step);
        } finally {
            running.decrementAndGet();
        }
    }

    @SuppressWarnings("NullAway") // gives null where a script wants to break the rules
    private CompletionStage<T> begin(CallContext context) throws Exception {
        return begin(enter(context));
    }

    @SuppressWarnings("NullAway")
    private CompletionStage<T> begin(Step<T> step) throws Exception {
        boolean begun = false;
        try {
            runAction(step);
            if (leavesOutStage(step)) {
                return null;
            }
            PendingStage stage = new PendingStage(step);
            stages.add(stage);
            stage.begin();
            begun = true;
            return stage;
        } finally {
            if (!begun) {
                running.decrementAndGet();
            }
        }
    }

    @SuppressWarnings("NullAway")
    private CompletionStage<T> beginCompleted(CallContext context) throws Exception {
        Step<T> step = enter(context);
        if (step.hangNanos() == Script.NEVER) {
            return begin(step);
        }
        try {
            runAction(step);
            if (leavesOutStage(step)) {
                return null;
            }
            CompletableFuture<T> stage = new CompletableFuture<>();
            try {
                block(step);
                stage.complete(end(step));
            } catch (Throwable failure) {
                stage.completeExceptionally(failure);
            }
            stages.add(stage);
            return stage;
        } finally {
            running.decrementAndGet();
        }
    }

    /** Stages that begin from now on wait for {@link #release}. */
    void hold() {
        held = true;
    }

    /** Lets the stages go on that were held. */
    void release() {
        held = false;
        for (CompletableFuture<T> stage : stages) {
            if (stage instanceof ScriptedCall<?>.PendingStage pending && pending.held) {
                pending.begin();
            }
        }
    }

    private Step<T> enter(CallContext context) {
        int index = executions.getAndIncrement();
        contexts.add(context);
        startTimes.add(time.elapsed().minus(begun));
        Step<T> step = script.step(index);
        if (step == null) {
            unwanted.incrementAndGet();
            throw new AssertionError("the script has only " + script.length() + " steps");
        }
        mostAtOnce.accumulateAndGet(running.incrementAndGet(), Math::max);
        return step;
    }

    private static void runAction(Step<?> step) {
        Runnable action = step.action();
        if (action != null) {
            action.run();
        }
    }

    private void block(Step<T> step) throws InterruptedException {
        if (step.hangNanos() == 0) {
            return;
        }
        long start = time.nanoTime();
        while (true) {
            long left = step.hangNanos() == Script.NEVER ? Script.NEVER : step.hangNanos() - (time.nanoTime() - start);
            try {
                time.sleep(left);
                return;
            } catch (InterruptedException interrupt) {
                interrupts.incrementAndGet();
                if (!step.isStubborn()) {
                    throw interrupt;
                }
            }
        }
    }

    @SuppressWarnings("NullAway") // the value is null only where T admits it
    private T end(Step<T> step) throws Exception {
        Ending<T> ending = step.ending();
        if (ending instanceof Ending.Value<T> value) {
            return value.value();
        }
        if (ending instanceof Ending.Failure<T> failure) {
            throw thrown(failure.failure().get());
        }
        if (ending instanceof Ending.Thrown<T> thrown) {
            throw thrown(thrown.failure());
        }
        throw new AssertionError("a synchronous body has no stage to leave out");
    }

    /** Whether the body gives null instead of a stage; one that throws instead does so here. */
    private boolean leavesOutStage(Step<T> step) throws Exception {
        if (step.ending() instanceof Ending.Thrown<T> thrown) {
            throw thrown(thrown.failure());
        }
        return step.ending() instanceof Ending.NoStage<T>;
    }

    private static Exception thrown(Throwable failure) {
        if (failure instanceof Error error) {
            throw error;
        }
        if (failure instanceof Exception exception) {
            return exception;
        }
        throw new AssertionError("neither an Exception nor an Error", failure);
    }

    @Override
    public String toString() {
        return "ScriptedCall[executions=" + executions + ", attempts=" + attempts() + ", running=" + running
                + ", interrupts=" + interrupts + ", cancels=" + cancels + "]";
    }

    /** A stage that completes when the step has hung long enough. */
    private final class PendingStage extends CompletableFuture<T> {

        private final Step<T> step;
        private volatile boolean held;
        private final AtomicInteger open = new AtomicInteger(1);
        private final TimedTask timer = new TimedTask() {
            @Override
            protected void fire() {
                time.executor().execute(PendingStage.this::end);
            }
        };

        PendingStage(Step<T> step) {
            this.step = step;
        }

        void begin() {
            held = ScriptedCall.this.held;
            if (held) {
                return;
            }
            if (step.hangNanos() == 0) {
                time.executor().execute(this::end);
            } else if (step.hangNanos() != Script.NEVER) {
                time.arm(timer, step.hangNanos());
            }
        }

        private void end() {
            close();
            try {
                super.complete(ScriptedCall.this.end(step));
            } catch (Throwable failure) {
                super.completeExceptionally(failure);
            }
        }

        @Override
        public boolean complete(T value) {
            close();
            return super.complete(value);
        }

        @Override
        public boolean completeExceptionally(Throwable failure) {
            close();
            return super.completeExceptionally(failure);
        }

        @Override
        public boolean cancel(boolean mayInterruptIfRunning) {
            if (!isDone()) {
                cancels.incrementAndGet();
            }
            if (step.isStubborn()) {
                return false;
            }
            close();
            timer.cancel();
            return super.cancel(mayInterruptIfRunning);
        }

        private void close() {
            if (open.getAndSet(0) == 1) {
                running.decrementAndGet();
            }
        }
    }
}
