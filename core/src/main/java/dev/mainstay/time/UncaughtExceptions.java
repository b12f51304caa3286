package dev.mainstay.time;

import dev.mainstay.safe.SafeLog;

/** The end of what user code throws on a thread of ours: it is logged, and the thread goes on. */
final class UncaughtExceptions {

    private static final SafeLog LOG = SafeLog.of(UncaughtExceptions.class);

    private UncaughtExceptions() {}

    static void log(String kind, Object source, Throwable failure) {
        String name = source.getClass().getName();
        LOG.error("A {kind} of {source} threw; it is ignored", failure, "kind", kind, "source", name);
    }

    /** Work for an executor that never throws. */
    static Runnable logged(Runnable work) {
        return () -> {
            try {
                work.run();
            } catch (Throwable t) {
                log("task", work, t);
            }
        };
    }
}
