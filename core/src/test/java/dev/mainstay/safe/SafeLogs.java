package dev.mainstay.safe;

import org.slf4j.Logger;

/** Logs that write to a logger of a test's own. */
public final class SafeLogs {

    private SafeLogs() {}

    @SuppressWarnings("exports")
    public static SafeLog over(Logger logger) {
        return new SafeLog(logger);
    }
}
