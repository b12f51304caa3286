package dev.mainstay.http;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** Counts a client's calls, so that one that is shut down lets those in progress end, retries among them. */
final class CallsInFlight {

    private static final long CLOSED = 1;
    private static final long CALL = 2;

    private final Runnable whenEmpty;
    private final CountDownLatch empty = new CountDownLatch(1);

    /** Twice the number of calls, and one more once the client is shut down. */
    private final AtomicLong state = new AtomicLong();

    /** @param whenEmpty runs once: when the client is shut down and its last call has ended */
    CallsInFlight(Runnable whenEmpty) {
        this.whenEmpty = whenEmpty;
    }

    /** A call begins; false if the client is shut down. */
    boolean enter() {
        long before;
        do {
            before = state.get();
            if ((before & CLOSED) != 0) {
                return false;
            }
        } while (!state.compareAndSet(before, before + CALL));
        return true;
    }

    /** A call has ended. */
    void exit() {
        if (state.addAndGet(-CALL) == CLOSED) {
            ended();
        }
    }

    /** No call begins any more. */
    void close() {
        if (state.getAndUpdate(before -> before | CLOSED) == 0) {
            ended();
        }
    }

    private void ended() {
        try {
            whenEmpty.run();
        } finally {
            empty.countDown();
        }
    }

    boolean isEmpty() {
        return empty.getCount() == 0;
    }

    /** Waits for the last call's end; false if the time was up before. */
    boolean await(Duration atMost) throws InterruptedException {
        return empty.await(TimeUnit.NANOSECONDS.convert(atMost), TimeUnit.NANOSECONDS);
    }
}
