package dev.mainstay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.call.CallContext;
import dev.mainstay.event.MainstayEvent;
import dev.mainstay.meter.MeterId;
import dev.mainstay.meter.MeterSink;
import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.outcome.Classifier;
import dev.mainstay.outcome.Outcome;
import dev.mainstay.outcome.Rejection;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.outcome.Verdict;
import dev.mainstay.time.TimeSource;
import dev.mainstay.time.TimedTask;
import dev.mainstay.time.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What a gate does of which a user has written as little as possible. */
class PlainGateTest {

    private final VirtualTime time = VirtualTime.create();
    private final OnePlace gate = new OnePlace(time);

    /** Lets nobody in, and does not say more than that calls may wait. */
    private static final class WithoutLine extends Gate {

        WithoutLine(TimeSource time) {
            super("shut", time, Classifier.standard());
        }

        @Override
        protected long tryEnter(CallContext context, long now) {
            return reject(RejectionReason.OTHER);
        }

        @Override
        protected boolean mayWait(long code, CallContext context) {
            return true;
        }

        @Override
        protected void exit(
                long permit,
                long start,
                long now,
                Verdict verdict,
                CallContext context,
                @Nullable Object result,
                @Nullable Throwable failure) {
            throw new AssertionError("it let nobody in");
        }

        @Override
        protected Rejection rejection(long code, CallContext context, long now) {
            return new Rejection(name(), reasonOf(code), -1);
        }
    }

    private void at(Duration delay, Runnable action) {
        time.arm(
                new TimedTask() {
                    @Override
                    protected void fire() {
                        action.run();
                    }
                },
                delay.toNanos());
    }

    private static RejectionReason reasonOf(Throwable thrown) {
        return ((CallRejectedException) thrown).reason();
    }

    @Test
    void aPermitCanBeZero() {
        Permit permit = gate.acquirePermit();
        assertThat(gate.taken).isTrue();
        permit.release();
        assertThat(gate.taken).isFalse();
    }

    @Test
    void aWaitInVainEndsOnTimeWheneverItBeganAndExpires() {
        time.advance(Duration.ofSeconds(100));
        gate.acquirePermit();
        assertThatThrownBy(gate::acquirePermit)
                .satisfies(thrown -> assertThat(reasonOf(thrown)).isEqualTo(RejectionReason.WAIT_EXPIRED));
        assertThat(time.elapsed()).isEqualTo(Duration.ofSeconds(101));
    }

    @Test
    void aGateThatDoesNotSayHowToWaitIsFull() {
        Gate withoutLine = new WithoutLine(time);
        assertThatThrownBy(withoutLine::acquirePermit)
                .satisfies(thrown -> assertThat(reasonOf(thrown)).isEqualTo(RejectionReason.FULL));
        assertThatThrownBy(withoutLine.callAsync(() -> CompletableFuture.completedFuture("never"))::join)
                .cause()
                .satisfies(thrown -> assertThat(reasonOf(thrown)).isEqualTo(RejectionReason.FULL));
        assertThat(time.elapsed()).isZero();
    }

    @Test
    void aPermitThatIsTakenWithoutWaitingCanBeZero() {
        Permit permit = gate.tryAcquirePermit().get();
        permit.release();
        assertThat(gate.taken).isFalse();
    }

    @Test
    void aPermitThatComesOfAWaitCanBeZero() {
        gate.acquirePermit();
        at(Duration.ofMillis(300), gate::letIn);
        gate.acquirePermit().release();
        assertThat(time.elapsed()).isEqualTo(Duration.ofMillis(300));
        assertThat(gate.rejections).isEmpty();
    }

    @Test
    void aCallThatMayBeRejectedIsMadeIfItIsLetInAfterAWait() {
        gate.acquirePermit();
        at(Duration.ofMillis(300), gate::letIn);
        assertThat(gate.tryCall(() -> "let in").get()).isEqualTo("let in");
    }

    @Test
    void aWaitForNoTimeAtAllIsInVain() {
        gate.wait = Duration.ZERO;
        gate.acquirePermit();
        assertThatThrownBy(() -> gate.run(() -> {}))
                .satisfies(thrown -> assertThat(reasonOf(thrown)).isEqualTo(RejectionReason.WAIT_EXPIRED));
        assertThat(time.elapsed()).isZero();
    }

    @Test
    void aWaitMayEndWithAPermitAfterAll() {
        OnePlace kind = new OnePlace(time) {
            @Override
            protected long endWaiting(Waiter waiter, long now) {
                return 0;
            }
        };
        kind.acquirePermit();
        assertThat(kind.get(() -> "after all")).isEqualTo("after all");
        assertThat(kind.verdicts).containsExactly(Verdict.SUCCESS);
    }

    /** Has no room to take the first permit back, and lets in whoever waits with the second try. */
    private static final class FullStackAtFirst extends OnePlace {

        private boolean failed;

        FullStackAtFirst(TimeSource time) {
            super(time);
            wait = Duration.ofSeconds(10);
        }

        @Override
        protected void exit(
                long permit,
                long start,
                long now,
                Verdict verdict,
                CallContext context,
                @Nullable Object result,
                @Nullable Throwable failure) {
            if (!failed) {
                failed = true;
                throw new StackOverflowError();
            }
            super.exit(permit, start, now, verdict, context, result, failure);
            if (!line.isEmpty()) {
                taken = true;
                line.remove(0).grant(0);
            }
        }
    }

    @Test
    void aThreadInLineGetsThePermitThatIsOwedThoughNobodyElseComes() throws Exception {
        VirtualTime shared = VirtualTime.manual();
        OnePlace owing = new FullStackAtFirst(shared);
        Permit first = owing.acquirePermit();
        FutureTask<String> waiting = new FutureTask<>(() -> owing.get(() -> "let in"));
        new Thread(waiting).start();
        shared.awaitSleepers(1);
        first.release();
        shared.advance(Duration.ofSeconds(1));
        assertThat(waiting.get(10, TimeUnit.SECONDS)).isEqualTo("let in");
        assertThat(owing.taken).isFalse();
    }

    @Test
    void aThreadInLineGetsAPermitThatIsOwedWhenItsWaitEnds() {
        OnePlace owing = new FullStackAtFirst(time);
        owing.wait = Duration.ofMillis(500);
        Permit first = owing.acquirePermit();
        at(Duration.ofMillis(300), first::release);
        assertThat(owing.get(() -> "let in")).isEqualTo("let in");
        assertThat(owing.taken).isFalse();
    }

    @Test
    void aStageInLineGetsAPermitThatIsOwedWhenItsWaitEnds() {
        OnePlace owing = new FullStackAtFirst(time);
        Permit first = owing.acquirePermit();
        CompletableFuture<String> waiting = owing.callAsync(() -> CompletableFuture.completedFuture("let in"));
        at(Duration.ofMillis(300), first::release);
        time.advance(Duration.ofSeconds(10));
        assertThat(waiting).isCompletedWithValue("let in");
        assertThat(owing.taken).isFalse();
    }

    @Test
    void aRejectionFromFurtherInIsAnOutcomeToo() {
        CallRejectedException furtherIn = new CallRejectedException(new Rejection("inner", RejectionReason.RATE, -1));
        Outcome<String> outcome = gate.tryCall(() -> {
            throw furtherIn;
        });
        assertThat(outcome.rejection().toException()).isSameAs(furtherIn);
        assertThat(gate.verdicts).containsExactly(Verdict.REJECTED);
    }

    @Test
    void theTimeIsReadForAGateThatAsksForItAndForNoOther() {
        time.advance(Duration.ofSeconds(5));
        gate.classifyWith(Classifier.standard(), true, false);
        gate.run(() -> {});
        gate.classifyWith(Classifier.standard(), false, false);
        gate.run(() -> {});
        assertThat(gate.entered).containsExactly(time.nanoTime(), TimeSource.UNREAD);
    }

    @Test
    void aWaitBeginsWhenItDoesWhetherTheTimeWasReadBeforeOrNot() {
        time.advance(Duration.ofSeconds(5));
        long now = time.nanoTime();
        gate.acquirePermit();
        gate.callAsync(() -> CompletableFuture.completedFuture("first"));
        gate.classifyWith(Classifier.standard(), true, false);
        gate.callAsync(() -> CompletableFuture.completedFuture("second"));
        assertThat(gate.waitedSince).containsExactly(now, now);
    }

    @Test
    void aRejectionIsGivenTheTimeOfTheDecisionUnlessThatHasPassedInWaiting() {
        time.advance(Duration.ofSeconds(5));
        long now = time.nanoTime();
        gate.classifyWith(Classifier.standard(), true, false);
        gate.acquirePermit();
        gate.patient = false;
        assertThatThrownBy(gate::acquirePermit).isInstanceOf(CallRejectedException.class);
        gate.patient = true;
        assertThatThrownBy(gate::acquirePermit).isInstanceOf(CallRejectedException.class);
        assertThat(gate.rejected).containsExactly(now, TimeSource.UNREAD);
    }

    @Test
    void itsTextHasTheMetersThatItDescribes() {
        Gate metered = new OnePlace(time) {
            @Override
            public void describe(MeterSink sink) {
                sink.gauge(MeterId.of("one.free", name(), "Places that are free", ""), () -> taken ? 0 : 1);
            }
        };
        assertThat(metered.toString()).contains("one.free").contains("1.0");
    }

    @Test
    void aGateBesideTwoOthersIsEnteredAndLeftAsTheyAre() {
        List<OnePlace> gates = List.of(gate, new OnePlace(time), new OnePlace(time));
        Pipeline pipeline = Pipeline.of("three", gates.toArray(new Gate[0]));
        String result = pipeline.get(() -> {
            assertThat(gates).allMatch(each -> each.taken);
            return "through";
        });
        assertThat(result).isEqualTo("through");
        assertThatThrownBy(() -> pipeline.run(() -> {
                    throw new IllegalStateException("down");
                }))
                .hasMessage("down");
        assertThat(gates).noneMatch(each -> each.taken);
        assertThat(gates).allSatisfy(each -> assertThat(each.verdicts).containsExactly(Verdict.SUCCESS, Verdict.ERROR));
    }

    @Test
    void theThirdOfThreeGatesRejectsByItself() {
        OnePlace third = new OnePlace(time);
        third.patient = false;
        third.acquirePermit();
        Pipeline pipeline = Pipeline.of("three", gate, new OnePlace(time), third);
        assertThatThrownBy(() -> pipeline.run(() -> {}))
                .satisfies(thrown -> assertThat(reasonOf(thrown)).isEqualTo(RejectionReason.FULL));
        assertThat(gate.verdicts).containsExactly(Verdict.REJECTED);
        assertThat(third.verdicts).isEmpty();
    }

    @Test
    void aWaitThatBreaksLeavesTheLine() {
        OnePlace broken = new OnePlace(new Sleepless(time, () -> {}));
        broken.acquirePermit();
        assertThatThrownBy(broken::acquirePermit).hasMessage("no park");
        assertThat(broken.gone).isEqualTo(broken.line).hasSize(1);
        assertThat(broken.line.get(0).grant(0)).as("it is out of the line").isFalse();
    }

    @Test
    void aWaitThatBreaksAfterTheCallWasLetInGivesThePermitBack() {
        List<OnePlace> gates = new ArrayList<>();
        OnePlace broken =
                new OnePlace(new Sleepless(time, () -> gates.get(0).line.get(0).grant(0)));
        gates.add(broken);
        broken.acquirePermit();
        assertThatThrownBy(broken::acquirePermit).hasMessage("no park");
        assertThat(broken.taken).isFalse();
    }

    @Test
    void aClockThatBreaksAfterTheWaitForAPermitTakesNoPermitAlong() {
        List<OnePlace> gates = new ArrayList<>();
        OnePlace broken =
                new OnePlace(new BreaksAfterTheWait(time, () -> gates.get(0).letIn()));
        gates.add(broken);
        broken.classifyWith(Classifier.standard(), true, false);
        broken.acquirePermit();
        assertThatThrownBy(broken::acquirePermit).hasMessage("no clock");
        assertThat(broken.taken).isFalse();
        assertThat(broken.verdicts).containsExactly(Verdict.IGNORED);
    }

    @Test
    void whatASubclassPublishesIsHeard() {
        List<MainstayEvent> heard = new ArrayList<>();
        gate.subscribe(MainstayEvent.class, heard::add);
        MainstayEvent event = new MainstayEvent() {
            @Override
            public String policy() {
                return "one";
            }

            @Override
            public long nanoTime() {
                return 0;
            }
        };
        gate.tell(event);
        assertThat(heard).containsExactly(event);
    }

    /** A time in which nobody can wait: something happens instead, and then it breaks. */
    private record Sleepless(VirtualTime time, Runnable instead) implements TimeSource {

        @Override
        public long nanoTime() {
            return time.nanoTime();
        }

        @Override
        public void sleep(long nanos) {
            throw new IllegalStateException("no sleep");
        }

        @Override
        public void parkNanos(Object blocker, long nanos) {
            instead.run();
            throw new IllegalStateException("no park");
        }

        @Override
        public void arm(TimedTask task, long delayNanos) {
            time.arm(task, delayNanos);
        }

        @Override
        public Executor executor() {
            return time.executor();
        }
    }

    /** A time in which something happens instead of a wait, after which its clock is broken. */
    private static final class BreaksAfterTheWait implements TimeSource {

        private final VirtualTime time;
        private final Runnable instead;
        private boolean broken;

        BreaksAfterTheWait(VirtualTime time, Runnable instead) {
            this.time = time;
            this.instead = instead;
        }

        @Override
        public long nanoTime() {
            if (broken) {
                throw new IllegalStateException("no clock");
            }
            return time.nanoTime();
        }

        @Override
        public void sleep(long nanos) {
            time.advance(Duration.ofNanos(nanos));
        }

        @Override
        public void parkNanos(Object blocker, long nanos) {
            broken = true;
            instead.run();
        }

        @Override
        public void arm(TimedTask task, long delayNanos) {
            time.arm(task, delayNanos);
        }

        @Override
        public Executor executor() {
            return time.executor();
        }
    }
}
