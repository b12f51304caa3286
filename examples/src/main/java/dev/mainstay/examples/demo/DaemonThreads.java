package dev.mainstay.examples.demo;

import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;

/** Threads that do not keep the program alive, with names that say whose they are. */
final class DaemonThreads implements ThreadFactory {
    private final String name;
    private final AtomicInteger started = new AtomicInteger();

    private DaemonThreads(String name) {
        this.name = name;
    }

    static ThreadFactory named(String name) {
        return new DaemonThreads(name);
    }

    @Override
    public Thread newThread(Runnable task) {
        var thread = new Thread(task, name + "-" + started.incrementAndGet());
        thread.setDaemon(true);
        return thread;
    }
}
