package dev.mainstay.safe;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * The only way to the log: never throws, whatever the logging backend does. With SLF4J 2, facts are handed over as
 * key-value pairs beside the message; with an SLF4J 1.7 on the class path, which has no pairs, they are added to the
 * message.
 *
 * <p>Safe for use by many threads.
 */
public final class SafeLog {

    private static final int LONGEST_VALUE = 1_000;

    private static final ClassValue<SafeLog> LOGS = new ClassValue<>() {
        @Override
        protected SafeLog computeValue(Class<?> source) {
            return new SafeLog(LoggerFactory.getLogger(source));
        }
    };

    private final @Nullable Logger logger;

    SafeLog(@Nullable Logger logger) {
        this.logger = logger;
    }

    /** The log with the name of a class; one for each class. */
    public static SafeLog of(Class<?> source) {
        try {
            return LOGS.get(source);
        } catch (Throwable broken) {
            return new SafeLog(null);
        }
    }

    /** Whether anybody reads what operators want to know. */
    public boolean isInfoEnabled() {
        try {
            return logger != null && logger.isInfoEnabled();
        } catch (Throwable broken) {
            return false;
        }
    }

    /** Whether anybody wants warnings. */
    public boolean isWarnEnabled() {
        try {
            return logger != null && logger.isWarnEnabled();
        } catch (Throwable broken) {
            return false;
        }
    }

    /**
     * Something that an operator wants to know.
     *
     * @param pairs names and values by turns; of a value, its text is taken here and now
     */
    public void info(String message, Object... pairs) {
        log(Level.INFO, message, null, pairs);
    }

    /** The same for what needs attention. */
    public void warn(String message, Object... pairs) {
        log(Level.WARN, message, null, pairs);
    }

    /** The same for what was thrown. */
    public void warn(String message, @Nullable Throwable cause, Object... pairs) {
        log(Level.WARN, message, cause, pairs);
    }

    /** The same for what must not happen. */
    public void error(String message, @Nullable Throwable cause, Object... pairs) {
        log(Level.ERROR, message, cause, pairs);
    }

    private void log(Level level, String message, @Nullable Throwable cause, Object... pairs) {
        Logger logger = this.logger;
        if (logger == null) {
            return;
        }
        try {
            if (isEnabled(logger, level)) {
                write(logger, level, message, cause, pairs);
            }
        } catch (Throwable broken) {
            if (cause != null) {
                withoutCause(logger, level, message, cause, pairs);
            }
        }
    }

    /** Nobody's text is asked for if nobody reads it. */
    private static boolean isEnabled(Logger logger, Level level) {
        return switch (level) {
            case ERROR -> logger.isErrorEnabled();
            case WARN -> logger.isWarnEnabled();
            default -> logger.isInfoEnabled();
        };
    }

    /** A backend that writes a stack trace asks the exception for its message and cause, which may be what threw. */
    private static void withoutCause(Logger logger, Level level, String message, Throwable cause, Object... pairs) {
        try {
            write(logger, level, message + " (" + cause.getClass().getName() + ")", null, pairs);
        } catch (Throwable broken) {
            // Nobody is left to be told.
        }
    }

    /** Of what may run somebody else's code when it is printed, its text. */
    private static Object valueOf(Object value) {
        return value instanceof Number || value instanceof Boolean || value instanceof Enum
                ? value
                : SafeText.of(value, LONGEST_VALUE);
    }

    private static void write(Logger logger, Level level, String message, @Nullable Throwable cause, Object... pairs) {
        try {
            WithPairs.write(logger, level, message, cause, pairs);
        } catch (LinkageError slf4j1) {
            Plain.write(logger, level, message, cause, pairs);
        }
    }

    /** What SLF4J has from version 2 on; in a class of its own, so that this one can be loaded without it. */
    private static final class WithPairs {

        static void write(Logger logger, Level level, String message, @Nullable Throwable cause, Object... pairs) {
            LoggingEventBuilder event = logger.atLevel(level);
            for (int i = 0; i + 1 < pairs.length; i += 2) {
                event = event.addKeyValue(SafeText.of(pairs[i]), valueOf(pairs[i + 1]));
            }
            if (cause != null) {
                event = event.setCause(cause);
            }
            event.log(message);
        }
    }

    /** What every SLF4J has. */
    private static final class Plain {

        static void write(Logger logger, Level level, String message, @Nullable Throwable cause, Object... pairs) {
            StringBuilder text = new StringBuilder(message);
            for (int i = 0; i + 1 < pairs.length; i += 2) {
                text.append(i == 0 ? ": " : ", ")
                        .append(SafeText.of(pairs[i]))
                        .append('=')
                        .append(valueOf(pairs[i + 1]));
            }
            switch (level) {
                case ERROR -> logger.error(text.toString(), cause);
                case WARN -> logger.warn(text.toString(), cause);
                default -> logger.info(text.toString(), cause);
            }
        }
    }
}
