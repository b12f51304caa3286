package dev.mainstay.verification.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.Gate;
import dev.mainstay.Permit;
import dev.mainstay.Pipeline;
import dev.mainstay.PolicyEvent;
import dev.mainstay.bulkhead.Bulkhead;
import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.ratelimit.RateLimit;
import dev.mainstay.ratelimit.RateLimiter;
import dev.mainstay.testkit.Meters;
import dev.mainstay.time.Deadline;
import dev.mainstay.time.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A call that a gate has let in from the line, and that never began: it is rejected, and nothing else. Meters and
 * events count each call once.
 */
@Timeout(60)
class ACallThatNeverBeganWasNotLetInTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    private final VirtualTime time = VirtualTime.create();
    private final List<PolicyEvent> events = new ArrayList<>();
    private final List<Runnable> dropped = new ArrayList<>();

    private Gate gate(String kind) {
        Gate gate = kind.equals("bulkhead")
                ? Bulkhead.of(
                        kind,
                        c -> c.maxConcurrentCalls(1)
                                .maxWaitDuration(SECOND.multipliedBy(10))
                                .timeSource(time))
                : RateLimiter.of(
                        kind,
                        c -> c.limit(RateLimit.smooth(1, SECOND))
                                .timeoutDuration(SECOND.multipliedBy(10))
                                .timeSource(time));
        gate.subscribe(PolicyEvent.CallEnded.class, events::add);
        gate.subscribe(PolicyEvent.CallRejected.class, events::add);
        return gate;
    }

    private Executor executor(RejectionReason why) {
        return why == RejectionReason.EXECUTOR
                ? task -> {
                    throw new RejectedExecutionException();
                }
                : dropped::add;
    }

    @ParameterizedTest
    @CsvSource({
        "bulkhead, EXECUTOR",
        "bulkhead, DEADLINE",
        "bulkhead, CANCELLED",
        "ratelimiter, EXECUTOR",
        "ratelimiter, DEADLINE",
        "ratelimiter, CANCELLED"
    })
    void isRejectedAndNothingElse(String kind, RejectionReason why) {
        Gate gate = gate(kind);
        Meters meters = Meters.start(gate);
        Permit first = gate.acquirePermit();
        double admitted = meters.value(kind + ".admitted");
        Pipeline pipeline =
                Pipeline.builder("p").policy(gate).executor(executor(why)).build();
        CompletableFuture<String> call = pipeline.with(context -> why == RejectionReason.DEADLINE
                        ? context.deadline(Deadline.after(SECOND.multipliedBy(3), time))
                        : context)
                .callAsync(() -> CompletableFuture.completedFuture("never"));
        first.release();
        events.clear();
        time.advance(SECOND);
        if (why == RejectionReason.CANCELLED) {
            assertThat(call.cancel(true)).isTrue();
        } else {
            time.advance(SECOND.multipliedBy(3));
            Throwable failure = call.handle((result, thrown) -> thrown).join();
            assertThat(failure)
                    .isInstanceOfSatisfying(
                            CallRejectedException.class,
                            rejected -> assertThat(rejected.reason()).isEqualTo(why));
        }
        dropped.forEach(Runnable::run);
        assertThat(events)
                .singleElement()
                .isInstanceOfSatisfying(
                        PolicyEvent.CallRejected.class,
                        rejected -> assertThat(rejected.reason()).isEqualTo(why));
        assertThat(meters.value(kind + ".admitted")).isEqualTo(admitted);
        assertThat(rejected(meters, kind, why)).isEqualTo(1);
        time.advance(SECOND);
        assertThat(gate.tryAcquirePermit().isRejected())
                .as("the permit is lost")
                .isFalse();
    }

    private static double rejected(Meters meters, String kind, RejectionReason why) {
        return kind.equals("bulkhead")
                ? meters.value("bulkhead.rejected", "reason", why.name().toLowerCase(Locale.ROOT))
                : meters.value("ratelimiter.rejected");
    }

    /** The counterpart: one that waits and begins is let in, and has ended. */
    @ParameterizedTest
    @CsvSource({"bulkhead", "ratelimiter"})
    void unlikeOneThatBegan(String kind) {
        Gate gate = gate(kind);
        Meters meters = Meters.start(gate);
        Permit first = gate.acquirePermit();
        double admitted = meters.value(kind + ".admitted");
        CompletableFuture<String> call = gate.callAsync(() -> CompletableFuture.completedFuture("done"));
        first.release();
        events.clear();
        time.advance(SECOND);
        assertThat(call).isCompletedWithValue("done");
        assertThat(events).singleElement().isInstanceOf(PolicyEvent.CallEnded.class);
        assertThat(meters.value(kind + ".admitted")).isEqualTo(admitted + 1);
    }
}
