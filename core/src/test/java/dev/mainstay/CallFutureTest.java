package dev.mainstay;

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
