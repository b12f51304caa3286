package dev.mainstay.bulkhead;

import dev.mainstay.PolicyEvent;
import dev.mainstay.event.Events;
import dev.mainstay.time.TimeSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A change of a bulkhead's options, and of its limit if that has changed with them. */
record Reconfiguration(Object before, Object after, int limitBefore, int limit) {

    private static final Logger LOG = LoggerFactory.getLogger(Reconfiguration.class);

    /** Tells the log and whoever listens. */
    void announce(String bulkhead, TimeSource time, Events events) {
        LOG.atInfo()
                .addKeyValue("policy", bulkhead)
                .addKeyValue("from", before)
                .addKeyValue("to", after)
                .log("Bulkhead reconfigured");
        if (events.wanted(PolicyEvent.Reconfigured.class)) {
            events.publish(new PolicyEvent.Reconfigured(bulkhead, time.nanoTime(), before, after));
        }
        if (limitBefore != limit && events.wanted(BulkheadEvent.LimitChanged.class)) {
            events.publish(
                    new BulkheadEvent.LimitChanged(bulkhead, time.nanoTime(), limitBefore, limit, "reconfigured"));
        }
    }
}
