package dev.mainstay.bulkhead;

import dev.mainstay.event.MainstayEvent;

/** The events of bulkheads, besides those of every policy. */
public sealed interface BulkheadEvent extends MainstayEvent {

    /**
     * Another number of calls is allowed at a time. Published on the thread that changed it.
     *
     * @param from the limit before
     * @param to the limit now
     * @param why what changed it, such as {@code "reconfigured"}
     */
    record LimitChanged(String policy, long nanoTime, int from, int to, String why) implements BulkheadEvent {}
}
