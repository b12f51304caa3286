package dev.mainstay.testkit;

import dev.mainstay.Guard;
import dev.mainstay.Policy;
import dev.mainstay.call.CallContext;
import dev.mainstay.safe.Require;
import dev.mainstay.time.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One play of a {@link Scenario}, in one {@link Mode}: makes scripted calls that way, and remembers them. For one
 * thread.
 *
 * @param <P> what the scenario is about
 */
public final class ScenarioRun<P> {

    private final Mode mode;
    private final VirtualTime time;
    private final P policy;
    private final Guard guard;
    private final @Nullable Meters meters;
    private final List<ScriptedCall<?>> bodies = new ArrayList<>();

    ScenarioRun(Mode mode, VirtualTime time, P policy, Guard guard) {
        this.mode = mode;
        this.time = time;
        this.policy = policy;
        this.guard = guard;
        this.meters = guard instanceof Policy metered
                ? Meters.start(metered)
                : policy instanceof Policy metered ? Meters.start(metered) : null;
    }

    /** How calls are made here. */
    public Mode mode() {
        return mode;
    }

    /** The time in which everything happens. */
    public VirtualTime time() {
        return time;
    }

    /** What the scenario is about. */
    public P policy() {
        return policy;
    }

    /** What the calls go through. */
    public Guard guard() {
        return guard;
    }

    /** The meters of the guard, or else of the policy; started before the first call. */
    public Meters meters() {
        if (meters == null) {
            throw new IllegalStateException("neither the guard nor what it was found in is a Policy: use Meters.start");
        }
        return meters;
    }

    /** How often bodies were executed so far, in all calls together. */
    public int executions() {
        return bodies.stream().mapToInt(ScriptedCall::executions).sum();
    }

    // ---- one call

    /** Makes a call with a body that follows the script, and lets time pass until it has ended. */
    public <T extends @Nullable Object> CallReport<T> call(Script<T> script) {
        return call(guard, script);
    }

    /** The same through another guard. */
    public <T extends @Nullable Object> CallReport<T> call(Guard guard, Script<T> script) {
        return call(guard, prepare(script));
    }

    private <T extends @Nullable Object> ScriptedCall<T> prepare(Script<T> script) {
        ScriptedCall<T> body = script.on(time);
        bodies.add(body);
        return body;
    }

    private <T extends @Nullable Object> CallReport<T> call(Guard guard, ScriptedCall<T> body) {
        return CallReport.of(body, time, time.elapsed(), () -> make(guard, body));
    }

    private <T extends @Nullable Object> T make(Guard guard, ScriptedCall<T> body) throws Exception {
        return switch (mode) {
            case SYNC -> guard.callWithContext(body.sync());
            case DECORATED ->
                guard.<T, Exception>decorateCheckedSupplier(() -> body.sync().in(CallContext.current()))
                        .call();
            case ASYNC, ASYNC_COMPLETED, SUBMITTED -> CallInFlight.await(time, start(guard, body));
        };
    }

    private <T extends @Nullable Object> CompletableFuture<T> start(Guard guard, ScriptedCall<T> body) {
        return switch (mode) {
            case ASYNC -> guard.callAsyncWithContext(body.async());
            case ASYNC_COMPLETED ->
                guard.<T>callAsync(() -> body.asyncCompleted().in(CallContext.current()));
            case SUBMITTED -> guard.submitWithContext(time.executor(), body.sync());
            case SYNC, DECORATED ->
                throw new IllegalStateException(
                        "a call in mode " + mode + " gives no future: use whileInFlight, or leave the mode out");
        };
    }

    /** Makes so many calls that succeed, and checks that each gives its own result, after one execution and at once. */
    public void succeeding(int calls) {
        for (int i = 1; i <= calls; i++) {
            numbered(
                    "success",
                    i,
                    () -> call(Script.succeeding("ok")).returned("ok").afterExecutions(1));
        }
    }

    /**
     * Makes so many calls whose body fails each time with an {@code IOException}, and checks that this is what comes
     * out.
     */
    public void failing(int calls) {
        for (int i = 1; i <= calls; i++) {
            failing(i, new IOException("scripted failure " + i));
        }
    }

    /** Makes a call whose body fails with this each time, and checks that this is what comes out. */
    public void failingWith(Throwable failure) {
        failing(1, failure);
    }

    private void failing(int number, Throwable failure) {
        numbered("failure", number, () -> call(Script.failing(failure)).failedWith(failure));
    }

    /** Makes a call, and checks that it is rejected and its body not executed. */
    public void rejected() {
        rejected(1);
    }

    /** Makes so many calls, and checks that each is rejected and its body not executed. */
    public void rejected(int calls) {
        for (int i = 1; i <= calls; i++) {
            numbered(
                    "rejection",
                    i,
                    () -> call(Script.succeeding("not rejected")).wasRejected().afterExecutions(0));
        }
    }

    /** Makes so many calls whose body never ends by itself, and checks that each is given up by a time limiter. */
    public void timingOut(int calls) {
        for (int i = 1; i <= calls; i++) {
            numbered("time-out", i, () -> call(Script.hanging()).timedOut());
        }
    }

    private static void numbered(String what, int number, Runnable call) {
        try {
            call.run();
        } catch (AssertionError failure) {
            throw new AssertionError(what + " " + number + ": " + failure.getMessage(), failure);
        }
    }

    // ---- time

    /** Lets time pass, and runs what is due in it. */
    public void after(Duration duration) {
        time.advance(duration);
    }

    // ---- several calls at once

    /** The same with one call that then succeeds. */
    public void whileInFlight(Runnable story) {
        whileInFlight(1, story);
    }

    /**
     * Has so many calls in flight while the story is told, lets them all succeed afterwards and checks that they do.
     */
    public void whileInFlight(int calls, Runnable story) {
        whileInFlight(calls, Script.succeeding("ok"), story).forEach(report -> report.returned("ok"));
    }

    /**
     * Has so many calls in flight while the story is told, and then lets each end as its script says. The calls begin
     * one after the other; in synchronous modes each is made from within the body of the one before, so that the last
     * one ends first.
     *
     * @return how they ended, in the order in which they began
     * @throws AssertionError if one of them does not get as far as its body
     */
    public <T extends @Nullable Object> List<CallReport<T>> whileInFlight(int calls, Script<T> script, Runnable story) {
        Require.atLeast("calls", calls, 1);
        List<CallReport<T>> reports = new ArrayList<>();
        if (mode == Mode.ASYNC) {
            List<CallInFlight<T>> held = new ArrayList<>();
            for (int i = 0; i < calls; i++) {
                held.add(hold(script));
            }
            story.run();
            held.forEach(each -> each.body().release());
            held.forEach(each -> reports.add(each.end()));
        } else {
            nest(calls, script, story, reports);
        }
        return reports;
    }

    private <T extends @Nullable Object> void nest(
            int calls, Script<T> script, Runnable story, List<CallReport<T>> reports) {
        List<Throwable> failures = new ArrayList<>();
        ScriptedCall<T> body = prepare(script.first(() -> {
            try {
                if (calls == 1) {
                    story.run();
                } else {
                    nest(calls - 1, script, story, reports);
                }
            } catch (Throwable failure) {
                failures.add(failure);
            }
        }));
        CallReport<T> report = call(guard, body);
        failures.forEach(ScenarioRun::rethrow);
        if (body.executions() == 0) {
            throw new AssertionError("expected the call to be in flight, but it was " + report);
        }
        reports.add(0, report);
    }

    private static void rethrow(Throwable failure) {
        if (failure instanceof Error error) {
            throw error;
        }
        if (failure instanceof RuntimeException exception) {
            throw exception;
        }
        throw new AssertionError(failure);
    }

    private <T extends @Nullable Object> CallInFlight<T> hold(Script<T> script) {
        ScriptedCall<T> body = prepare(script);
        body.hold();
        CallInFlight<T> call = begin(guard, body);
        if (body.executions() == 0) {
            throw new AssertionError("expected the call to be in flight, but it was " + call.end());
        }
        return call;
    }

    /**
     * Begins a call and does not wait for its end. Only in modes in which a call {@linkplain Mode#givesFuture() gives a
     * future}.
     */
    public <T extends @Nullable Object> CallInFlight<T> begin(Script<T> script) {
        return begin(guard, script);
    }

    /** The same through another guard. */
    public <T extends @Nullable Object> CallInFlight<T> begin(Guard guard, Script<T> script) {
        return begin(guard, prepare(script));
    }

    private <T extends @Nullable Object> CallInFlight<T> begin(Guard guard, ScriptedCall<T> body) {
        Duration start = time.elapsed();
        return new CallInFlight<>(body, start(guard, body), time, start);
    }

    /** Lets what is still to come happen, and checks that no script was overstepped. */
    void verify() {
        if (Thread.interrupted()) {
            throw new AssertionError("the interrupt flag was left set at the end");
        }
        bodies.forEach(ScriptedCall::verify);
    }

    @Override
    public String toString() {
        return "ScenarioRun[" + mode + ", " + policy + ", executions=" + executions() + "]";
    }
}
