package dev.mainstay.testkit;

import dev.mainstay.Policy;
import dev.mainstay.event.MainstayEvent;
import dev.mainstay.event.Subscription;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * The events of a policy since this was made, in order. Closing it ends the recording; what was recorded stays. Safe
 * for use by many threads.
 *
 * <p>To be listened to is not free for a policy: it takes the time of each call.
 */
public final class RecordedEvents implements AutoCloseable {

    private final List<MainstayEvent> events = new CopyOnWriteArrayList<>();
    private final Subscription subscription;

    private RecordedEvents(Policy policy, Class<? extends MainstayEvent> type) {
        subscription = policy.subscribe(type, events::add);
    }

    /** Records all events of the policy. */
    public static RecordedEvents of(Policy policy) {
        return new RecordedEvents(policy, MainstayEvent.class);
    }

    /** Records the events of this kind. */
    public static RecordedEvents of(Policy policy, Class<? extends MainstayEvent> type) {
        return new RecordedEvents(policy, type);
    }

    /** All of them. */
    public List<MainstayEvent> all() {
        return List.copyOf(events);
    }

    /** Those of this kind. */
    public <E extends MainstayEvent> List<E> ofType(Class<E> type) {
        return events.stream().filter(type::isInstance).map(type::cast).toList();
    }

    /** The simple names of their types, in order. */
    public List<String> types() {
        return events.stream().map(event -> event.getClass().getSimpleName()).toList();
    }

    /** Forgets what was recorded so far. */
    public void clear() {
        events.clear();
    }

    @Override
    public void close() {
        subscription.close();
    }

    @Override
    public String toString() {
        return "RecordedEvents" + events;
    }
}
