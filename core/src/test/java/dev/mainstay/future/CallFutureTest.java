package dev.mainstay.future;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.time.VirtualTime;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Whoever completes the future of a call from outside ends the call, once. */
class CallFutureTest {

    private final Call call = new Call();

    /** Counts how often it was ended from outside. */
    private static final class Call extends CallFuture<String> {

        private int abandoned;
        private final List<String> discarded = new ArrayList<>();

        Call() {
            super(VirtualTime.create());
        }

        @Override
        protected void discarded(String result) {
            discarded.add(result);
        }

        @Override
        protected void abandoned() {
            abandoned++;
        }
    }

    @Test
    void theCallsOwnEndEndsNothing() {
        call.succeed("ok");
        call.succeed("again");
        call.fail(new IOException());
        assertThat(call.discarded).containsExactly("again");
        assertThat(call).isCompletedWithValue("ok");
        assertThat(call.abandoned).isZero();
    }

    @Test
    void theCallsOwnFailureIsNotWrapped() {
        IOException failure = new IOException();
        call.fail(failure);
        assertThat(Stages.failureOf(call)).isSameAs(failure);
        assertThat(call.abandoned).isZero();
    }

    @Test
    void aValueFromOutsideEndsTheCallOnce() {
        assertThat(call.complete("outside")).isTrue();
        assertThat(call.complete("again")).isFalse();
        call.succeed("late");
        assertThat(call.discarded).containsExactly("late");
        assertThat(call).isCompletedWithValue("outside");
        assertThat(call.abandoned).isEqualTo(1);
    }

    @Test
    void aFailureFromOutsideEndsTheCallOnce() {
        assertThat(call.completeExceptionally(new IOException())).isTrue();
        assertThat(call.completeExceptionally(new IOException())).isFalse();
        assertThat(call.abandoned).isEqualTo(1);
    }

    /** A call whose policy does something when it is abandoned. */
    private static final class Abandoned extends CallFuture<String> {

        private final List<String> discarded = new ArrayList<>();
        private Runnable action = () -> {};

        Abandoned(VirtualTime time) {
            super(time);
        }

        @Override
        protected void discarded(String result) {
            discarded.add(result);
        }

        @Override
        protected void abandoned() {
            action.run();
        }
    }

    @Test
    void theCallIsAbandonedBeforeItsDependentsRun() {
        Abandoned call = new Abandoned(VirtualTime.create());
        List<String> order = new ArrayList<>();
        call.action = () -> order.add(call.isDone() ? "abandoned too late" : "abandoned");
        call.whenComplete((result, failure) -> order.add("dependent"));
        assertThat(call.cancel(true)).isTrue();
        assertThat(order).containsExactly("abandoned", "dependent");
    }

    @Test
    void whatIsSaidWhileTheCallIsAbandonedComesTooLate() {
        Abandoned call = new Abandoned(VirtualTime.create());
        List<Boolean> said = new ArrayList<>();
        call.action = () -> {
            call.succeed("late");
            call.fail(new IOException());
            said.add(call.complete("other"));
            said.add(call.completeExceptionally(new IOException()));
            said.add(call.cancel(true));
            said.add(call.isOver());
        };
        assertThat(call.complete("first")).isTrue();
        assertThat(call).isCompletedWithValue("first");
        assertThat(call.discarded).containsExactly("late");
        assertThat(said).containsExactly(false, false, false, true);
    }

    @Test
    void anEndThatBlocksKeepsTheFutureForAShortTimeOnly() {
        VirtualTime time = VirtualTime.create();
        Abandoned call = new Abandoned(time);
        List<Boolean> done = new ArrayList<>();
        call.action = () -> {
            time.advanceNanos(CallFuture.PATIENCE_NANOS - 1);
            done.add(call.isDone());
            time.advanceNanos(1);
            done.add(call.isDone());
        };
        assertThat(call.cancel(true)).isTrue();
        assertThat(done).containsExactly(false, true);
        assertThat(time.pendingEvents()).isZero();
    }

    @Test
    void aPolicyFurtherOutIsToldOnceWhoeverEndsTheCall() {
        for (int way = 0; way < 4; way++) {
            Abandoned call = new Abandoned(VirtualTime.create());
            List<Object> told = new ArrayList<>();
            assertThat(call.follow((result, failure) -> told.add(failure == null ? result : failure)))
                    .isTrue();
            CancellationException failure = new CancellationException();
            switch (way) {
                case 0 -> call.cancel(true);
                case 1 -> call.completeExceptionally(failure);
                case 2 -> call.fail(failure);
                default -> {
                    assertThat(call.decide()).isTrue();
                    assertThat(call.decide()).isFalse();
                    call.completeDecided(null, failure);
                    call.completeDecided(null, failure);
                }
            }
            call.succeed("late");
            assertThat(told).singleElement().isInstanceOf(CancellationException.class);
        }
    }

    @Test
    void aCancelEndsTheCallOnceAndSaysEachTimeThatItIsCancelled() {
        assertThat(call.cancel(true)).isTrue();
        assertThat(call.cancel(true)).isTrue();
        assertThat(call.abandoned).isEqualTo(1);
        assertThatThrownBy(call::join).isInstanceOf(CancellationException.class);
    }

    @Test
    void aCallThatHasEndedCannotBeCancelled() {
        call.succeed("ok");
        assertThat(call.cancel(true)).isFalse();
        assertThat(call.abandoned).isZero();
    }

    @Test
    void aSupplierFromOutsideEndsTheCallWhenItHasItsValue() throws Exception {
        CompletableFuture<String> same = call.completeAsync(() -> "supplied");
        assertThat(same).isSameAs(call);
        assertThat(same.get(10, TimeUnit.SECONDS)).isEqualTo("supplied");
        Call other = new Call();
        other.completeAsync(() -> "supplied", Runnable::run);
        assertThat(other).isCompletedWithValue("supplied");
        assertThat(other.abandoned).isEqualTo(1);
    }

    @Test
    void aSupplierFromOutsideThatThrowsFailsTheCallAsOfAnyFuture() {
        IllegalStateException broken = new IllegalStateException();
        call.completeAsync(
                () -> {
                    throw broken;
                },
                Runnable::run);
        assertThat(call.abandoned).isEqualTo(1);
        assertThatThrownBy(call::join).isInstanceOf(CompletionException.class).hasCause(broken);
        assertThatThrownBy(() -> new Call().completeAsync(null, Runnable::run))
                .isInstanceOf(NullPointerException.class);
    }
}
