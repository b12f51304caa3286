package dev.mainstay.call;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.Guard;
import dev.mainstay.Pipeline;
import dev.mainstay.TimeLimiter;
import dev.mainstay.event.Subscription;
import dev.mainstay.outcome.CallTimeoutException;
import dev.mainstay.time.Deadline;
import dev.mainstay.time.Nanos;
import dev.mainstay.time.TimeSource;
import dev.mainstay.time.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class CallContextTest {

    private static final ContextKey<String> TENANT = ContextKey.of("tenant", String.class);

    private final VirtualTime time = VirtualTime.create();
    private final Pipeline none = Pipeline.of("none");

    @Test
    void nothingIsKnownOfAPlainCall() {
        CallContext plain = CallContext.plain();

        assertThat(plain.attempt()).isEqualTo(1);
        assertThat(plain.lastFailure()).isNull();
        assertThat(plain.key()).isNull();
        assertThat(plain.cost()).isEqualTo(1);
        assertThat(plain.priority()).isEqualTo(Priority.NORMAL);
        assertThat(plain.idempotent()).isEqualTo(Idempotence.UNKNOWN);
        assertThat(plain.deadline()).isNull();
        assertThat(plain.remaining()).isEqualTo(Duration.ofNanos(Nanos.FOREVER));
        assertThat(plain.get(TENANT)).isNull();
        assertThat(CallContext.current()).isSameAs(plain);
    }

    @Test
    void whatIsSaidAboutACallIsSeenInItAndGoneAfterIt() {
        CallContext seen = none.with(ctx -> ctx.key("host")
                        .cost(3)
                        .priority(Priority.HIGH)
                        .idempotent(Idempotence.YES)
                        .with(TENANT, "acme"))
                .callWithContext(ctx -> {
                    assertThat(CallContext.current()).isSameAs(ctx);
                    return ctx;
                });

        assertThat(seen.key()).isEqualTo("host");
        assertThat(seen.cost()).isEqualTo(3);
        assertThat(seen.priority()).isEqualTo(Priority.HIGH);
        assertThat(seen.idempotent()).isEqualTo(Idempotence.YES);
        assertThat(seen.get(TENANT)).isEqualTo("acme");
        assertThat(seen)
                .hasToString("CallContext[attempt=1, key=host, priority=HIGH, cost=3, idempotent=YES, tenant=acme]");
        assertThat(CallContext.current()).isSameAs(CallContext.plain());
    }

    @Test
    void aCallInsideInheritsDeadlinePriorityAndAttributesButNotWhatIsTheOuterCallsOwn() {
        Deadline deadline = Deadline.after(Duration.ofSeconds(5), time);
        CallContext inner = none.with(ctx -> ctx.key("host")
                        .cost(3)
                        .idempotent(Idempotence.NO)
                        .priority(Priority.HIGH)
                        .with(TENANT, "acme")
                        .deadline(deadline))
                .callWithContext(outer -> none.callWithContext(ctx -> ctx));

        assertThat(inner.deadline()).isEqualTo(deadline);
        assertThat(inner.priority()).isEqualTo(Priority.HIGH);
        assertThat(inner.get(TENANT)).isEqualTo("acme");
        assertThat(inner.key()).isNull();
        assertThat(inner.cost()).isEqualTo(1);
        assertThat(inner.idempotent()).isEqualTo(Idempotence.UNKNOWN);
    }

    @Test
    void anAttributeCanBeTakenAway() {
        CallContext context = CallContext.plain().with(TENANT, "acme").with(TENANT, null);

        assertThat(context.get(TENANT)).isNull();
    }

    @Test
    void theNearestDeadlineCounts() {
        Deadline near = Deadline.after(Duration.ofSeconds(1), time);
        Deadline far = Deadline.after(Duration.ofSeconds(9), time);

        assertThat(CallContext.plain().deadline(near).deadline(far).deadline()).isEqualTo(near);
        CallContext context = CallContext.plain().deadline(far).deadline(near);
        assertThat(context.deadline()).isEqualTo(near);
        assertThat(context.remaining()).isEqualTo(Duration.ofSeconds(1));
        assertThat(context.isOutOfTime()).isFalse();
        time.advance(Duration.ofSeconds(2));
        assertThat(context.remaining()).isZero();
        assertThat(context.isOutOfTime()).isTrue();
        assertThat(near.hasPassed()).isTrue();
        assertThat(near.remaining()).isZero();
    }

    @Test
    void aDeadlineInTheFarFutureIsNever() {
        Deadline never = Deadline.after(Duration.ofSeconds(Long.MAX_VALUE), time);

        time.advance(Duration.ofDays(365 * 100));
        assertThat(never.hasPassed()).isFalse();
    }

    @Test
    void aHookRunsOnceWhenTheCallIsCancelledAndNotIfItIsTakenBack() {
        List<String> ran = new ArrayList<>();
        CompletableFuture<Object> call = none.callAsyncWithContext(ctx -> {
            ctx.onCancel(() -> ran.add("kept"));
            ctx.onCancel(() -> {
                ran.add("throws");
                throw new IllegalStateException("a hook that throws");
            });
            Subscription takenBack = ctx.onCancel(() -> ran.add("taken back"));
            takenBack.close();
            return new CompletableFuture<>();
        });

        call.cancel(true);
        call.cancel(true);

        assertThat(ran).containsExactlyInAnyOrder("kept", "throws");
    }

    @Test
    void aHookOfAnInnerCallRunsWhenTheOuterTimesOut() {
        List<String> ran = new ArrayList<>();
        TimeLimiter limiter = TimeLimiter.of(
                "limit", c -> c.timeoutDuration(Duration.ofSeconds(1)).timeSource(time));
        CompletableFuture<Object> call = limiter.callAsyncWithContext(outer -> none.callAsyncWithContext(ctx -> {
            ctx.onCancel(() -> ran.add("cancelled"));
            return new CompletableFuture<>();
        }));

        time.advance(Duration.ofSeconds(1));

        assertThat(call).isCompletedExceptionally();
        assertThat(ran).containsExactly("cancelled");
    }

    @Test
    void aHookThatComesTooLateRunsAtOnce() {
        List<String> ran = new ArrayList<>();
        List<CallContext> contexts = new ArrayList<>();
        none.callAsyncWithContext(ctx -> {
                    contexts.add(ctx);
                    return new CompletableFuture<>();
                })
                .cancel(true);

        contexts.get(0).onCancel(() -> ran.add("at once"));

        assertThat(ran).containsExactly("at once");
    }

    @Test
    void wrongValuesAreRejectedByName() {
        assertThatThrownBy(() -> CallContext.plain().cost(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("cost is 0 but must be at least 1");
        assertThatThrownBy(() -> CallContext.plain().priority(null))
                .isInstanceOf(NullPointerException.class)
                .hasMessageContaining("priority");
        assertThatThrownBy(() -> none.with(ctx -> null).call(() -> "never"))
                .isInstanceOf(NullPointerException.class)
                .hasMessageContaining("with");
    }

    @Test
    void whatIsTheOuterCallsOwnStaysThereEvenIfItIsAllThatIsSaid() {
        assertThat(CallContext.plain().key("host").inherited().key()).isNull();
        assertThat(CallContext.plain().cost(3).inherited().cost()).isEqualTo(1);
        assertThat(CallContext.plain().idempotent(Idempotence.YES).inherited().idempotent())
                .isEqualTo(Idempotence.UNKNOWN);
    }

    @Test
    void aCallInsideARepetitionIsAtItsOwnFirstAttempt() {
        IllegalStateException failure = new IllegalStateException("scripted");
        CallContext second = CallContext.plain().attempt(2, failure);

        assertThat(second.lastFailure()).isSameAs(failure);
        assertThat(second.inherited().attempt()).isEqualTo(1);
        assertThat(second.inherited().lastFailure()).isNull();
    }

    @Test
    void aDeadlineIsHandedDownWhateverElseIsNot() {
        Deadline deadline = Deadline.after(Duration.ofSeconds(5), time);

        assertThat(CallContext.plain()
                        .key("host")
                        .deadline(deadline)
                        .inherited()
                        .deadline())
                .isEqualTo(deadline);
    }

    @Test
    void priorityAndAttributesAreHandedDownWithoutADeadlineToo() {
        assertThat(CallContext.plain()
                        .key("host")
                        .priority(Priority.HIGH)
                        .inherited()
                        .priority())
                .isEqualTo(Priority.HIGH);
        assertThat(CallContext.plain()
                        .key("host")
                        .with(TENANT, "acme")
                        .inherited()
                        .get(TENANT))
                .isEqualTo("acme");
    }

    @Test
    void aCallInsideOneThatHandsNothingDownIsPlain() {
        assertThat(CallContext.plain().key("host").cost(3).inherited()).isSameAs(CallContext.plain());
    }

    @Test
    void aPlainContextInsideACallStandsForWhatThatHandsDown() {
        none.with(ctx -> ctx.key("host").priority(Priority.HIGH)).run(() -> {
            CallContext inherited = CallContext.plain().orInherited();
            assertThat(inherited.priority()).isEqualTo(Priority.HIGH);
            assertThat(inherited.key()).isNull();
        });
    }

    @Test
    void afterACallInsideTheOuterOneIsCurrentAgain() {
        none.with(ctx -> ctx.key("outer")).run(() -> {
            none.with(ctx -> ctx.key("inner")).run(() -> {});
            assertThat(CallContext.current().key()).isEqualTo("outer");
        });
    }

    @Test
    void whatIsSaidAboutACallIsGoneAfterItInWhateverFormItCame() {
        Guard said = none.with(ctx -> ctx.key("host"));

        assertThat(said.tryCall(() -> "in").get()).isEqualTo("in");
        assertThat(CallContext.current()).isSameAs(CallContext.plain());
        assertThat(said.callAsync(() -> CompletableFuture.completedFuture("in")))
                .isCompletedWithValue("in");
        assertThat(CallContext.current()).isSameAs(CallContext.plain());
    }

    @Test
    void keysOfTheSameNameAreNotTheSame() {
        ContextKey<String> same = ContextKey.of("tenant", String.class);
        CallContext context = CallContext.plain().with(TENANT, "acme");

        assertThat(context.get(same)).isNull();
        assertThat(context.with(same, "other").get(TENANT)).isEqualTo("acme");
        assertThat(same).hasToString("tenant");
    }

    @Test
    void whatIsLeftIsNegativeOnceTheDeadlineHasPassedAndEndlessWithoutOne() {
        CallContext context = CallContext.plain().deadline(Deadline.after(Duration.ofSeconds(1), time));

        assertThat(CallContext.plain().remainingNanos(time, TimeSource.UNREAD)).isEqualTo(Nanos.FOREVER);
        assertThat(context.remainingNanos(time, TimeSource.UNREAD)).isEqualTo(1_000_000_000);
        time.advance(Duration.ofSeconds(3));
        assertThat(context.remainingNanos(time, TimeSource.UNREAD)).isEqualTo(-2_000_000_000);
    }

    @Test
    void aTimeThatWasReadAlreadyIsTakenForTheDeadlinesOnItsClockOnly() {
        VirtualTime other = VirtualTime.startingAt(77);
        CallContext context = CallContext.plain().deadline(Deadline.after(Duration.ofSeconds(1), time));

        assertThat(context.remainingNanos(time, time.nanoTime() + 300)).isEqualTo(999_999_700);
        assertThat(context.remainingNanos(other, other.nanoTime() + 300)).isEqualTo(1_000_000_000);
    }

    @Test
    void deadlinesOnDifferentClocksAreComparedByWhatIsLeft() {
        VirtualTime late = VirtualTime.startingAt(Duration.ofHours(1).toNanos());
        VirtualTime early = VirtualTime.startingAt(0);
        Deadline near = Deadline.after(Duration.ofSeconds(1), late);
        Deadline far = Deadline.after(Duration.ofSeconds(5), early);

        assertThat(CallContext.plain().deadline(near).deadline(far).deadline()).isEqualTo(near);
        assertThat(CallContext.plain().deadline(far).deadline(near).deadline()).isEqualTo(near);
    }

    @Test
    void aCallThatCanBeCancelledHasNoDeadlineForThat() {
        assertThat(none.submitWithContext(Runnable::run, ctx -> ctx.remaining()))
                .isCompletedWithValue(Duration.ofNanos(Nanos.FOREVER));
        CompletableFuture<Boolean> hasDeadline = none.submitWithContext(Runnable::run, ctx -> ctx.deadline() != null);
        assertThat(hasDeadline).isCompletedWithValue(false);
    }

    @Test
    void aHookThatIsRegisteredAfterTheTimeOfASynchronousCallWasUpRunsAtOnce() {
        List<String> ran = new ArrayList<>();
        List<String> ranInTheCall = new ArrayList<>();
        TimeLimiter limiter = TimeLimiter.of(
                "limit", c -> c.timeoutDuration(Duration.ofSeconds(1)).timeSource(time));

        assertThatThrownBy(() -> limiter.callWithContext(ctx -> {
                    assertThatThrownBy(() -> time.sleep(2_000_000_000)).isInstanceOf(InterruptedException.class);
                    Subscription late = ctx.onCancel(() -> ran.add("at once"));
                    ranInTheCall.addAll(ran);
                    late.close();
                    return "late";
                }))
                .isInstanceOf(CallTimeoutException.class);

        assertThat(ranInTheCall).containsExactly("at once");
    }

    @Test
    void aTimeOutWithinADeadlineLeavesNoInterruptBehind() {
        TimeLimiter limiter = TimeLimiter.of(
                "limit", c -> c.timeoutDuration(Duration.ofSeconds(1)).timeSource(time));
        Guard bounded = limiter.with(ctx -> ctx.deadline(Deadline.after(Duration.ofSeconds(9), time)));

        assertThatThrownBy(() -> bounded.run(() -> time.sleep(2_000_000_000))).isInstanceOf(CallTimeoutException.class);

        assertThat(Thread.interrupted()).isFalse();
    }

    // ---- waits

    @Test
    void aCallSaysHowLongItWaits() {
        CallContext call = CallContext.plain().maxWait(Duration.ofMillis(20));
        assertThat(call.maxWait()).isEqualTo(Duration.ofMillis(20));
        assertThat(call.maxWaitNanos()).isEqualTo(20_000_000);
        assertThat(call.cost(3).key("k").maxWait()).isEqualTo(Duration.ofMillis(20));
        assertThat(call.attempt(2, null).maxWait()).isEqualTo(Duration.ofMillis(20));
        assertThat(call).hasToString("CallContext[attempt=1, maxWait=20ms]");
        assertThat(call.maxWait(Duration.ZERO).maxWaitNanos()).isZero();
        assertThat(call.maxWait(null).maxWait()).isNull();
        assertThat(CallContext.plain().maxWait()).isNull();
        assertThat(CallContext.plain().maxWaitNanos()).isNegative();
    }

    @Test
    void aCallInsideDoesNotInheritTheBoundForWaits() {
        CallContext inside = CallContext.plain()
                .priority(Priority.HIGH)
                .maxWait(Duration.ZERO)
                .inherited();
        assertThat(inside.maxWait()).isNull();
        assertThat(inside.priority()).isEqualTo(Priority.HIGH);
        assertThat(CallContext.plain().maxWait(Duration.ZERO).inherited()).isSameAs(CallContext.plain());
    }

    @Test
    void aWaitIsNotNegative() {
        assertThatThrownBy(() -> CallContext.plain().maxWait(Duration.ofNanos(-1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("maxWait");
    }
}
