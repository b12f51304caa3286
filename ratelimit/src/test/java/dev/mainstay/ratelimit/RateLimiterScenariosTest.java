package dev.mainstay.ratelimit;

import static dev.mainstay.testkit.MainstayAssertions.assertThat;

import dev.mainstay.Pipeline;
import dev.mainstay.PolicyEvent;
import dev.mainstay.TimeLimiter;
import dev.mainstay.call.CallContext;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.testkit.CallInFlight;
import dev.mainstay.testkit.CallReport;
import dev.mainstay.testkit.Mode;
import dev.mainstay.testkit.Scenario;
import dev.mainstay.testkit.Script;
import dev.mainstay.time.Deadline;
import dev.mainstay.time.TimedTask;
import dev.mainstay.time.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Two permits a second at most, in each kind of limit and in every way to make a call. */
class RateLimiterScenariosTest {

    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Script<String> OK = Script.succeeding("ok");

    /** Limits under which two calls are let in at once and the third a second after the first. */
    static Stream<List<RateLimit>> limits() {
        RateLimit smooth = RateLimit.smooth(1, SECOND, 2);
        RateLimit window = RateLimit.atMost(2, SECOND);
        return Stream.of(List.of(smooth), List.of(window), List.of(smooth, window));
    }

    private static Scenario<RateLimiter> scenario(String name, Duration timeout, List<RateLimit> limits) {
        return Scenario.named(name).with(limiter(timeout, limits));
    }

    private static Function<VirtualTime, RateLimiter> limiter(Duration timeout, List<RateLimit> limits) {
        return time -> RateLimiter.of(
                "l",
                c -> c.limits(limits.toArray(RateLimit[]::new))
                        .timeoutDuration(timeout)
                        .timeSource(time));
    }

    @ParameterizedTest
    @MethodSource("limits")
    void rejectsAtOnceWhatIsOverTheLimit(List<RateLimit> limits) {
        scenario("over the limit", Duration.ZERO, limits).inEveryMode(run -> {
            run.succeeding(2);
            RateLimitExceededException rejection = run.call(OK)
                    .wasRejected(RejectionReason.RATE)
                    .afterExecutions(0)
                    .afterTime(Duration.ZERO)
                    .failure(RateLimitExceededException.class);
            assertThat(rejection.retryAfter()).isEqualTo(SECOND);
            assertThat(rejection.remaining()).isZero();
            run.after(SECOND);
            run.succeeding(1);
            assertThat(run.policy())
                    .hasMeter("ratelimiter.admitted", 3)
                    .hasMeter("ratelimiter.rejected", 1)
                    .hasMeter("ratelimiter.waiting", 0);
        });
    }

    @ParameterizedTest
    @MethodSource("limits")
    void permitsDoNotComeBackHoweverTheCallEnds(List<RateLimit> limits) {
        scenario("no way back", Duration.ZERO, limits).inEveryMode(run -> {
            run.failing(1);
            run.failingWith(new IOException());
            run.rejected(2);
        });
    }

    @ParameterizedTest
    @MethodSource("limits")
    void waitsUntilItsPermitsAreThere(List<RateLimit> limits) {
        scenario("wait", SECOND, limits).inEveryMode(run -> {
            run.succeeding(2);
            run.call(OK).returned("ok").afterTime(SECOND).afterExecutions(1);
            assertThat(run.policy())
                    .hasMeter("ratelimiter.admitted", 3)
                    .hasMeter("ratelimiter.rejected", 0)
                    .hasMeter("ratelimiter.waiting", 0);
        });
    }

    @ParameterizedTest
    @MethodSource("limits")
    void aWaitThatCannotEndInTimeIsNotBegun(List<RateLimit> limits) {
        scenario("too long", SECOND.minusNanos(1), limits).inEveryMode(run -> {
            run.succeeding(2);
            run.call(OK).wasRejected(RejectionReason.RATE).afterTime(Duration.ZERO);
            run.after(SECOND);
            run.succeeding(1);
        });
    }

    @ParameterizedTest
    @MethodSource("limits")
    void aTimeLimitEndsTheWaitBeforeItBegins(List<RateLimit> limits) {
        Scenario.named("deadline")
                .with(time -> Pipeline.of(
                        "p",
                        TimeLimiter.of("t", c -> c.timeoutDuration(SECOND).timeSource(time)),
                        limiter(Duration.ofMinutes(1), limits).apply(time)))
                .inEveryMode(run -> {
                    run.succeeding(2);
                    run.call(OK)
                            .wasRejected(RejectionReason.DEADLINE)
                            .afterExecutions(0)
                            .afterTime(Duration.ZERO);
                    run.after(Duration.ofNanos(1));
                    run.call(OK).returned("ok").afterTime(SECOND.minusNanos(1));
                });
    }

    @ParameterizedTest
    @MethodSource("limits")
    void aCancelledWaitGivesItsPermitsBackWhileItIsLast(List<RateLimit> limits) {
        scenario("cancel of the last", Duration.ofMinutes(1), limits)
                .onlyIn(Mode.ASYNC, Mode.ASYNC_COMPLETED)
                .inEveryMode(run -> {
                    run.succeeding(2);
                    CallInFlight<String> first = run.begin(OK);
                    CallInFlight<String> second = run.begin(OK);
                    assertThat(run.policy()).hasMeter("ratelimiter.waiting", 2);
                    second.cancel();
                    first.cancel();
                    assertThat(run.policy()).hasMeter("ratelimiter.waiting", 0);
                    run.call(OK).returned("ok").afterTime(SECOND);
                    run.after(Duration.ofMinutes(1));
                    assertThat(run.executions()).isEqualTo(3);
                });
    }

    @ParameterizedTest
    @MethodSource("limits")
    void thoseBehindACancelledWaitMoveUp(List<RateLimit> limits) {
        scenario("cancel of another", Duration.ofMinutes(1), limits)
                .onlyIn(Mode.ASYNC, Mode.ASYNC_COMPLETED)
                .inEveryMode(run -> {
                    run.succeeding(2);
                    Duration begun = run.time().elapsed();
                    CallInFlight<String> first = run.begin(OK);
                    CallInFlight<String> second = run.begin(OK);
                    CallInFlight<String> third = run.begin(OK);
                    CallInFlight<String> fourth = run.begin(OK);
                    List<Duration> alone = slots(limits);
                    first.cancel();
                    third.cancel();
                    second.end().returned("ok");
                    assertThat(run.time().elapsed().minus(begun)).isEqualTo(alone.get(0));
                    fourth.end().returned("ok");
                    assertThat(run.time().elapsed().minus(begun)).isEqualTo(alone.get(1));
                    assertThat(run.executions()).isEqualTo(4);
                    assertThat(run.policy())
                            .hasMeter("ratelimiter.admitted", 4)
                            .hasMeter("ratelimiter.rejected", 2)
                            .hasMeter("ratelimiter.waiting", 0);
                });
    }

    /** When calls after the first two are let in. */
    private static List<Duration> slots(List<RateLimit> limits) {
        boolean windowOnly = limits.size() == 1 && limits.get(0) instanceof RateLimit.AtMost;
        return windowOnly
                ? List.of(SECOND, SECOND, SECOND.multipliedBy(2))
                : List.of(SECOND, SECOND.multipliedBy(2), SECOND.multipliedBy(3));
    }

    @ParameterizedTest
    @MethodSource("limits")
    void anInterruptEndsTheWaitAndStaysSet(List<RateLimit> limits) {
        scenario("interrupt", Duration.ofMinutes(1), limits)
                .onlyIn(Mode.SYNC, Mode.DECORATED)
                .inEveryMode(run -> {
                    run.succeeding(2);
                    interruptAfter(run.time(), Duration.ofMillis(300));
                    run.call(OK)
                            .wasRejected(RejectionReason.INTERRUPTED)
                            .leftInterrupt()
                            .afterTime(Duration.ofMillis(300))
                            .afterExecutions(0);
                    run.call(OK).returned("ok").afterTime(Duration.ofMillis(700));
                });
    }

    private static void interruptAfter(VirtualTime time, Duration delay) {
        Thread caller = Thread.currentThread();
        time.arm(
                new TimedTask() {
                    @Override
                    protected void fire() {
                        caller.interrupt();
                    }
                },
                delay.toNanos());
    }

    @ParameterizedTest
    @MethodSource("limits")
    void aCallThatCostsMoreTakesAllItsPermits(List<RateLimit> limits) {
        Scenario.named("cost")
                .with(limiter(SECOND.multipliedBy(2), limits), limiter -> limiter.with(context -> context.cost(2)))
                .inEveryMode(run -> {
                    run.succeeding(1);
                    CallReport<String> second = run.call(OK).returned("ok");
                    assertThat(second.elapsed()).isGreaterThanOrEqualTo(SECOND);
                });
    }

    @ParameterizedTest
    @MethodSource("limits")
    void aCallThatCostsMoreThanABurstIsRejectedAtOnceAndToldSo(List<RateLimit> limits) {
        Scenario.named("too dear")
                .with(limiter(Duration.ofDays(1), limits), limiter -> limiter.with(context -> context.cost(3)))
                .inEveryMode(run -> {
                    RateLimitExceededException rejection = run.call(OK)
                            .wasRejected(RejectionReason.RATE)
                            .afterTime(Duration.ZERO)
                            .failure(RateLimitExceededException.class);
                    assertThat(rejection).saying("3 permits are never there at once");
                    assertThat(rejection.retryAfter()).isNull();
                    assertThat(run.policy().remaining()).isEqualTo(2);
                });
    }

    @ParameterizedTest
    @MethodSource("limits")
    void worksOnAClockThatOverflows(List<RateLimit> limits) {
        for (long start : new long[] {Long.MAX_VALUE - 1, Long.MIN_VALUE, -1}) {
            scenario("overflow", SECOND, limits).startingAt(start).inEveryMode(run -> {
                run.succeeding(2);
                run.call(OK).returned("ok").afterTime(SECOND);
                run.after(Duration.ofDays(30_000));
                run.succeeding(2);
                run.call(OK).returned("ok").afterTime(SECOND);
            });
        }
    }

    @ParameterizedTest
    @MethodSource("limits")
    void aRejectionIsPublished(List<RateLimit> limits) {
        scenario("event", Duration.ZERO, limits).inEveryMode(run -> {
            List<PolicyEvent.CallRejected> events = new ArrayList<>();
            run.policy().subscribe(PolicyEvent.CallRejected.class, events::add);
            run.succeeding(2);
            run.rejected();
            assertThat(events).singleElement().satisfies(event -> {
                assertThat(event.reason()).isEqualTo(RejectionReason.RATE);
                assertThat(event.retryAfter()).isEqualTo(SECOND);
            });
        });
    }

    // ---- a call's own bound for its wait

    @ParameterizedTest
    @MethodSource("limits")
    void aCallWaitsAsLongAsItSaysItself(List<RateLimit> limits) {
        for (Duration timeout : List.of(Duration.ZERO, Duration.ofHours(1))) {
            scenario("its own wait", timeout, limits).inEveryMode(run -> {
                run.succeeding(2);
                run.call(run.policy().with(ctx -> ctx.maxWait(SECOND.minusNanos(1))), OK)
                        .wasRejected(RejectionReason.RATE)
                        .afterTime(Duration.ZERO);
                run.call(run.policy().with(ctx -> ctx.maxWait(Duration.ZERO)), OK)
                        .wasRejected(RejectionReason.RATE)
                        .afterTime(Duration.ZERO);
                run.call(run.policy().with(ctx -> ctx.maxWait(SECOND)), OK)
                        .returned("ok")
                        .afterTime(SECOND);
                assertThat(run.policy()).hasMeter("ratelimiter.waiting", 0);
            });
        }
    }

    @ParameterizedTest
    @MethodSource("limits")
    void aCallsOwnWaitMustEndBeforeItsDeadline(List<RateLimit> limits) {
        scenario("its own deadline", Duration.ZERO, limits).inEveryMode(run -> {
            run.succeeding(2);
            Deadline deadline = Deadline.after(SECOND.minusMillis(1), run.time());
            run.call(run.policy().with(ctx -> ctx.maxWait(SECOND).deadline(deadline)), OK)
                    .wasRejected(RejectionReason.DEADLINE)
                    .afterTime(Duration.ZERO);
        });
    }

    @ParameterizedTest
    @MethodSource("limits")
    void rejectionsHaveAStackTraceIfTheOptionsSaySo(List<RateLimit> limits) {
        for (boolean asked : List.of(false, true)) {
            scenario("stack traces", Duration.ZERO, limits).inEveryMode(run -> {
                run.policy().reconfigure(c -> c.toBuilder().stackTraces(asked).build());
                run.succeeding(2);
                StackTraceElement[] trace =
                        run.call(OK).failure(RateLimitExceededException.class).getStackTrace();
                assertThat(trace.length > 0).isEqualTo(asked);
            });
        }
    }

    // ---- would a call be let in?

    @ParameterizedTest
    @MethodSource("limits")
    void aLimiterSaysWhetherItWouldRejectACall(List<RateLimit> limits) {
        VirtualTime time = VirtualTime.create();
        RateLimiter limiter = limiter(SECOND, limits).apply(time);
        CallContext impatient = CallContext.plain().maxWait(Duration.ZERO);
        assertThat(limiter.wouldReject(impatient.cost(2))).isEmpty();
        assertThat(limiter.wouldReject(CallContext.plain().cost(3)))
                .hasValueSatisfying(
                        rejection -> assertThat(rejection.retryAfter()).isNull());
        assertThat(limiter.remaining()).isEqualTo(2);
        limiter.acquire(2);
        assertThat(limiter.wouldReject()).as("it would wait").isEmpty();
        assertThat(limiter.wouldReject(impatient)).hasValueSatisfying(rejection -> {
            assertThat(rejection.reason()).isEqualTo(RejectionReason.RATE);
            assertThat(rejection.retryAfter()).isEqualTo(SECOND);
        });
        Deadline soon = Deadline.after(SECOND, time);
        assertThat(limiter.wouldReject(CallContext.plain().deadline(soon)))
                .hasValueSatisfying(rejection -> assertThat(rejection.reason()).isEqualTo(RejectionReason.DEADLINE));
        assertThat(limiter.reserve(1).remainingWait()).as("nothing was taken").isEqualTo(SECOND);
        assertThat(limiter.wouldReject(CallContext.plain().maxWait(SECOND.minusNanos(1))))
                .isPresent();
        assertThat(limiter).hasMeter("ratelimiter.rejected", 0).hasMeter("ratelimiter.waiting", 0);
    }
}
