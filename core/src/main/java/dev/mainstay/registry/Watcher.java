package dev.mainstay.registry;

import dev.mainstay.Policy;
import dev.mainstay.event.CallbackFailures;
import dev.mainstay.event.Subscription;
import dev.mainstay.safe.LeafSection;
import dev.mainstay.safe.StackReserve;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One who watches the members of a registry. What it is told is only which policy to look at: it then compares whether
 * the policy is present with whether it is attached to it, so that the order in which news arrives does not matter, and
 * looking twice does no harm.
 *
 * <p>Safe for use by many threads. One thread at a time looks, with no lock held; others leave their news and go. If
 * the one that looks is thrown out, by a full stack or for lack of memory, the news stays until the next time. If more
 * news comes than {@link #NEWS_AT_MOST} while it looks, because the watcher's function blocks, the watcher looks at all
 * instead. Nothing that the watcher's function throws comes out here.
 *
 * @param <P> the kind of policy
 */
final class Watcher<P extends Policy> {

    static final int NEWS_AT_MOST = 1_024;

    private final String owner;
    private final Set<P> present;
    private final Function<? super P, ? extends Subscription> attach;
    private final CallbackFailures failures = new CallbackFailures();
    private final Queue<P> news = new ConcurrentLinkedQueue<>();

    /** Used by the thread that looks. Policies have the equality of identity. */
    private final Map<P, Attachment> attached = new HashMap<>();

    /** How much news was queued since all was looked at last. Written in leaf sections. */
    private int queued;

    private volatile boolean looksAtAll;
    private volatile boolean looking;
    private volatile boolean closed;

    Watcher(String owner, Set<P> present, Function<? super P, ? extends Subscription> attach) {
        this.owner = owner;
        this.present = present;
        this.attach = attach;
    }

    /** Looks at one policy, which came or went. Never throws. */
    void look(P policy) {
        try {
            if (mayQueue()) {
                news.add(policy);
            }
        } catch (Throwable noMemory) {
            looksAtAll = true;
        }
        lookUntilNothingIsNew();
    }

    /** Looks at all. Never throws. */
    void lookAtAll() {
        looksAtAll = true;
        lookUntilNothingIsNew();
    }

    /** Detaches from all, for good. Never throws. */
    void close() {
        closed = true;
        lookAtAll();
    }

    /** For tests: how much news waits. */
    int waiting() {
        return news.size();
    }

    private void lookUntilNothingIsNew() {
        try {
            StackReserve.check();
            // The thread that has just ceased to look asks again: another may have left its news just before.
            while ((looksAtAll || !news.isEmpty()) && beginToLook()) {
                try {
                    lookAtNews();
                } finally {
                    looking = false;
                }
            }
        } catch (Throwable noRoom) {
            failures.report(owner, "watcher", noRoom);
        }
    }

    private void lookAtNews() {
        if (looksAtAll) {
            news.clear();
            restart();
            boolean done = false;
            try {
                List<P> all = new ArrayList<>(attached.keySet());
                all.addAll(present);
                all.forEach(this::compare);
                done = true;
            } finally {
                if (!done) {
                    looksAtAll = true;
                }
            }
        }
        for (P policy = news.peek(); policy != null; policy = news.peek()) {
            compare(policy);
            news.poll();
            oneLessQueued();
        }
    }

    private void compare(P policy) {
        if (!closed && present.contains(policy)) {
            if (!attached.containsKey(policy)) {
                attach(policy);
            }
        } else {
            Attachment attachment = attached.remove(policy);
            if (attachment != null) {
                attachment.close();
            }
        }
    }

    /** What becomes of a policy is decided before the watcher is asked, so that it is asked once whatever it throws. */
    private void attach(P policy) {
        Attachment attachment = new Attachment();
        attached.put(policy, attachment);
        try {
            attachment.subscription = attach.apply(policy);
        } catch (Throwable failure) {
            failures.report(owner, "watcher", failure);
        }
    }

    // ---- leaf sections

    @LeafSection
    private synchronized boolean beginToLook() {
        if (looking) {
            return false;
        }
        looking = true;
        return true;
    }

    /** Counts news, until it is too much. */
    @LeafSection
    private synchronized boolean mayQueue() {
        if (looksAtAll) {
            return false;
        }
        if (queued >= NEWS_AT_MOST) {
            looksAtAll = true;
            return false;
        }
        queued++;
        return true;
    }

    @LeafSection
    private synchronized void oneLessQueued() {
        queued--;
    }

    @LeafSection
    private synchronized void restart() {
        looksAtAll = false;
        queued = 0;
    }

    /** What the watcher's function returned for one policy. */
    private final class Attachment {

        private @Nullable Subscription subscription;

        void close() {
            Subscription its = subscription;
            if (its == null) {
                return;
            }
            try {
                its.close();
            } catch (Throwable failure) {
                failures.report(owner, "watcher", failure);
            }
        }
    }
}
