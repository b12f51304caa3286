package dev.mainstay.safe;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** The message says the facts, and the log asks for their text only if somebody reads it. */
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
        log.info("something {value}", "value", value);
        log.warn("something", "value", value);
        log.error("something {value}, {value}", null, "value", value);
        return asked.get();
    }

    @Test
    void byItsLevel() {
        assertThat(askedAt(Level.INFO)).isEqualTo(3);
        assertThat(askedAt(Level.WARN)).isEqualTo(2);
        assertThat(askedAt(Level.ERROR)).isEqualTo(1);
        assertThat(askedAt(Level.OFF)).isZero();
    }

    private String written(String message, Object... facts) {
        ListAppender<ILoggingEvent> appender = new ListAppender<>();
        appender.start();
        logger.addAppender(appender);
        log.info(message, facts);
        logger.detachAppender(appender);
        ILoggingEvent event = appender.list.get(0);
        return event.getFormattedMessage() + " " + event.getKeyValuePairs();
    }

    @Test
    void theMessageSaysTheFactsWhoseNamesItHasAndThePairsRepeatThem() {
        assertThat(written("'{policy}' has {count}", "policy", "inventory", "count", 3, "period", "10s"))
                .isEqualTo("'inventory' has 3 [policy=\"inventory\", count=\"3\", period=\"10s\"]");
    }

    @Test
    void bracesAroundAnythingElseStay() {
        assertThat(written("{ {} {other} {policy} {policy", "policy", "inventory"))
                .startsWith("{ {} {other} inventory {policy [");
    }

    @Test
    void whatAValueHasInBracesIsNotFilledIn() {
        assertThat(written("{a}{b}", "a", "{b}{}", "b", "\n{a}")).startsWith("{b}{}\uFFFD{a} [");
    }

    @Test
    void aValueThatThrowsIsSaidByItsClass() {
        Object broken = new Object() {
            @Override
            public String toString() {
                throw new IllegalStateException();
            }
        };
        assertThat(written("got {value}", "value", broken))
                .startsWith("got " + broken.getClass().getName() + " [");
    }

    @Test
    void aClassIsAKindInWords() {
        assertThat(SafeText.kind(SafeLogTest.class)).isEqualTo("Safe log test");
        assertThat(SafeText.kind(String.class)).isEqualTo("String");
        assertThat(SafeText.kind(new Object() {}.getClass())).isEqualTo("Policy");
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
