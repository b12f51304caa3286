package dev.mainstay.bulkhead;

import dev.mainstay.time.Nanos;
import java.security.AccessController;
import java.security.PrivilegedAction;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A bulkhead's own threads: daemons made on demand, which end when they have been idle for a while, so that a pool that
 * nobody closes goes away by itself. They take no group, class loader, priority or thread locals from whoever needs the
 * first one.
 *
 * <p>The slots see to it that no more calls come here than there are threads. The queue is for the moment in which a
 * thread has given its slot back and not come home yet.
 */
final class PoolThreads implements Executor {

    private static final ThreadGroup ROOT = root();

    private final String name;

    /** Written by whoever changes the options, one at a time. */
    private volatile Size size;

    /** Made for the first call: most of what a pool takes, which many a pool never needs. */
    private final AtomicReference<@Nullable ThreadPoolExecutor> threads = new AtomicReference<>();

    PoolThreads(String name, int count, Duration keepAlive) {
        this.name = name;
        this.size = new Size(count, keepAlive);
    }

    private record Size(int count, Duration keepAlive) {}

    /**
     * The JDK's locks must not be met on a full stack, which would leave them locked: the caller has
     * {@linkplain dev.mainstay.safe.StackReserve asked for room}.
     */
    @Override
    public void execute(Runnable work) {
        threads().execute(work);
    }

    /** Takes work back that no thread has begun. */
    boolean remove(Runnable work) {
        return threads().remove(work);
    }

    /** For whoever changes the options: one at a time. */
    void reconfigure(int count, Duration keepAlive) {
        Size size = new Size(count, keepAlive);
        this.size = size;
        ThreadPoolExecutor threads = this.threads.get();
        if (threads != null) {
            resize(threads, size);
        }
    }

    private static void resize(ThreadPoolExecutor threads, Size size) {
        threads.setKeepAliveTime(Nanos.of(size.keepAlive), TimeUnit.NANOSECONDS);
        if (size.count > threads.getMaximumPoolSize()) {
            threads.setMaximumPoolSize(size.count);
            threads.setCorePoolSize(size.count);
        } else {
            threads.setCorePoolSize(size.count);
            threads.setMaximumPoolSize(size.count);
        }
    }

    /** Takes no more work, and ends each thread when it has none left. */
    void close() {
        threads().shutdown();
    }

    private ThreadPoolExecutor threads() {
        ThreadPoolExecutor made = threads.get();
        return made == null ? make() : made;
    }

    /**
     * Of two first calls, one makes the threads. If the options change just then, who changes them or we see what the
     * other did; both of us then set the same size.
     */
    private ThreadPoolExecutor make() {
        Size size = this.size;
        AtomicLong number = new AtomicLong();
        ThreadPoolExecutor fresh = new ThreadPoolExecutor(
                size.count,
                size.count,
                Nanos.of(size.keepAlive),
                TimeUnit.NANOSECONDS,
                new LinkedBlockingQueue<>(),
                work -> create(name + "-" + number.incrementAndGet(), work));
        fresh.allowCoreThreadTimeOut(true);
        ThreadPoolExecutor others = threads.compareAndExchange(null, fresh);
        if (others != null) {
            return others;
        }
        Size latest = this.size;
        if (!latest.equals(size)) {
            resize(fresh, latest);
        }
        return fresh;
    }

    /**
     * A thread keeps the access control context in which it is made, and with it the class loader of everybody on the
     * stack, up to Java 23; as a privileged action, there is only us.
     */
    @SuppressWarnings("removal")
    private static Thread create(String name, Runnable work) {
        PrivilegedAction<Thread> making = () -> new Thread(ROOT, work, name, 0, false);
        Thread thread = AccessController.doPrivileged(making);
        thread.setDaemon(true);
        thread.setPriority(Thread.NORM_PRIORITY);
        thread.setContextClassLoader(null);
        return thread;
    }

    private static ThreadGroup root() {
        ThreadGroup group = Thread.currentThread().getThreadGroup();
        while (group.getParent() != null) {
            group = group.getParent();
        }
        return group;
    }
}
