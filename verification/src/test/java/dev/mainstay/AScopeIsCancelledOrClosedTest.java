package dev.mainstay;

import dev.mainstay.call.CallContext;
import dev.mainstay.time.StandingTime;
import dev.mainstay.verification.Exploration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/**
 * A part of a call that is cancelled as it ends, or as something is registered with it, is either cancelled, and then
 * all that was registered runs once, or closed, and then nothing of it runs.
 */
class AScopeIsCancelledOrClosedTest {

    @Test
    void thatIsClosedAtTheSameTime() {
        Exploration.holds(() -> {
            CallScope scope = CallScope.open(CallContext.plain(), new StandingTime());
            AtomicInteger runs = new AtomicInteger();
            scope.context().onCancel(runs::incrementAndGet);
            Exploration.together(scope::cancel, scope::close);
            Exploration.require(runs.get() == (scope.isCancelled() ? 1 : 0), "a hook ran of what was closed, or none");
        });
    }

    @Test
    void thatGetsAHookAtTheSameTime() {
        Exploration.holds(() -> {
            CallScope scope = CallScope.open(CallContext.plain(), new StandingTime());
            AtomicInteger runs = new AtomicInteger();
            Exploration.together(scope::cancel, () -> scope.context().onCancel(runs::incrementAndGet));
            Exploration.require(runs.get() == 1, "the hook ran twice, or not at all");
        });
    }
}
