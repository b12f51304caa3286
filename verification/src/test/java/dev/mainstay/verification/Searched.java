package dev.mainstay.verification;

import java.nio.ByteBuffer;
import org.jetbrains.kotlinx.lincheck.execution.ExecutionResult;
import org.jetbrains.kotlinx.lincheck.execution.ExecutionScenario;
import org.jetbrains.lincheck.datastructures.verifier.Verifier;

/**
 * Judges what came out of each schedule, and counts how many scenarios and schedules there were: a search may end
 * before it has used up what it was given.
 */
abstract class Searched implements Verifier {

    /** Outside of the heap, on which the search undoes after each schedule of a scene what the scene has written. */
    private static final ByteBuffer COUNTS = ByteBuffer.allocateDirect(2 * Long.BYTES);

    private static final int SCENARIOS = 0;
    private static final int SCHEDULES = Long.BYTES;

    private ExecutionScenario last;

    abstract boolean accepts(ExecutionScenario scenario, ExecutionResult results);

    @Override
    public final boolean verifyResults(ExecutionScenario scenario, ExecutionResult results) {
        if (scenario != last) {
            last = scenario;
            one(SCENARIOS);
        }
        one(SCHEDULES);
        return accepts(scenario, results);
    }

    static void nothing() {
        COUNTS.putLong(SCENARIOS, 0).putLong(SCHEDULES, 0);
    }

    /** A schedule of a scene, which has no scenarios. */
    static void aSchedule() {
        one(SCHEDULES);
    }

    private static void one(int more) {
        COUNTS.putLong(more, COUNTS.getLong(more) + 1);
    }

    static String soFar() {
        long scenarios = COUNTS.getLong(SCENARIOS);
        return (scenarios == 0 ? "a scene, " : scenarios + " scenarios, ") + COUNTS.getLong(SCHEDULES) + " schedules";
    }
}
