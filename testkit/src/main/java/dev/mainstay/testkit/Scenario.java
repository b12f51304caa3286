package dev.mainstay.testkit;

import dev.mainstay.Guard;
import dev.mainstay.Policy;
import dev.mainstay.safe.Require;
import dev.mainstay.time.VirtualTime;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/**
 * Something that must happen the same way however the call is made. A scenario has a name, a way to make fresh
 * policies, and a story, which is told once and played in every {@link Mode}:
 *
 * <pre>{@code
 * Scenario.named("opens, and closes again after a probe")
 *         .with(time -> CircuitBreaker.of(
 *                 "b", c -> c.slidingWindow(ofCalls(4)).failureRateThreshold(75).timeSource(time)))
 *         .inEveryMode(run -> {
 *             run.failing(4);
 *             run.rejected(3);
 *             run.after(Duration.ofSeconds(2));
 *             run.succeeding(1);
 *             assertThat(run.policy()).hasState("CLOSED").hasMeter("breaker.calls", 4, "outcome", "failure");
 *             assertThat(run.executions()).isEqualTo(5);
 *         });
 * }</pre>
 *
 * <p>Each mode has policies of its own in a {@link VirtualTime} of its own. The counters of the policies are started
 * before the first call. A failure names the scenario and the modes in which it does not hold.
 *
 * @param <P> what the scenario is about: a policy, or whatever holds several
 */
public final class Scenario<P> {

    private final String name;
    private final Function<? super VirtualTime, ? extends P> setup;
    private final Function<? super P, ? extends Guard> guard;
    private final long startNanos;
    private final Set<Mode> modes;

    private Scenario(
            String name,
            Function<? super VirtualTime, ? extends P> setup,
            Function<? super P, ? extends Guard> guard,
            long startNanos,
            Set<Mode> modes) {
        this.name = name;
        this.setup = setup;
        this.guard = guard;
        this.startNanos = startNanos;
        this.modes = modes;
    }

    /** Begins a scenario. */
    public static Named named(String name) {
        return new Named(Require.present("name", name));
    }

    /** The same, in these modes only. */
    public Scenario<P> onlyIn(Mode first, Mode... more) {
        return in(EnumSet.of(first, more));
    }

    /** The same, in all modes but these. */
    public Scenario<P> exceptIn(Mode first, Mode... more) {
        Set<Mode> left = EnumSet.copyOf(modes);
        left.removeAll(EnumSet.of(first, more));
        return in(left);
    }

    /** The same with a clock that starts elsewhere than at 0, such as shortly before {@code Long.MAX_VALUE}. */
    public Scenario<P> startingAt(long nanoTime) {
        return new Scenario<>(name, setup, guard, nanoTime, modes);
    }

    private Scenario<P> in(Set<Mode> modes) {
        Require.check(!modes.isEmpty(), "modes", "empty", "at least one");
        return new Scenario<>(name, setup, guard, startNanos, modes);
    }

    /** The modes in which it is played, for test frameworks that want a test for each. */
    public Set<Mode> modes() {
        return EnumSet.copyOf(modes);
    }

    /**
     * Plays the story in all modes.
     *
     * @throws AssertionError if it fails in any, naming the modes, with the first failure as the cause and the others
     *     suppressed
     */
    public void inEveryMode(Story<P> story) {
        List<AssertionError> failures = new ArrayList<>();
        Set<Mode> failed = EnumSet.noneOf(Mode.class);
        for (Mode mode : modes) {
            try {
                inMode(mode, story);
            } catch (AssertionError failure) {
                failed.add(mode);
                failures.add(failure);
            }
        }
        if (failures.isEmpty()) {
            return;
        }
        AssertionError first = failures.get(0);
        if (failures.size() == 1 && modes.size() == 1) {
            throw first;
        }
        AssertionError error = new AssertionError(
                first.getMessage()
                        + (failures.size() == modes.size()
                                ? "\n(and in all other modes)"
                                : "\n(it fails in " + failed + " of " + modes + ")"),
                first);
        failures.subList(1, failures.size()).forEach(error::addSuppressed);
        throw error;
    }

    /**
     * Plays the story in one mode.
     *
     * @throws AssertionError if it fails there, with the failure as the cause
     */
    public void inMode(Mode mode, Story<P> story) {
        VirtualTime time = VirtualTime.startingAt(startNanos);
        try {
            P policy = setup.apply(time);
            ScenarioRun<P> run = new ScenarioRun<>(mode, time, policy, guard.apply(policy));
            story.play(run);
            run.verify();
        } catch (Throwable failure) {
            throw new AssertionError(
                    "scenario '" + name + "', mode " + mode + ", " + time.elapsed() + " in: " + failure.getMessage(),
                    failure);
        } finally {
            boolean ignored = Thread.interrupted();
        }
    }

    @Override
    public String toString() {
        return "Scenario['" + name + "' in " + modes + "]";
    }

    /**
     * What happens in a scenario, and what must come of it.
     *
     * @param <P> what the scenario is about
     */
    @FunctionalInterface
    public interface Story<P> {

        /** Makes the calls, lets time pass, and checks. */
        void play(ScenarioRun<P> run) throws Exception;
    }

    /** A scenario that has a name and wants policies. */
    public static final class Named {

        private final String name;

        private Named(String name) {
            this.name = name;
        }

        /** The calls go through the policy or pipeline that this makes, anew for each mode. */
        public <P extends Policy> Scenario<P> with(Function<? super VirtualTime, ? extends P> policy) {
            return with(policy, made -> made);
        }

        /**
         * The calls go through the guard that is found in what this makes: for scenarios that look at several policies,
         * or say something about each call.
         */
        public <P> Scenario<P> with(
                Function<? super VirtualTime, ? extends P> setup, Function<? super P, ? extends Guard> guard) {
            return new Scenario<>(
                    name, Require.present("setup", setup), Require.present("guard", guard), 0, Mode.all());
        }
    }
}
