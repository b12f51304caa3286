package dev.mainstay.verification.overflow;

import dev.mainstay.verification.SearchSize;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** No token of a retry's budget is lost when the stack overflows anywhere in a call, however that is compiled. */
@Timeout(600)
class RetryOverflowTest {

    private static final int OVERFLOWS = SearchSize.of("mainstay.overflows", 250, 2_500);

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "DEFAULT")
    void losesNoToken(ForkedJvm.Mode mode) throws Exception {
        ForkedJvm.run(RetryAtTheEdge.class, mode, 300, List.of(), "" + OVERFLOWS);
    }
}
