package dev.mainstay.time;

import dev.mainstay.verification.SearchSize;
import dev.mainstay.verification.overflow.ForkedJvm;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * When the stack ends in the middle of an operation of the timer or of a pool, it has been done or not been done, its
 * caller knows which, and the next one works. Where a stack overflows depends on how the JVM runs the code.
 */
class AStackOverflowHarmsNeitherTimerNorPoolsTest {

    private static final int OVERFLOWS = SearchSize.of("mainstay.overflows", 500, 3_000);

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "DEFAULT")
    void whereverItHappens(ForkedJvm.Mode mode) throws Exception {
        ForkedJvm.run(
                TimerAtTheEdge.class, mode, 60, List.of("-XX:MaxJavaStackTraceDepth=8"), Integer.toString(OVERFLOWS));
    }
}
