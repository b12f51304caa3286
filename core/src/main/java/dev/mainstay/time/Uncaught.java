package dev.mainstay.time;

import dev.mainstay.safe.SafeLog;

/** The end of what user code throws on a thread of ours: it is logged, and the thread goes on. */
final class Uncaught {

    private static final SafeLog LOG = SafeLog.of(Uncaught.class);

    private Uncaught() {}

    static void log(String kind, Object source, Throwable failure) {
        LOG.error("A " + kind + " threw; it is ignored", failure, "source", source.getClass().getName());
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
