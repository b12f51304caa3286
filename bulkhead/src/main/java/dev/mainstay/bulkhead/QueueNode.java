package dev.mainstay.bulkhead;

import dev.mainstay.Waiter;

/**
 * Where a call stands in line: a node of the doubly linked list of {@link Slots}, whose monitor guards the links. Made
 * before the monitor is entered, so that nothing need be allocated there.
 */
final class QueueNode {

    final Waiter waiter;

    /** When the call came. */
    final long joined;

    /** The neighbours; itself as long as it stands in no line. */
    QueueNode previous = this;

    QueueNode next = this;

    /** Known to the waiter from now on. */
    QueueNode(Waiter waiter, long joined) {
        this.waiter = waiter;
        this.joined = joined;
        waiter.attach(this);
    }
}
