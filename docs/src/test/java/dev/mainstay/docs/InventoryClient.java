package dev.mainstay.docs;

import dev.mainstay.time.TimeSource;
import dev.mainstay.time.TimedTask;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.text.ParseException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;

/** The client of another service that the pages call. It answers at once, unless a test says otherwise. */
final class InventoryClient {

    private final TimeSource time;
    private final Deque<Exception> failures = new ArrayDeque<>();
    private Duration delay = Duration.ZERO;
    private int calls;

    InventoryClient(TimeSource time) {
        this.time = time;
    }

    /** Lets the next call fail; if there are several failures, each of the next ones. */
    InventoryClient failsWith(Exception... next) {
        failures.addAll(java.util.List.of(next));
        return this;
    }

    /** Lets so many calls fail with an {@code IOException}. */
    InventoryClient failsTimes(int times) {
        for (int i = 1; i <= times; i++) {
            failsWith(new IOException("connection refused, " + i));
        }
        return this;
    }

    /** Lets every call take so long from now on. */
    InventoryClient takes(Duration delay) {
        this.delay = delay;
        return this;
    }

    /** How often it was called. */
    int calls() {
        return calls;
    }

    Stock stockOf(String item) throws IOException {
        calls++;
        try {
            time.sleep(delay.toNanos());
        } catch (InterruptedException e) {
            throw new InterruptedIOException("interrupted while reading");
        }
        return answer(item);
    }

    /** The same, interruptible, as the JDK's HTTP client is. */
    Stock send(String item) throws IOException, InterruptedException {
        calls++;
        time.sleep(delay.toNanos());
        return answer(item);
    }

    /** The same where the answer may be unreadable. */
    Stock parse(String item) throws IOException, ParseException {
        if (item.isEmpty()) {
            throw new ParseException("no item", 0);
        }
        return stockOf(item);
    }

    /** The same for callers who say how long they will wait. */
    Stock stockOf(String item, Duration patience) throws IOException {
        if (patience.compareTo(delay) < 0) {
            throw new InterruptedIOException("no answer within " + patience);
        }
        return stockOf(item);
    }

    CompletableFuture<Stock> stockOfAsync(String item) {
        calls++;
        CompletableFuture<Stock> answer = new CompletableFuture<>();
        if (delay.isZero()) {
            complete(answer, item);
        } else {
            TimedTask arrival = new TimedTask() {
                @Override
                protected void fire() {
                    complete(answer, item);
                }
            };
            time.arm(arrival, delay.toNanos());
        }
        return answer;
    }

    private void complete(CompletableFuture<Stock> answer, String item) {
        try {
            answer.complete(answer(item));
        } catch (IOException e) {
            answer.completeExceptionally(e);
        }
    }

    private Stock answer(String item) throws IOException {
        Exception failure = failures.poll();
        if (failure instanceof IOException io) {
            throw io;
        }
        if (failure instanceof RuntimeException unchecked) {
            throw unchecked;
        }
        return new Stock(item, 7);
    }
}
