package dev.mainstay.bulkhead;

import dev.mainstay.Permit;
import dev.mainstay.time.StandingTime;
import dev.mainstay.verification.Exploration;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/**
 * A permit that is waited for by a future reaches the future's holder, or goes back if the future was cancelled or the
 * wait was over; in no case is a slot, a place in line or a timer left.
 */
class APermitThatIsWaitedForIsHandedOverOrGoesBackTest {

    private static final Duration LONGEST_WAIT = Duration.ofNanos(10);

    @Test
    void ofAFutureThatIsCancelledAsItsPermitComes() {
        Exploration.holds(() -> {
            Scene scene = new Scene();
            CompletableFuture<Permit> waiting = scene.bulkhead.acquirePermitAsync();
            Exploration.together(scene.first::release, () -> waiting.cancel(true));
            scene.allIsBack(waiting);
        });
    }

    @Test
    void ofAFutureWhoseWaitEndsAsItsPermitComes() {
        Exploration.holds(() -> {
            Scene scene = new Scene();
            CompletableFuture<Permit> waiting = scene.bulkhead.acquirePermitAsync();
            Exploration.together(scene.first::release, () -> scene.time.advance(10));
            scene.allIsBack(waiting);
        });
    }

    private static final class Scene {

        final StandingTime time = new StandingTime();
        final Bulkhead bulkhead = Bulkhead.of(
                "bulkhead",
                c -> c.maxConcurrentCalls(1).maxWaitDuration(LONGEST_WAIT).timeSource(time));
        final Permit first = bulkhead.acquirePermit();

        void allIsBack(CompletableFuture<Permit> waiting) {
            Exploration.require(waiting.isDone(), "it never ends");
            if (!waiting.isCompletedExceptionally()) {
                waiting.join().release();
            }
            Exploration.require(bulkhead.isIdle(), "a slot or a place in line is lost");
            Exploration.require(time.pending() == 0, "the timer still has it");
        }
    }
}
