package dev.mainstay.registry;

import dev.mainstay.Policy;
import dev.mainstay.event.CallbackFailures;
import dev.mainstay.event.Subscription;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/**
 * The instances that a registry holds, and those who watch them come and go. Safe for use by many threads; watchers are called with no lock held, each for itself one
 * call after the other.
 *
 * @param <P> the kind of policy, which must have the equality of identity
 */
final class Members<P extends Policy> {

    private final String owner;
    private final Set<P> present = ConcurrentHashMap.newKeySet();
    private final List<Watcher> watchers = new CopyOnWriteArrayList<>();

    Members(String owner) {
        this.owner = owner;
    }

    void add(P policy) {
        if (present.add(policy)) {
            watchers.forEach(watcher -> watcher.look(policy));
        }
    }

    void remove(P policy) {
        if (present.remove(policy)) {
            watchers.forEach(watcher -> watcher.look(policy));
        }
    }

    List<P> all() {
        return List.copyOf(present);
    }

    Subscription watch(Function<? super P, ? extends Subscription> attach) {
        Watcher watcher = new Watcher(attach);
        watchers.add(watcher);
        present.forEach(watcher::look);
        return watcher;
    }

    /**
     * One who watches. What it is told is only which policy to look at: it then compares whether the policy is present with whether it is attached to it, so that
     * the order in which news arrives does not matter.
     */
    private final class Watcher implements Subscription {

        private final Function<? super P, ? extends Subscription> attach;
        private final CallbackFailures failures = new CallbackFailures();
        private final Queue<Runnable> news = new ConcurrentLinkedQueue<>();
        private final AtomicInteger unread = new AtomicInteger();

        /** Used by one thread at a time: the one that found nothing unread. */
        private final IdentityHashMap<P, Subscription> attached = new IdentityHashMap<>();

        private boolean closed;

        Watcher(Function<? super P, ? extends Subscription> attach) {
            this.attach = attach;
        }

        void look(P policy) {
            tell(() -> reconcile(policy));
        }

        private void tell(Runnable item) {
            news.add(item);
            if (unread.getAndIncrement() > 0) {
                return;
            }
            do {
                Runnable next = news.poll();
                if (next != null) {
                    next.run();
                }
            } while (unread.decrementAndGet() > 0);
        }

        private void reconcile(P policy) {
            try {
                if (!closed && present.contains(policy)) {
                    if (!attached.containsKey(policy)) {
                        attached.put(policy, attach.apply(policy));
                    }
                } else {
                    Subscription subscription = attached.remove(policy);
                    if (subscription != null) {
                        subscription.close();
                    }
                }
            } catch (Throwable failure) {
                failures.report(owner, "watcher", failure);
            }
        }

        private void detachAll() {
            closed = true;
            List.copyOf(attached.keySet()).forEach(this::reconcile);
        }

        @Override
        public void close() {
            watchers.remove(this);
            tell(this::detachAll);
        }
    }
}
