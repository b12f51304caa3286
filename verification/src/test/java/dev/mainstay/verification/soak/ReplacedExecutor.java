package dev.mainstay.verification.soak;

import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;

/** An executor that is shut down now and then, with work in it, and replaced; in between it rejects. */
final class ReplacedExecutor implements Executor, AutoCloseable {

    private static final int THREADS = 4;

    private volatile ExecutorService current = fresh();

    @Override
    public void execute(Runnable work) {
        current.execute(work);
    }

    /**
     * Whatever runs is interrupted. What waits was taken and is not begun: nobody but the one who shuts down can know
     * of it, and sees to it.
     */
    void shutDown() {
        current.shutdownNow().forEach(Runnable::run);
    }

    void replace() {
        if (current.isShutdown()) {
            current = fresh();
        }
    }

    private static ExecutorService fresh() {
        ThreadFactory daemons = work -> {
            Thread thread = new Thread(work, "soak-executor");
            thread.setDaemon(true);
            return thread;
        };
        return Executors.newFixedThreadPool(THREADS, daemons);
    }

    @Override
    public void close() {
        shutDown();
    }
}
