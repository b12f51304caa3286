package dev.mainstay.time;

import java.util.Arrays;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A binary heap of events, each of which knows its place, so that any of them can be removed in logarithmic time. */
final class EventQueue {

    private @Nullable Event[] heap = new Event[16];
    private int size;
    private long added;

    /** Adds an event that is in no queue. */
    void add(Event event, long due) {
        event.due = due;
        event.sequence = added++;
        if (size == heap.length) {
            heap = Arrays.copyOf(heap, 2 * size);
        }
        place(event, size++);
        rise(event);
    }

    /** Removes an event if it is here. */
    void remove(Event event) {
        int hole = event.place;
        if (hole == Event.NOWHERE) {
            return;
        }
        event.place = Event.NOWHERE;
        Event last = at(--size);
        heap[size] = null;
        if (last != event) {
            place(last, hole);
            rise(last);
            sink(last);
        }
    }

    @Nullable
    Event first() {
        return heap[0];
    }

    /** All events, in no order. */
    Stream<Event> stream() {
        return Arrays.stream(heap, 0, size).map(Objects::requireNonNull);
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
        return Objects.requireNonNull(heap[place]);
    }

    /** Something that happens at a point in time; of two at the same point, the one added first comes first. */
    abstract static class Event {

        private static final int NOWHERE = -1;

        /** Set when it is added. */
        long due;

        private long sequence;
        private int place = NOWHERE;

        /** Lets it happen. Throws nothing. */
        abstract void happen();

        private boolean isBefore(Event other) {
            return due < other.due || (due == other.due && sequence < other.sequence);
        }
    }
}
