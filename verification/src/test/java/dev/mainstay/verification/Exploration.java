package dev.mainstay.verification;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import java.util.List;
import java.util.Set;
import org.jetbrains.kotlinx.lincheck.execution.ExecutionResult;
import org.jetbrains.kotlinx.lincheck.execution.ExecutionScenario;
import org.jetbrains.kotlinx.lincheck.execution.ResultWithClock;
import org.jetbrains.kotlinx.lincheck.util.ExceptionResult;
import org.jetbrains.lincheck.Lincheck;
import org.jetbrains.lincheck.datastructures.ManagedStrategyGuaranteeKt;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.verifier.LinearizabilityVerifier;
import org.jetbrains.lincheck.datastructures.verifier.Verifier;
import org.slf4j.LoggerFactory;

/**
 * Searches the schedules of a few threads for one in which a claim does not hold: threads are stopped and resumed at
 * every access to shared memory, first with few switches between them, then with more. A schedule that breaks the claim
 * is printed step by step, and every run tries the same ones.
 *
 * <p>Weak memory is not looked at: all threads see all writes in one order.
 *
 * <p>How much is searched is set in one place for all claims: {@code -Dmainstay.lincheck.iterations} says how many
 * scenarios of random operations are made up for each, and {@code -Dmainstay.lincheck.invocations} how many schedules
 * of each scenario are tried. A build has a taste of each search, {@code -Pintegration} searches for minutes; a long
 * search takes as long as it is given, and {@code -Djunit.jupiter.execution.timeout.mode=disabled}.
 */
public final class Exploration {

    /** With so many, the searches find the bugs that are there on purpose. */
    static final int SCENARIOS_THAT_FIND = 20;

    /** The same of the schedules of each scenario; a scene has twice as many. */
    static final int SCHEDULES_THAT_FIND = 50;

    private static final int SCENARIOS = SearchSize.of("mainstay.lincheck.iterations", 3, SCENARIOS_THAT_FIND);
    private static final int SCHEDULES = SearchSize.of("mainstay.lincheck.invocations", 5, SCHEDULES_THAT_FIND);

    /**
     * Immutable, a pure function, or a log that is off: no thread can meet another there, so there is nothing to
     * search.
     */
    private static final Set<String> VALUES = Set.of(
            "java.lang.Math",
            "java.util.ImmutableCollections",
            "java.util.List",
            "dev.mainstay.backoff.Backoff",
            "dev.mainstay.call.CallContext",
            "dev.mainstay.outcome.Classifier",
            "dev.mainstay.safe.Require",
            "dev.mainstay.breaker.CircuitBreakerConfig",
            "dev.mainstay.breaker.CircuitBreakerConfig$Builder",
            "dev.mainstay.breaker.Probes",
            "dev.mainstay.breaker.Settings",
            "dev.mainstay.breaker.SlidingWindow",
            "dev.mainstay.breaker.SlidingWindow$Calls",
            "dev.mainstay.breaker.SlidingWindow$Time",
            "dev.mainstay.breaker.StateChanged",
            "dev.mainstay.breaker.Tally",
            "dev.mainstay.safe.SafeLog",
            "dev.mainstay.safe.StackReserve",
            "dev.mainstay.time.Nanos");

    private Exploration() {}

    /**
     * Whatever the schedule, each operation gives what it would have given if they had all been done one after the
     * other, in an order that agrees with when each began and ended: the specification, which knows one thread only,
     * says what that is.
     */
    public static void matches(Class<?> operations, Class<?> specification) {
        matches(operations, specification, options());
    }

    /** The same with a word on the shape of the scenarios. */
    public static void matches(Class<?> operations, Class<?> specification, ModelCheckingOptions options) {
        search(
                operations,
                () -> options.sequentialSpecification(specification)
                        .verifier(AsOneAfterTheOther.class)
                        .check(operations));
    }

    /**
     * Whatever the schedule, what the operations' validation function says holds once they have all ended; what they
     * give is not looked at otherwise.
     */
    public static void settles(Class<?> operations) {
        settles(operations, options());
    }

    /** The same with a word on the shape of the scenarios. */
    public static void settles(Class<?> operations, ModelCheckingOptions options) {
        search(operations, () -> options.verifier(NothingThrown.class).check(operations));
    }

    /** Whatever the schedule of the threads that it starts, the scene ends, and throws nothing. */
    public static void holds(Runnable scene) {
        holds(scene, 2 * SCHEDULES);
    }

    /** The same in so many schedules. */
    static void holds(Runnable scene, int schedules) {
        search(
                scene.getClass(),
                () -> Lincheck.runConcurrentTest(schedules, () -> {
                    Searched.aSchedule();
                    scene.run();
                }));
    }

    /** Two threads, each with two operations to do, and one after them. */
    public static ModelCheckingOptions options() {
        return options(SCENARIOS, SCHEDULES);
    }

    /** The same with so many scenarios, and so many schedules of each. */
    static ModelCheckingOptions options(int scenarios, int schedules) {
        return new ModelCheckingOptions()
                .iterations(scenarios)
                .invocationsPerIteration(schedules)
                .threads(2)
                .actorsPerThread(2)
                .actorsBefore(0)
                .actorsAfter(1)
                .addGuarantee(ManagedStrategyGuaranteeKt.forClasses(Exploration::isValue)
                        .allMethods()
                        .ignore());
    }

    private static boolean isValue(String className) {
        return VALUES.contains(className);
    }

    /** For scenes: does all this at once, each on a thread of its own, and waits until all is done. */
    public static void together(Runnable... actions) {
        Thread[] threads = new Thread[actions.length];
        for (int i = 0; i < actions.length; i++) {
            threads[i] = thread(actions[i]);
            threads[i].start();
        }
        for (Thread thread : threads) {
            join(thread);
        }
    }

    /**
     * For scenes: a thread, not yet started, that holds what it does in a field of its own. What a plain thread of Java
     * 25 holds lies where the search does not look, and is taken for something that no other thread can reach.
     */
    public static Thread thread(Runnable action) {
        return new Actor(action);
    }

    /** Waits until a thread has ended. */
    public static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new AssertionError("nobody interrupts the one who waits", e);
        }
    }

    /** What a scene, or a validation, says that must be so. */
    public static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise);
        }
    }

    private static void search(Class<?> claim, Runnable search) {
        Searched.nothing();
        quietly(search);
        System.out.println(
                "Lincheck: " + claim.getName().replaceAll(".*\\.|\\$.*", "") + " holds in " + Searched.soFar());
    }

    private static void quietly(Runnable search) {
        Logger mainstay = (Logger) LoggerFactory.getLogger("dev.mainstay");
        Level before = mainstay.getLevel();
        mainstay.setLevel(Level.OFF);
        try {
            search.run();
        } finally {
            mainstay.setLevel(before);
        }
    }

    private static final class Actor extends Thread {

        private final Runnable action;

        Actor(Runnable action) {
            this.action = action;
        }

        @Override
        public void run() {
            action.run();
        }
    }

    /**
     * Takes the results that the specification gives for some order of the operations that agrees with when each began
     * and ended.
     */
    public static final class AsOneAfterTheOther extends Searched {

        private final Verifier specified;

        /** @param specification what the results are compared with */
        public AsOneAfterTheOther(Class<?> specification) {
            specified = new LinearizabilityVerifier(specification);
        }

        @Override
        boolean accepts(ExecutionScenario scenario, ExecutionResult results) {
            return specified.verifyResults(scenario, results);
        }
    }

    /** Takes any result, but no operation may throw. */
    public static final class NothingThrown extends Searched {

        /** @param specification not needed; it is what the search hands over */
        public NothingThrown(Class<?> specification) {}

        @Override
        boolean accepts(ExecutionScenario scenario, ExecutionResult results) {
            for (List<ResultWithClock> thread : results.getThreadsResultsWithClock()) {
                for (ResultWithClock result : thread) {
                    if (result.getResult() instanceof ExceptionResult) {
                        return false;
                    }
                }
            }
            return true;
        }
    }
}
