package dev.mainstay.safe;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** The log asks for the text of what it is given only if somebody reads it. */
class SafeLogTest {

    static {
        // On the module path, the module under test reads no logging but SLF4J.
        Module own = SafeLogTest.class.getModule();
        if (own.isNamed()) {
            for (String logback : List.of("ch.qos.logback.classic", "ch.qos.logback.core")) {
                own.getLayer().findModule(logback).ifPresent(own::addReads);
            }
        }
    }

    private final Logger logger = new LoggerContext().getLogger("test");
    private final SafeLog log = SafeLogs.over(logger);
    private final AtomicInteger asked = new AtomicInteger();
    private final Object value = new Object() {
        @Override
        public String toString() {
            return "asked " + asked.incrementAndGet() + " times";
        }
    };

    private int askedAt(Level level) {
        logger.setLevel(level);
        asked.set(0);
        log.info("something", "value", value);
        log.warn("something", "value", value);
        log.error("something", null, "value", value);
        return asked.get();
    }

    @Test
    void byItsLevel() {
        assertThat(askedAt(Level.INFO)).isEqualTo(3);
        assertThat(askedAt(Level.WARN)).isEqualTo(2);
        assertThat(askedAt(Level.ERROR)).isEqualTo(1);
        assertThat(askedAt(Level.OFF)).isZero();
    }

    @Test
    void saysWhoReadsWhat() {
        logger.setLevel(Level.INFO);
        assertThat(log.isInfoEnabled()).isTrue();
        logger.setLevel(Level.WARN);
        assertThat(log.isInfoEnabled()).isFalse();
        assertThat(log.isWarnEnabled()).isTrue();
        logger.setLevel(Level.ERROR);
        assertThat(log.isWarnEnabled()).isFalse();
        assertThat(SafeLogs.over(null).isInfoEnabled()).isFalse();
    }
}
