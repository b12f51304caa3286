package dev.mainstay.safe;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * The only way to the log: never throws, whatever the logging backend does.
 *
 * <p>A line is a message and facts, which are names and values by turns. The message says the facts that matter: the
 * value of the fact {@code policy} stands where the message has {@code {policy}}. With SLF4J 2, all facts are handed
 * over as key-value pairs beside the message; with an SLF4J 1.7 on the class path, which has no pairs, those that the
 * message does not say are added to it. No text is made of anything while the level is off. Of a value that may run
 * somebody else's code when it is printed, the text is taken once, by {@link SafeText}.
 *
 * <pre>{@code
 * log.warn("'{policy}': its {callback} threw", failure, "policy", name, "callback", "recordResult predicate");
 * }</pre>
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

    /** Whether anybody wants what is logged at INFO. */
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
     * @param message what has happened, with the names of facts in braces where their values belong; braces around
     *     anything else stay as they are
     * @param facts names and values by turns
     */
    public void info(String message, Object... facts) {
        log(Level.INFO, message, null, facts);
    }

    /** The same for what needs attention. */
    public void warn(String message, Object... facts) {
        log(Level.WARN, message, null, facts);
    }

    /** The same for what was thrown. */
    public void warn(String message, @Nullable Throwable cause, Object... facts) {
        log(Level.WARN, message, cause, facts);
    }

    /** The same for what must not happen. */
    public void error(String message, @Nullable Throwable cause, Object... facts) {
        log(Level.ERROR, message, cause, facts);
    }

    private void log(Level level, String message, @Nullable Throwable cause, Object... facts) {
        Logger logger = this.logger;
        if (logger == null) {
            return;
        }
        try {
            if (isEnabled(logger, level)) {
                write(logger, level, message, cause, facts);
            }
        } catch (Throwable broken) {
            if (cause != null) {
                withoutCause(logger, level, message, cause, facts);
            }
        }
    }

    private static boolean isEnabled(Logger logger, Level level) {
        return switch (level) {
            case ERROR -> logger.isErrorEnabled();
            case WARN -> logger.isWarnEnabled();
            default -> logger.isInfoEnabled();
        };
    }

    /** A backend that writes a stack trace asks the exception for its message and cause, which may be what threw. */
    private static void withoutCause(Logger logger, Level level, String message, Throwable cause, Object... facts) {
        try {
            write(logger, level, message + " (" + cause.getClass().getName() + ")", null, facts);
        } catch (Throwable broken) {
            // Nobody is left to be told.
        }
    }

    private static void write(Logger logger, Level level, String message, @Nullable Throwable cause, Object... facts) {
        Object[] texts = textsOf(facts);
        String said = filled(message, texts);
        try {
            WithPairs.write(logger, level, said, cause, texts);
        } catch (LinkageError slf4j1) {
            Plain.write(logger, level, said + unsaid(message, texts), cause);
        }
    }

    /** The facts with nothing in them that runs somebody else's code when it is printed. */
    private static Object[] textsOf(Object... facts) {
        Object[] texts = new Object[facts.length & ~1];
        for (int i = 0; i < texts.length; i += 2) {
            texts[i] = SafeText.of(facts[i]);
            texts[i + 1] = valueOf(facts[i + 1]);
        }
        return texts;
    }

    private static Object valueOf(Object value) {
        return value instanceof Number || value instanceof Boolean || value instanceof Enum
                ? value
                : SafeText.of(value, LONGEST_VALUE);
    }

    /** In one pass: what a value has in braces is no name of a fact. */
    private static String filled(String message, Object... texts) {
        StringBuilder said = new StringBuilder(message.length() + 64);
        int done = 0;
        for (int open = message.indexOf('{'); open >= 0; open = message.indexOf('{', open + 1)) {
            int close = message.indexOf('}', open);
            Object value = close < 0 ? null : valueOf(message.substring(open + 1, close), texts);
            if (value != null) {
                said.append(message, done, open).append(SafeText.of(value, LONGEST_VALUE));
                done = close + 1;
            }
        }
        return said.append(message, done, message.length()).toString();
    }

    private static @Nullable Object valueOf(String name, Object... texts) {
        for (int i = 0; i < texts.length; i += 2) {
            if (texts[i].equals(name)) {
                return texts[i + 1];
            }
        }
        return null;
    }

    /** The facts that the message has no place for, to be put behind it. */
    private static String unsaid(String message, Object... texts) {
        StringBuilder more = new StringBuilder();
        for (int i = 0; i < texts.length; i += 2) {
            if (!message.contains("{" + texts[i] + "}")) {
                more.append(more.length() == 0 ? "; " : ", ")
                        .append(texts[i])
                        .append('=')
                        .append(SafeText.of(texts[i + 1], LONGEST_VALUE));
            }
        }
        return more.toString();
    }

    /** What SLF4J has from version 2 on; in a class of its own, so that this one can be loaded without it. */
    private static final class WithPairs {

        static void write(Logger logger, Level level, String said, @Nullable Throwable cause, Object... texts) {
            LoggingEventBuilder event = logger.atLevel(level);
            for (int i = 0; i < texts.length; i += 2) {
                event = event.addKeyValue((String) texts[i], texts[i + 1]);
            }
            if (cause != null) {
                event = event.setCause(cause);
            }
            event.log(said);
        }
    }

    /** What every SLF4J has. */
    private static final class Plain {

        static void write(Logger logger, Level level, String said, @Nullable Throwable cause) {
            switch (level) {
                case ERROR -> logger.error(said, cause);
                case WARN -> logger.warn(said, cause);
                default -> logger.info(said, cause);
            }
        }
    }
}
