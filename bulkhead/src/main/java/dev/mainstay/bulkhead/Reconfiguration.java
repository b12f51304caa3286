package dev.mainstay.bulkhead;

import dev.mainstay.Policy;
import dev.mainstay.PolicyEvent;
import dev.mainstay.event.Events;
import dev.mainstay.time.TimeSource;

/** A change of a bulkhead's options, and of its limit if that has changed with them. */
record Reconfiguration(Object before, Object after, int limitBefore, int limit) {

    /** Tells the log and whoever listens. */
    void announce(Policy bulkhead, TimeSource time, Events events) {
        PolicyEvent.Reconfigured.announce(bulkhead, events, time, before, after);
        if (limitBefore != limit && events.wanted(BulkheadEvent.LimitChanged.class)) {
            events.publish(new BulkheadEvent.LimitChanged(
                    bulkhead.name(), time.nanoTime(), limitBefore, limit, "reconfigured"));
        }
    }
}
