package dev.mainstay.time;

/**
 * Makes threads that take nothing from whoever happens to need the first one: no group, class loader, priority or
 * thread locals.
 */
final class DaemonThreads {

    private static final ThreadGroup ROOT = root();

    private DaemonThreads() {}

    static Thread create(String name, Runnable work) {
        Thread thread = new Thread(ROOT, work, name, 0, false);
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
