package dev.mainstay.bulkhead;

import dev.mainstay.Permit;
import dev.mainstay.time.StandingTime;
import dev.mainstay.verification.Exploration;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/**
 * An asynchronous call in line is let in, is cancelled, or has waited for too long, whichever comes first: its body
 * begins once or not at all, its future ends, its slot goes back, and neither the line nor the timer keeps anything of
 * it.
 */
class AnAsynchronousCallInLineEndsOnceTest {

    private static final Duration LONGEST_WAIT = Duration.ofNanos(10);

    @Test
    void thatIsCancelledAsItIsLetIn() {
        Exploration.holds(() -> {
            Scene scene = new Scene();
            CompletableFuture<String> call = scene.call();
            Exploration.together(scene.first::release, () -> call.cancel(true));
            scene.allIsBack(call);
        });
    }

    @Test
    void thatIsLetInAsItsWaitEnds() {
        Exploration.holds(() -> {
            Scene scene = new Scene();
            CompletableFuture<String> call = scene.call();
            Exploration.together(scene.first::release, () -> scene.time.advance(10));
            scene.allIsBack(call);
        });
    }

    @Test
    void thatJoinsAsASlotComesFree() {
        Exploration.holds(() -> {
            Scene scene = new Scene();
            AtomicInteger done = new AtomicInteger();
            Exploration.together(
                    scene.first::release, () -> scene.call().whenComplete((result, failure) -> done.incrementAndGet()));
            scene.stage.complete("result");
            Exploration.require(done.get() == 1, "it waits for a slot that is free");
            Exploration.require(scene.bulkhead.isIdle(), "a slot or a place in line is lost");
            Exploration.require(scene.time.pending() == 0, "the timer still has it");
        });
    }

    private static final class Scene {

        final StandingTime time = new StandingTime();
        final Bulkhead bulkhead = Bulkhead.of(
                "bulkhead",
                c -> c.maxConcurrentCalls(1).maxWaitDuration(LONGEST_WAIT).timeSource(time));
        final Permit first = bulkhead.acquirePermit();
        final CompletableFuture<String> stage = new CompletableFuture<>();
        final AtomicInteger begun = new AtomicInteger();

        CompletableFuture<String> call() {
            return bulkhead.callAsync(() -> {
                begun.incrementAndGet();
                return stage;
            });
        }

        void allIsBack(CompletableFuture<String> call) {
            Exploration.require(begun.get() <= 1, "the body began twice");
            Exploration.require(begun.get() == 1 || call.isDone(), "it neither began nor ended");
            Exploration.require(begun.get() == 0 || !call.isCancelled() || stage.isDone(), "its stage goes on");
            stage.complete("result");
            Exploration.require(call.isDone(), "it never ends");
            Exploration.require(bulkhead.isIdle(), "a slot or a place in line is lost");
            Exploration.require(time.pending() == 0, "the timer still has it");
        }
    }
}
