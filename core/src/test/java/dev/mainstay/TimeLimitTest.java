package dev.mainstay;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.call.CallContext;
import dev.mainstay.event.MainstayEvent;
import dev.mainstay.meter.CallCounter;
import dev.mainstay.meter.MeterId;
import dev.mainstay.meter.MeterReadings;
import dev.mainstay.meter.MeterSink;
import dev.mainstay.meter.Recorder;
import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.outcome.Classifier;
import dev.mainstay.outcome.Rejection;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.outcome.Verdict;
import dev.mainstay.time.Nanos;
import dev.mainstay.time.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class TimeLimitTest {

    private final VirtualTime time = VirtualTime.create();
    private final List<@Nullable Object> discarded = new ArrayList<>();
    private final TimeLimiter limiter = TimeLimiter.of(
            "limiter",
            c -> c.timeoutDuration(ofSeconds(1)).onDiscard(discarded::add).timeSource(time));
    private final List<MainstayEvent> events = new ArrayList<>();
    private final List<String> happened = new ArrayList<>();

    TimeLimitTest() {
        limiter.describe(new Starter());
        limiter.subscribe(MainstayEvent.class, events::add);
    }

    private Map<String, Double> counts() {
        MeterReadings readings = new MeterReadings();
        limiter.describe(readings);
        Map<String, Double> counts = new TreeMap<>();
        for (Map.Entry<MeterId, Double> each : readings.values().entrySet()) {
            if (each.getValue() != 0) {
                counts.put(each.getKey().tags().get("outcome"), each.getValue());
            }
        }
        return counts;
    }

    @Test
    void aCallThatFinishesInTimeHasItsOwnOutcome() {
        TimeLimit limit = limiter.start(CallContext.plain());
        limit.context().onCancel(() -> happened.add("hook"));
        assertThat(limit.nanos()).isEqualTo(ofSeconds(1).toNanos());
        time.advance(ofMillis(400));
        assertThat(limit.nanos()).isEqualTo(ofMillis(600).toNanos());
        assertThat(limit.context().remaining()).isEqualTo(ofMillis(600));
        assertThat(limit.finish(null)).isTrue();
        assertThat(limit.expire()).isFalse();
        assertThat(limit.cancel()).isFalse();
        assertThat(limit.finish(null)).isFalse();
        time.advance(ofSeconds(1));
        assertThat(limit.nanos()).isZero();
        assertThat(happened).isEmpty();
        assertThat(events).isEmpty();
        assertThat(counts()).isEqualTo(Map.of("success", 1.0));
        assertThat(limit).hasToString("TimeLimit['limiter', finished]");
    }

    @Test
    void aFailureInTimeIsCountedAsOne() {
        assertThat(limiter.start(CallContext.plain()).finish(new IOException("scripted")))
                .isTrue();
        assertThat(counts()).isEqualTo(Map.of("failure", 1.0));
    }

    @Test
    void onceTheTimeIsUpTheCallHasTimedOutWhateverItDoes() {
        TimeLimit limit = limiter.start(CallContext.plain());
        limit.context().onCancel(() -> happened.add("hook"));
        time.advance(ofSeconds(1));
        assertThat(limit.expire()).isTrue();
        assertThat(limit.isExpired()).isTrue();
        assertThat(happened).as("on the timer's thread").isEmpty();
        assertThat(events).isEmpty();
        time.runDue();
        assertThat(happened).containsExactly("hook");
        assertThat(events).singleElement().isInstanceOf(PolicyEvent.TimedOut.class);
        assertThat(limit.finish(null)).isFalse();
        limit.discard("too late");
        assertThat(discarded).containsExactly("too late");
        assertThat(limit.timeout())
                .hasMessage("'limiter' gave up on the call after 1s")
                .hasNoCause();
        assertThat(limit.expire()).isFalse();
        assertThat(counts()).isEqualTo(Map.of("timeout", 1.0));
    }

    @Test
    void aFailureThatComesTooLateIsTheCause() {
        TimeLimit limit = limiter.start(CallContext.plain());
        assertThat(limit.expire()).isTrue();
        IOException late = new IOException("scripted");
        assertThat(limit.finish(late)).isFalse();
        assertThat(limit.timeout()).hasCause(late);
        assertThat(limit.finish(new CancellationException())).isFalse();
        assertThat(limit.timeout()).hasNoCause();
    }

    @Test
    void policiesWithinSeeACancellationOfAnExpiredCallAsOverload() {
        TimeLimit limit = limiter.start(CallContext.plain());
        Classifier classifier = Classifier.standard();
        assertThat(classifier.ofFailure(limit.context(), new CancellationException()))
                .isEqualTo(Verdict.IGNORED);
        assertThat(limit.expire()).isTrue();
        assertThat(classifier.ofFailure(limit.context(), new CancellationException()))
                .isEqualTo(Verdict.OVERLOAD);
    }

    @Test
    void aCallThatWasRejectedForThisDeadlineHasTimedOut() {
        TimeLimit limit = limiter.start(CallContext.plain());
        time.advance(ofSeconds(1));
        CallRejectedException rejection =
                new CallRejectedException(new Rejection("inner", RejectionReason.DEADLINE, -1));
        assertThat(limit.finish(rejection)).isFalse();
        assertThat(limit.isExpired()).isTrue();
        assertThat(limit.timeout()).hasCause(rejection);
        assertThat(counts()).isEqualTo(Map.of("timeout", 1.0));
    }

    @Test
    void aCallThatMayGoOnIsNotCancelledWhenItsTimeIsUp() {
        TimeLimiter patient = TimeLimiter.of(
                "patient",
                c -> c.timeoutDuration(ofSeconds(1)).cancelOnTimeout(false).timeSource(time));
        for (boolean cancels : new boolean[] {true, false}) {
            TimeLimit limit = (cancels ? limiter : patient).start(CallContext.plain());
            assertThat(limit.cancelsCall()).isEqualTo(cancels);
            limit.context().onCancel(() -> happened.add("hook of " + cancels));
            time.advance(ofSeconds(1));
            assertThat(limit.expire()).isTrue();
            time.runDue();
            assertThat(limit.finish(null)).isFalse();
        }
        assertThat(happened).containsExactly("hook of true");
    }

    @Test
    void aCallThatIsGivenUpIsCountedAsCancelledAndItsHooksRun() {
        TimeLimit limit = limiter.start(CallContext.plain());
        limit.context().onCancel(() -> happened.add("hook"));
        assertThat(limit.cancel()).isTrue();
        time.runDue();
        assertThat(happened).containsExactly("hook");
        assertThat(limit.finish(new CancellationException())).isFalse();
        assertThat(limit.expire()).isFalse();
        assertThat(limit.isExpired()).isFalse();
        assertThat(counts()).isEqualTo(Map.of("cancelled", 1.0));
    }

    @Test
    void anEndlessLimitIsNeverUp() {
        TimeLimiter endless = TimeLimiter.of(
                "endless", c -> c.timeoutDuration(Duration.ofDays(1_000_000)).timeSource(time));
        TimeLimit limit = endless.start(CallContext.plain());
        time.advance(Duration.ofDays(1));
        assertThat(limit.nanos()).isGreaterThan(Nanos.FOREVER / 2);
        assertThat(limit.finish(null)).isTrue();
    }

    private static final class Starter implements MeterSink {

        @Override
        public void counter(MeterId id, LongSupplier count) {
            ((CallCounter) count).start();
        }

        @Override
        public void gauge(MeterId id, DoubleSupplier value) {}

        @Override
        public void timer(MeterId id, Recorder recorder) {}
    }
}
