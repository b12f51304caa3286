package dev.mainstay.time;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A binary heap of events, each of which knows its place, so that any of them can be removed in logarithmic time. */
final class EventQueue {

    private @Nullable Event[] heap = new Event[16];
    private int size;

    int size() {
        return size;
    }

    @Nullable
    Event first() {
        return heap[0];
    }

    void add(Event event) {
        if (size == heap.length) {
            heap = Arrays.copyOf(heap, 2 * size);
        }
        place(event, size++);
        rise(event);
    }

    /** Removes an event; returns false if it is not here. */
    boolean remove(Event event) {
        int hole = event.place;
        if (hole == Event.NOWHERE) {
            return false;
        }
        event.place = Event.NOWHERE;
        Event last = at(--size);
        heap[size] = null;
        if (last != event) {
            place(last, hole);
            rise(last);
            sink(last);
        }
        return true;
    }

    private void rise(Event event) {
        while (event.place > 0) {
            Event parent = at((event.place - 1) / 2);
            if (!event.isBefore(parent)) {
                return;
            }
            swap(parent, event);
        }
    }

    private void sink(Event event) {
        int child;
        while ((child = 2 * event.place + 1) < size) {
            if (child + 1 < size && at(child + 1).isBefore(at(child))) {
                child++;
            }
            if (!at(child).isBefore(event)) {
                return;
            }
            swap(event, at(child));
        }
    }

    private void swap(Event parent, Event child) {
        int above = parent.place;
        place(parent, child.place);
        place(child, above);
    }

    private void place(Event event, int place) {
        heap[place] = event;
        event.place = place;
    }

    private Event at(int place) {
        Event event = heap[place];
        assert event != null;
        return event;
    }

    /**
     * Something that happens at a point in virtual time. Of two at the same point, the one that was made first comes
     * first.
     */
    abstract static class Event {

        private static final int NOWHERE = -1;

        final long due;
        final long sequence;
        private int place = NOWHERE;

        Event(long due, long sequence) {
            this.due = due;
            this.sequence = sequence;
        }

        /** Lets it happen. Throws nothing. */
        abstract void happen();

        final boolean isBefore(Event other) {
            return isBefore(other.due, other.sequence);
        }

        final boolean isBefore(long due, long sequence) {
            return this.due < due || (this.due == due && this.sequence < sequence);
        }
    }
}
