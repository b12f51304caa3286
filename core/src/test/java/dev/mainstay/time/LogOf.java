package dev.mainstay.time;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.LoggerFactory;

/** What a class logs while this is open; it is kept from the console. */
public final class LogOf implements AutoCloseable {

    static {
        // On the module path, the module under test reads no logging but SLF4J.
        Module own = LogOf.class.getModule();
        if (own.isNamed()) {
            for (String logback : List.of("ch.qos.logback.classic", "ch.qos.logback.core")) {
                own.getLayer().findModule(logback).ifPresent(own::addReads);
            }
        }
    }

    private final Logger logger;
    private final ListAppender<ILoggingEvent> appender = new ListAppender<>();

    public LogOf(Class<?> type) {
        logger = (Logger) LoggerFactory.getLogger(type);
        appender.list = new CopyOnWriteArrayList<>();
        appender.start();
        logger.setAdditive(false);
        logger.addAppender(appender);
    }

    public List<String> messages() {
        return appender.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
    }

    public List<String> failures() {
        return appender.list.stream()
                .filter(event -> event.getThrowableProxy() != null)
                .map(event -> event.getThrowableProxy().getMessage())
                .toList();
    }

    @Override
    public void close() {
        logger.detachAppender(appender);
        logger.setAdditive(true);
    }
}
