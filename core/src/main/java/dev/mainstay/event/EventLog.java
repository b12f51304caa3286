package dev.mainstay.event;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The last events, kept in memory to be looked at: what happened just before somebody asked. A listener like any other:
 *
 * <pre>{@code
 * EventLog log = EventLog.ofLast(200);
 * pipeline.subscribe(MainstayEvent.class, log);
 * log.events().forEach(System.out::println);
 * }</pre>
 *
 * <p>As long as it is subscribed, the kinds of events it is subscribed to are built; subscribe it to the kinds that are
 * wanted, since {@code CallEnded} is one for each call. Safe for use by many threads and free of locks: an event costs
 * one atomic addition and one write. The order is that in which the events arrived here.
 */
public final class EventLog implements Consumer<MainstayEvent> {

    private final AtomicReferenceArray<@Nullable Entry> entries;

    /** How many events have come so far, which is also the number of the next. */
    private final AtomicLong arrived = new AtomicLong();

    private EventLog(int size) {
        entries = new AtomicReferenceArray<>(size);
    }

    /**
     * An empty log.
     *
     * @param size how many events it keeps, at least 1
     * @throws IllegalArgumentException if it is less
     */
    public static EventLog ofLast(int size) {
        if (size < 1) {
            throw new IllegalArgumentException("size is " + size + " but must be at least 1");
        }
        return new EventLog(size);
    }

    /** Takes one event, in place of the oldest if there is no room. */
    @Override
    public void accept(MainstayEvent event) {
        Objects.requireNonNull(event, "event");
        long number = arrived.getAndIncrement();
        Entry entry = new Entry(number, event);
        int place = (int) (number % entries.length());
        // A thread that was held up between its number and its place must not overwrite what came a whole round later.
        Entry before;
        do {
            before = entries.get(place);
        } while ((before == null || before.number < number) && !entries.compareAndSet(place, before, entry));
    }

    /** What it holds now, the oldest first. An event that is just arriving may be missing. */
    public List<MainstayEvent> events() {
        List<Entry> held = new ArrayList<>(entries.length());
        for (int i = 0; i < entries.length(); i++) {
            Entry entry = entries.get(i);
            if (entry != null) {
                held.add(entry);
            }
        }
        held.sort(Comparator.comparingLong(Entry::number));
        return held.stream().map(Entry::event).toList();
    }

    /** Those of one kind, the oldest first. */
    public <E extends MainstayEvent> List<E> events(Class<E> type) {
        return events().stream().filter(type::isInstance).map(type::cast).toList();
    }

    /** How many events have arrived, those that are held no longer among them. */
    public long arrived() {
        return arrived.get();
    }

    /** How many events it keeps. */
    public int size() {
        return entries.length();
    }

    /** Forgets what it holds. */
    public void clear() {
        for (int i = 0; i < entries.length(); i++) {
            entries.set(i, null);
        }
    }

    @Override
    public String toString() {
        return "EventLog[the last " + entries.length() + " of " + arrived() + " events]";
    }

    private record Entry(long number, MainstayEvent event) {}
}
