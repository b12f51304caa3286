package dev.mainstay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.event.Event;
import dev.mainstay.time.TimeSource;
import dev.mainstay.time.TimerTask;
import dev.mainstay.time.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A gate of which a user has written as little as possible: one place, and a wait of a second for it. */
class PlainGateTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    private final VirtualTime time = VirtualTime.create();
    private final OnePlace gate = new OnePlace(time);

    private static class OnePlace extends Gate {

        final List<Waiter> line = new ArrayList<>();
        boolean taken;

        OnePlace(TimeSource time) {
            super("one", time, Classifier.standard());
        }

        @Override
        protected long tryEnter(CallContext context, long now) {
            if (taken) {
                return refused(RejectionReason.FULL);
            }
            taken = true;
            return 0;
        }

        @Override
        protected boolean mayWait(RejectionReason reason, CallContext context) {
            return true;
        }

        @Override
        protected long startWaiting(Waiter waiter, CallContext context, long now) {
            line.add(waiter);
            return SECOND.toNanos();
        }

        @Override
        protected void exit(
                long permit,
                long start,
                Verdict verdict,
                CallContext context,
                @Nullable Object result,
                @Nullable Throwable failure) {
            taken = false;
        }

        @Override
        protected CallRejectedException refusal(RejectionReason reason, CallContext context, long now) {
            return new CallRejectedException(name(), reason, -1, null, false);
        }

        void tell(Event event) {
            events().publish(event);
        }
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
        Gate withoutLine = new OnePlace(time) {
            @Override
            protected long startWaiting(Waiter waiter, CallContext context, long now) {
                return refused(RejectionReason.FULL);
            }
        };
        withoutLine.acquirePermit();
        assertThatThrownBy(withoutLine::acquirePermit)
                .satisfies(thrown -> assertThat(reasonOf(thrown)).isEqualTo(RejectionReason.FULL));
    }

    @Test
    void aWaitThatBreaksLeavesTheLine() {
        List<Waiter> left = new ArrayList<>();
        OnePlace broken = new OnePlace(new Sleepless(time, () -> {})) {
            @Override
            protected void abandonWaiting(Waiter waiter) {
                left.add(waiter);
            }
        };
        broken.acquirePermit();
        assertThatThrownBy(broken::acquirePermit).hasMessage("no park");
        assertThat(left).isEqualTo(broken.line).hasSize(1);
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
    void whatASubclassPublishesIsHeard() {
        List<Event> heard = new ArrayList<>();
        gate.subscribe(Event.class, heard::add);
        Event event = new Event() {
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
        public void arm(TimerTask task, long delayNanos) {
            time.arm(task, delayNanos);
        }

        @Override
        public Executor executor() {
            return time.executor();
        }
    }
}
