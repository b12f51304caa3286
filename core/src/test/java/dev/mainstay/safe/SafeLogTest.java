package dev.mainstay.safe;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** The log asks for the text of what it is given only if somebody reads it. */
class SafeLogTest {

    private final Logger logger = (Logger) LoggerFactory.getLogger(SafeLogTest.class);
    private final SafeLog log = SafeLogs.over(logger);
    private final AtomicInteger asked = new AtomicInteger();
    private final Object value = new Object() {
        @Override
        public String toString() {
            return "asked " + asked.incrementAndGet() + " times";
        }
    };

    @BeforeEach
    void writesNowhere() {
        logger.setAdditive(false);
    }

    @AfterEach
    void asBefore() {
        logger.setAdditive(true);
        logger.setLevel(null);
    }

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
}
