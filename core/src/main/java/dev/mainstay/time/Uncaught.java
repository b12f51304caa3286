package dev.mainstay.time;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The end of what user code throws on a thread of ours: it is logged, and the thread goes on. */
final class Uncaught {

    private static final Logger LOGGER = LoggerFactory.getLogger(Uncaught.class);

    private Uncaught() {}

    static void log(String kind, Object source, Throwable failure) {
        try {
            LOGGER.error(
                    "A {} of {} threw; it is ignored", kind, source.getClass().getName(), failure);
        } catch (Throwable inTheLogger) {
            // Nobody is left to be told, and the thread must go on.
        }
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
