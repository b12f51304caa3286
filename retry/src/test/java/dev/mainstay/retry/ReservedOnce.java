package dev.mainstay.retry;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A budget of the user's that counts how its reservations end, and throws where it is told to. */
final class ReservedOnce implements RetryBudget {

    private final String throwingIn;
    private final @Nullable Throwable thrown;
    private final AtomicInteger reserved = new AtomicInteger();
    private final AtomicInteger givenBack = new AtomicInteger();
    private final AtomicInteger succeeded = new AtomicInteger();
    private final AtomicInteger failed = new AtomicInteger();

    ReservedOnce() {
        this("", null);
    }

    /** Throws in the method of this name. */
    ReservedOnce(String throwingIn, @Nullable Throwable thrown) {
        this.throwingIn = throwingIn;
        this.thrown = thrown;
    }

    private void in(String method) {
        if (throwingIn.equals(method) && thrown != null) {
            throw ReservedOnce.<RuntimeException>sneaky(thrown);
        }
    }

    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    private static <X extends Throwable> X sneaky(Throwable thrown) throws X {
        throw (X) thrown;
    }

    @Override
    public boolean tryReserve() {
        in("tryReserve");
        reserved.incrementAndGet();
        return true;
    }

    @Override
    public void giveBack() {
        givenBack.incrementAndGet();
        in("giveBack");
    }

    @Override
    public void retrySucceeded() {
        succeeded.incrementAndGet();
        in("retrySucceeded");
    }

    @Override
    public void retryFailed() {
        failed.incrementAndGet();
        in("retryFailed");
    }

    @Override
    public void callSucceeded() {
        in("callSucceeded");
    }

    @Override
    public double tokens() {
        in("tokens");
        return 1;
    }

    @Override
    public boolean isFull() {
        in("isFull");
        return true;
    }

    @Override
    public String toString() {
        in("toString");
        return "reserved " + reserved + ", given back " + givenBack + ", succeeded " + succeeded + ", failed " + failed;
    }

    int givenBack() {
        return givenBack.get();
    }

    int reserved() {
        return reserved.get();
    }

    private int ended() {
        return givenBack.get() + succeeded.get() + failed.get();
    }

    boolean isSettled() {
        return ended() == reserved.get();
    }

    /** Every reservation has ended in exactly one way. */
    void isSettled(String what) {
        assertThat(ended())
                .as("%s: how many of the reservations have ended", what)
                .isEqualTo(reserved.get());
    }
}
