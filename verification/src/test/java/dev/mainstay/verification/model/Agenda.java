package dev.mainstay.verification.model;

import dev.mainstay.time.Nanos;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The time of a model: a list of what is still to be done, and when. Of two things that are due at once, the one noted
 * first comes first.
 */
final class Agenda {

    private final long origin;
    private final List<Item> items = new ArrayList<>();
    private long now;

    Agenda(long origin) {
        this.origin = origin;
    }

    /** How much time has passed. */
    long now() {
        return now;
    }

    /** What a clock shows at a time. */
    long clockAt(long time) {
        return origin + time;
    }

    /** What the clock shows now. */
    long clock() {
        return clockAt(now);
    }

    /** To be done so much later; never, if that is for ever. */
    Item in(long delay, Runnable action) {
        Item item = new Item(delay >= Nanos.FOREVER ? Long.MAX_VALUE : now + Math.max(0, delay), action);
        items.add(item);
        return item;
    }

    /** To be done as soon as time is looked after: what an executor is for. */
    Item soon(Runnable action) {
        return in(0, action);
    }

    void cancel(@Nullable Item item) {
        items.remove(item);
    }

    void advance(long nanos) {
        long end = now + nanos;
        while (runNext(end)) {}
        now = end;
    }

    /** Waits as a thread does that is parked: things happen until one of them ends the wait, or the time is up. */
    void park(long end, BooleanSupplier over) {
        while (!over.getAsBoolean() && now < end) {
            if (!runNext(end)) {
                now = end;
            }
        }
    }

    /** Sleeps as a thread does that may be interrupted; false if it was, by when its flag is clear. */
    boolean sleep(long nanos, Flag interrupted) {
        if (nanos > 0 && !interrupted.isSet()) {
            Flag awake = new Flag();
            Item end = in(nanos, awake::set);
            while (!awake.isSet() && !interrupted.isSet() && runNext(Long.MAX_VALUE)) {}
            cancel(end);
        }
        boolean slept = !interrupted.isSet();
        interrupted.clear();
        return slept;
    }

    /** Does what is due next, unless that is later. */
    boolean runNext(long latest) {
        Item next = null;
        for (Item item : items) {
            if (item.due <= latest && (next == null || item.due < next.due)) {
                next = item;
            }
        }
        if (next == null) {
            return false;
        }
        items.remove(next);
        now = Math.max(now, next.due);
        next.action.run();
        return true;
    }

    /** Something to be done; equal to nothing else. */
    static final class Item {

        private final long due;
        private final Runnable action;

        private Item(long due, Runnable action) {
            this.due = due;
            this.action = action;
        }
    }
}
