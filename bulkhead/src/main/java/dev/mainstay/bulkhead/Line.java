package dev.mainstay.bulkhead;

import dev.mainstay.Waiter;
import org.jspecify.annotations.Nullable;

/**
 * Calls in line, first in, first out; one that gives up is out at once. Not safe for use by many threads: {@link Slots} guards it.
 *
 * <p>A ring in which each waiter knows its place, by its {@linkplain Waiter#ticket() ticket}, so that whoever leaves from the middle leaves a hole and moves nobody. When
 * the ring is full, its holes are closed if they are half of it or more; otherwise it grows.
 */
final class Line {

    private static final int SMALLEST = 16;
    private static final int KEPT_WHEN_EMPTY = 64;
    private static final @Nullable Waiter[] NO_PLACES = {};
    private static final long[] NO_TIMES = {};

    private @Nullable Waiter[] places = NO_PLACES;
    private long[] joined = NO_TIMES;

    /** The places from head up to tail are taken or holes; a place's number modulo the ring's length is where it is. */
    private long head;

    private long tail;
    private int size;

    int size() {
        return size;
    }

    /** Puts a call at the end, and notes when it came. */
    void add(Waiter waiter, long now) {
        if (tail - head == places.length) {
            makeRoom();
        }
        int place = at(tail);
        places[place] = waiter;
        joined[place] = now;
        waiter.ticket(tail);
        tail++;
        size++;
    }

    /** The call that is next, or null if there is none. */
    @Nullable
    Waiter first() {
        if (size == 0) {
            return null;
        }
        Waiter first = places[at(head)];
        while (first == null) {
            head++;
            first = places[at(head)];
        }
        return first;
    }

    /** Takes a call out, and leaves the time at which it came as its ticket. Does nothing if it is not in line. */
    void remove(Waiter waiter) {
        int place = places.length == 0 ? -1 : at(waiter.ticket());
        if (place < 0 || places[place] != waiter) {
            return;
        }
        places[place] = null;
        waiter.ticket(joined[place]);
        size--;
        if (size == 0) {
            head = tail;
            if (places.length > KEPT_WHEN_EMPTY) {
                places = NO_PLACES;
                joined = NO_TIMES;
            }
        }
    }

    private int at(long number) {
        return (int) number & (places.length - 1);
    }

    private void makeRoom() {
        int length = size > places.length / 2 ? 2 * places.length : Math.max(SMALLEST, places.length);
        @Nullable Waiter[] newPlaces = new Waiter[length];
        long[] newJoined = new long[length];
        int count = 0;
        for (long number = head; number != tail; number++) {
            Waiter waiter = places[at(number)];
            if (waiter != null) {
                newPlaces[count] = waiter;
                newJoined[count] = joined[at(number)];
                waiter.ticket(count);
                count++;
            }
        }
        places = newPlaces;
        joined = newJoined;
        head = 0;
        tail = count;
    }
}
