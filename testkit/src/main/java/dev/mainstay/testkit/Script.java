package dev.mainstay.testkit;

import dev.mainstay.safe.Require;
import dev.mainstay.time.Nanos;
import dev.mainstay.time.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What the body of a call does each time it is made: {@code Script.<String>of().fail(new
 * IOException()).times(2).hang(Duration.ofSeconds(3)).succeed("ok")} fails twice, then takes three seconds and
 * succeeds. Unless told otherwise the last step is repeated for ever.
 *
 * <p>Immutable: each method gives a new script. {@link #on} makes a body of it that remembers how it was called; {@link
 * ScenarioRun#call} does that by itself.
 *
 * @param <T> what the body gives, possibly null
 */
public final class Script<T extends @Nullable Object> {

    static final long NEVER = Nanos.FOREVER;

    private final List<Step<T>> steps;
    private final Step<T> draft;
    private final boolean testFailsAfterwards;

    private Script(List<Step<T>> steps, Step<T> draft, boolean testFailsAfterwards) {
        this.steps = List.copyOf(steps);
        this.draft = draft;
        this.testFailsAfterwards = testFailsAfterwards;
    }

    /** An empty script, to be followed by its steps. */
    public static <T extends @Nullable Object> Script<T> of() {
        return new Script<>(List.of(), Step.draft(), false);
    }

    /** Always succeeds with this. */
    public static <T extends @Nullable Object> Script<T> succeeding(T value) {
        return Script.<T>of().succeed(value);
    }

    /** Always fails with this, the same instance each time. */
    public static <T extends @Nullable Object> Script<T> failing(Throwable failure) {
        return Script.<T>of().fail(failure);
    }

    /** Never ends by itself. */
    public static <T extends @Nullable Object> Script<T> hanging() {
        return Script.<T>of().hangForever();
    }

    /** Next, the body succeeds with this. */
    public Script<T> succeed(T value) {
        return step(draft.ending(new Ending.Value<>(value)));
    }

    /** Next, the body fails with this: exceptions and errors alike are thrown as they are, or fail the stage. */
    public Script<T> fail(Throwable failure) {
        Require.present("failure", failure);
        return fail(() -> failure);
    }

    /** Next, the body fails with a failure that is made anew each time. */
    public Script<T> fail(Supplier<? extends Throwable> failure) {
        return step(draft.ending(new Ending.Failure<>(Require.present("failure", failure))));
    }

    /**
     * Before it does what follows, the body takes so long. A synchronous one sleeps in virtual time, and if it is
     * interrupted fails with {@code InterruptedException}; an asynchronous one gives a stage that completes then.
     */
    public Script<T> hang(Duration duration) {
        return with(draft.hanging(Nanos.of(Require.notNegative("duration", duration))));
    }

    /** Next, the body never ends by itself. */
    public Script<T> hangForever() {
        return step(draft.hanging(NEVER).ending(new Ending.Failure<>(() -> new AssertionError("forever is over"))));
    }

    /** While it hangs in the next step, the body swallows interrupts, and its stage cannot be cancelled. */
    public Script<T> ignoringInterrupts() {
        return with(draft.stubborn());
    }

    /**
     * In the next step, the body first does this. It may make calls itself: they happen while this one is in progress.
     */
    public Script<T> doing(Runnable action) {
        return with(draft.doing(Require.present("action", action)));
    }

    /** Next, the body throws this instead of giving a stage; in synchronous modes it just throws it. */
    public Script<T> throwInsteadOfStage(Throwable failure) {
        Require.present("failure", failure);
        return step(draft.ending(new Ending.Thrown<>(failure)));
    }

    /** Next, the body gives null instead of a stage. Only for asynchronous modes. */
    public Script<T> nullInsteadOfStage() {
        return step(draft.ending(new Ending.NoStage<>()));
    }

    /** The step before this one happens so many times in all. */
    public Script<T> times(int times) {
        Require.atLeast("times", times, 1);
        Require.check(!steps.isEmpty(), "times", times, "said after a step");
        List<Step<T>> more = new ArrayList<>(steps);
        for (int i = 1; i < times; i++) {
            more.add(steps.get(steps.size() - 1));
        }
        return new Script<>(more, draft, testFailsAfterwards);
    }

    /** After the last step, one more execution fails the test. */
    public Script<T> thenFailTheTest() {
        return new Script<>(steps, draft, true);
    }

    /** A body that follows this script in the given time, and remembers how it was called. */
    public ScriptedCall<T> on(VirtualTime time) {
        Require.check(!steps.isEmpty(), "script", "empty", "at least one step long");
        Require.check(draft.isBlank(), "script", "unfinished", "ended by what the body does after it hung");
        return new ScriptedCall<>(this, time);
    }

    /** The n-th step, from 0, or null if there must not be one. */
    @Nullable
    Step<T> step(int index) {
        if (index < steps.size()) {
            return steps.get(index);
        }
        return testFailsAfterwards ? null : steps.get(steps.size() - 1);
    }

    /** The same script, whose first step first does this and then what it did anyway. */
    Script<T> first(Runnable action) {
        List<Step<T>> changed = new ArrayList<>(steps);
        Step<T> first = changed.get(0);
        Runnable own = first.action();
        changed.set(0, first.doing(() -> {
            action.run();
            if (own != null) {
                own.run();
            }
        }));
        if (changed.size() == 1 && !testFailsAfterwards) {
            changed.add(first);
        }
        return new Script<>(changed, draft, testFailsAfterwards);
    }

    int length() {
        return steps.size();
    }

    private Script<T> step(Step<T> step) {
        List<Step<T>> more = new ArrayList<>(steps);
        more.add(step);
        return new Script<>(more, Step.draft(), testFailsAfterwards);
    }

    private Script<T> with(Step<T> draft) {
        return new Script<>(steps, draft, testFailsAfterwards);
    }

    /** What the body does once. */
    record Step<T extends @Nullable Object>(
            long hangNanos,
            boolean isStubborn,
            @Nullable Runnable action,
            @Nullable Ending<T> ending) {

        static <T extends @Nullable Object> Step<T> draft() {
            return new Step<>(0, false, null, null);
        }

        boolean isBlank() {
            return hangNanos == 0 && !isStubborn && action == null;
        }

        Step<T> hanging(long nanos) {
            return new Step<>(nanos, isStubborn, action, ending);
        }

        Step<T> stubborn() {
            return new Step<>(hangNanos, true, action, ending);
        }

        Step<T> doing(Runnable action) {
            return new Step<>(hangNanos, isStubborn, action, ending);
        }

        Step<T> ending(Ending<T> ending) {
            return new Step<>(hangNanos, isStubborn, action, ending);
        }
    }

    /** How the body ends once. */
    sealed interface Ending<T extends @Nullable Object> {

        record Value<T extends @Nullable Object>(T value) implements Ending<T> {}

        record Failure<T extends @Nullable Object>(Supplier<? extends Throwable> failure) implements Ending<T> {}

        record Thrown<T extends @Nullable Object>(Throwable failure) implements Ending<T> {}

        record NoStage<T extends @Nullable Object>() implements Ending<T> {}
    }
}
