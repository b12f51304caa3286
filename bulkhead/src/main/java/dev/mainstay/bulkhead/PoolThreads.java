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
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A bulkhead's own threads: daemons made on demand, which end when they have been idle for a while, so that a pool that nobody closes goes away by itself. They take no
 * group, class loader, priority or thread locals from whoever needs the first one.
 *
 * <p>The slots see to it that no more calls come here than there are threads. The queue is for the moment in which a thread has given its slot back
 * and not come home yet.
 */
final class PoolThreads implements Executor {

    private static final ThreadGroup ROOT = root();

    private final String name;
    private final ReentrantLock resizing = new ReentrantLock();

    /** What the first call will find; guarded by the lock. */
    private int count;

    private Duration keepAlive;

    /** Made for the first call: most of what a pool takes, which many a pool never needs. */
    private volatile @Nullable ThreadPoolExecutor threads;

    PoolThreads(String name, int count, Duration keepAlive) {
        this.name = name;
        this.count = count;
        this.keepAlive = keepAlive;
    }

    @Override
    public void execute(Runnable work) {
        threads().execute(work);
    }

    /** Takes work back that no thread has begun. */
    boolean remove(Runnable work) {
        return threads().remove(work);
    }

    /** For whoever changes the options; two at once wait for each other. */
    void reconfigure(int count, Duration keepAlive) {
        resizing.lock();
        try {
            this.count = count;
            this.keepAlive = keepAlive;
            ThreadPoolExecutor threads = this.threads;
            if (threads != null) {
                resize(threads, count, keepAlive);
            }
        } finally {
            resizing.unlock();
        }
    }

    private static void resize(ThreadPoolExecutor threads, int count, Duration keepAlive) {
        threads.setKeepAliveTime(Nanos.of(keepAlive), TimeUnit.NANOSECONDS);
        if (count > threads.getMaximumPoolSize()) {
            threads.setMaximumPoolSize(count);
            threads.setCorePoolSize(count);
        } else {
            threads.setCorePoolSize(count);
            threads.setMaximumPoolSize(count);
        }
    }

    /** Takes no more work, and ends each thread when it has none left. */
    void close() {
        threads().shutdown();
    }

    private ThreadPoolExecutor threads() {
        ThreadPoolExecutor made = threads;
        return made == null ? make() : made;
    }

    private ThreadPoolExecutor make() {
        resizing.lock();
        try {
            ThreadPoolExecutor made = threads;
            if (made != null) {
                return made;
            }
            AtomicLong number = new AtomicLong();
            ThreadPoolExecutor fresh = new ThreadPoolExecutor(
                    count,
                    count,
                    Nanos.of(keepAlive),
                    TimeUnit.NANOSECONDS,
                    new LinkedBlockingQueue<>(),
                    work -> create(name + "-" + number.incrementAndGet(), work));
            fresh.allowCoreThreadTimeOut(true);
            threads = fresh;
            return fresh;
        } finally {
            resizing.unlock();
        }
    }

    /**
     * A thread keeps the access control context in which it is made, and with it the class loader of everybody on the stack, up to Java 23; as a privileged action,
     * there is only us.
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
