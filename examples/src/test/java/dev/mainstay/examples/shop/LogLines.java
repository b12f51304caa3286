package dev.mainstay.examples.shop;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import dev.mainstay.time.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.LoggerFactory;
import org.slf4j.event.KeyValuePair;

/**
 * What Mainstay logs above TRACE while this is open, with the virtual time of each line. In virtual time all is logged
 * by the thread that drives it.
 */
final class LogLines extends AppenderBase<ILoggingEvent> implements AutoCloseable {

    /**
     * A line.
     *
     * @param logger without its package
     * @param keys the key-value pairs, as text
     */
    record Line(Duration at, Level level, String logger, String message, Map<String, String> keys) {

        String key(String name) {
            return keys.getOrDefault(name, "");
        }

        boolean has(String name) {
            return keys.containsKey(name);
        }
    }

    private final VirtualTime time;
    private final Thread thread = Thread.currentThread();
    private final Logger logger = (Logger) LoggerFactory.getLogger("dev.mainstay");
    private final Level levelBefore = logger.getLevel();
    private final List<Line> lines = new ArrayList<>();

    LogLines(VirtualTime time) {
        this.time = time;
        logger.setLevel(Level.DEBUG);
        logger.setAdditive(false);
        logger.addAppender(this);
        start();
    }

    List<Line> lines() {
        return lines;
    }

    @Override
    protected void append(ILoggingEvent event) {
        if (Thread.currentThread() == thread) {
            String name = event.getLoggerName();
            lines.add(new Line(
                    time.elapsed(),
                    event.getLevel(),
                    name.substring(name.lastIndexOf('.') + 1),
                    event.getFormattedMessage(),
                    keysOf(event)));
        }
    }

    private static Map<String, String> keysOf(ILoggingEvent event) {
        Map<String, String> keys = new LinkedHashMap<>();
        List<KeyValuePair> pairs = event.getKeyValuePairs();
        if (pairs != null) {
            pairs.forEach(pair -> keys.put(pair.key, String.valueOf(pair.value)));
        }
        return keys;
    }

    @Override
    public void close() {
        logger.detachAppender(this);
        logger.setAdditive(true);
        logger.setLevel(levelBefore);
    }
}
