package dev.mainstay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.call.CallContext;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

class WaiterTest {

    private static final long PATIENCE_SECONDS = 20;

    private final AtomicInteger wentOn = new AtomicInteger();
    private final CallContext context = CallContext.plain().key("order 7");
    private final Waiter waiter = new Waiter(context) {
        @Override
        protected void answered() {
            wentOn.incrementAndGet();
        }
    };

    @Test
    void theGateSeesWhatTheWaitingCallCarries() {
        assertThat(waiter.context()).isSameAs(context);
    }

    @Test
    void theGateFindsTheNotesThatItLeft() {
        Object slot = new Object();
        waiter.ticket(7);
        waiter.attach(slot);

        assertThat(waiter.ticket()).isEqualTo(7);
        assertThat(waiter.attachment()).isSameAs(slot);
    }

    @Test
    void aCallThatWasLetInWaitsNoLongerAndGoesOnOnce() {
        assertThat(waiter.isWaiting()).isTrue();

        assertThat(waiter.grant(3)).isTrue();
        assertThat(waiter.grant(4)).as("let in twice").isFalse();

        assertThat(waiter.isWaiting()).isFalse();
        assertThat(waiter.giveUp()).isFalse();
        assertThat(wentOn).hasValue(1);
    }

    @Test
    void aCallThatHasGivenUpWaitsNoLongerAndIsNotLetIn() {
        assertThat(waiter.giveUp()).isTrue();

        assertThat(waiter.isWaiting()).isFalse();
        assertThat(waiter.grant(3)).isFalse();
        assertThat(wentOn).hasValue(0);
    }

    @Test
    void aParkedThreadIsWokenWhenItIsLetIn() throws Exception {
        CompletableFuture<Waiter> parked = new CompletableFuture<>();
        Thread thread = new Thread(() -> {
            Waiter own = new Waiter(context, null, Thread.currentThread());
            parked.complete(own);
            while (own.isWaiting()) {
                LockSupport.park(own);
            }
        });
        thread.setDaemon(true);
        thread.start();
        Waiter own = parked.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        while (thread.getState() != Thread.State.WAITING) {
            Thread.onSpinWait();
        }

        own.grant(0);

        thread.join(TimeUnit.SECONDS.toMillis(PATIENCE_SECONDS));
        assertThat(thread.isAlive()).isFalse();
    }
}
