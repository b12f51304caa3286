package dev.mainstay.retry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.call.CallContext;
import dev.mainstay.outcome.Verdict;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A budget of the user's that counts how its reservations end, and its calls if it watches them; and throws where it is
 * told to.
 */
final class ReservedOnce implements RetryBudget {

    private final String throwingIn;
    private final @Nullable Throwable thrown;
    private final AtomicInteger reserved = new AtomicInteger();
    private final AtomicInteger givenBack = new AtomicInteger();
    private final AtomicInteger succeeded = new AtomicInteger();
    private final AtomicInteger failed = new AtomicInteger();
    private final AtomicInteger begun = new AtomicInteger();
    private final AtomicInteger ended = new AtomicInteger();
    private final boolean watching;

    ReservedOnce() {
        this(false, "", null);
    }

    /** Throws in the method of this name. */
    ReservedOnce(boolean watching, String throwingIn, @Nullable Throwable thrown) {
        this.watching = watching;
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
    public boolean tryReserve(CallContext call, Verdict failed) {
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
    public void retryFailed(Verdict verdict) {
        failed.incrementAndGet();
        in("retryFailed");
    }

    @Override
    public void callSucceeded() {
        in("callSucceeded");
    }

    @Override
    public boolean watchesCalls() {
        in("watchesCalls");
        return watching;
    }

    @Override
    public void callBegan() {
        in("callBegan");
        begun.incrementAndGet();
    }

    @Override
    public void attemptFailed(Verdict verdict) {
        in("attemptFailed");
    }

    @Override
    public void callEnded() {
        ended.incrementAndGet();
        in("callEnded");
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

    /** How many calls have begun, if it watches calls. */
    int begun() {
        return begun.get();
    }

    private int reservationsEnded() {
        return givenBack.get() + succeeded.get() + failed.get();
    }

    boolean isSettled() {
        return reservationsEnded() == reserved.get() && ended.get() == begun.get();
    }

    /** Every reservation has ended in exactly one way, and every call once. */
    void isSettled(String what) {
        assertThat(reservationsEnded())
                .as("%s: how many of the reservations have ended", what)
                .isEqualTo(reserved.get());
        assertThat(ended.get()).as("%s: how many of the calls have ended", what).isEqualTo(begun.get());
    }
}
