package dev.mainstay.micrometer;

import dev.mainstay.event.Subscription;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** What is to be undone together. What is added after that is undone at once. */
final class CompositeSubscription implements Subscription {

    private final Queue<Subscription> ties = new ConcurrentLinkedQueue<>();
    private volatile boolean closed;

    void add(Subscription tie) {
        ties.add(tie);
        if (closed) {
            close();
        }
    }

    @Override
    public void close() {
        closed = true;
        for (Subscription tie = ties.poll(); tie != null; tie = ties.poll()) {
            tie.close();
        }
    }
}
