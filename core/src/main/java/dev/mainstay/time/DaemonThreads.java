package dev.mainstay.time;

import java.security.AccessController;
import java.security.PrivilegedAction;

/**
 * Makes threads that take nothing from whoever happens to need the first one: no group, class loader, priority or
 * thread locals.
 */
final class DaemonThreads {

    private static final ThreadGroup ROOT = root();

    private DaemonThreads() {}

    /**
     * A thread keeps the access control context in which it is made, and with it the class loader of everybody on the
     * stack, up to Java 23; as a privileged action, there is only us.
     */
    @SuppressWarnings("removal")
    static Thread create(String name, Runnable work) {
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
