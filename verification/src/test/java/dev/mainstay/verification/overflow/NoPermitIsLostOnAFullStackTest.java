package dev.mainstay.verification.overflow;

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

    private static final int OVERFLOWS = Integer.getInteger("mainstay.overflows", 1_500);

    @ParameterizedTest
    @EnumSource
    void aSynchronousCall(Mode mode) throws Exception {
        ForkedJvm.run(SynchronousCallsAtTheEdge.class, mode, 300, List.of(), "" + OVERFLOWS, WAYS);
    }
}
