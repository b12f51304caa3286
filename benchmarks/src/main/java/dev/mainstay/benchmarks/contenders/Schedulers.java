package dev.mainstay.benchmarks.contenders;

import java.util.concurrent.ScheduledThreadPoolExecutor;

/**
 * A scheduler for those who must be given one: one daemon thread, and what is cancelled is removed at once, without
 * which they would pile it up.
 */
final class Schedulers {

    private Schedulers() {}

    static ScheduledThreadPoolExecutor open() {
        ScheduledThreadPoolExecutor scheduler = new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = new Thread(task, "scheduler");
            thread.setDaemon(true);
            return thread;
        });
        scheduler.setRemoveOnCancelPolicy(true);
        return scheduler;
    }
}
