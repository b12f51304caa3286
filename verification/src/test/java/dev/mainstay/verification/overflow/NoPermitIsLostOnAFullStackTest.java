package dev.mainstay.verification.overflow;

import dev.mainstay.verification.SearchSize;
import dev.mainstay.verification.overflow.ForkedJvm.Mode;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A call whose stack ends anywhere within our own methods gives back what it had taken, whichever way the code is
 * compiled.
 */
class NoPermitIsLostOnAFullStackTest {

    private static final String WAYS = "success,failure,full,listened,classified,value,permit,pipeline,run,context";

    /** How often each pipeline, and each breaker, runs to the end of the stack: hundreds of overflows. */
    private static final int PIPELINE_DIVES = SearchSize.of(5, 30);

    private static final int PROBE_DIVES = SearchSize.of(4, 20);

    private static final int OVERFLOWS = SearchSize.of("mainstay.overflows", 150, 1_500);

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "DEFAULT")
    void aSynchronousCall(Mode mode) throws Exception {
        ForkedJvm.run(SynchronousCallsAtTheEdge.class, mode, 300, List.of(), "" + OVERFLOWS, WAYS);
    }

    /** Calls that were compiled for success, and then meet the end of the stack for the first time. */
    @ParameterizedTest
    @EnumSource
    void aCallThroughAPipeline(Mode mode) throws Exception {
        for (String kind : List.of("retry,bulkhead", "bulkhead,limit", "all")) {
            ForkedJvm.run(
                    PipelinesAtTheEdge.class, mode, 60, List.of(), kind, before(mode, 3_000), "" + PIPELINE_DIVES);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aProbeOfAHalfOpenBreaker(Mode mode) throws Exception {
        ForkedJvm.run(PipelinesAtTheEdge.class, mode, 60, List.of(), "probe", before(mode, 6_000), "" + PROBE_DIVES);
    }

    /** How many calls come before the first overflow: so many that they are compiled, if they ever are. */
    private static String before(Mode mode, int calls) {
        return String.valueOf(mode == Mode.INTERPRETED ? 100 : calls);
    }
}
