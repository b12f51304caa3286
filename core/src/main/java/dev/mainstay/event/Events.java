package dev.mainstay.event;

import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import java.util.function.Consumer;

/**
 * Those who listen to one policy. Publishing to nobody costs one volatile read; a policy asks {@link #wanted} before it
 * builds an event.
 *
 * <p>Listeners run one after the other on the thread that publishes, in the order in which they subscribed, with no
 * lock of ours held. A listener that throws is logged once and changes nothing. Safe for use by many threads.
 */
public final class Events {

    private static final Subscriber<?>[] NOBODY = {};
    private static final AtomicReferenceFieldUpdater<Events, Subscriber<?>[]> SUBSCRIBERS = updater();

    private volatile Subscriber<?>[] subscribers = NOBODY;

    /** Nobody listens yet. */
    public Events() {}

    /** Whether anybody listens to events of exactly this kind, or to a kind above it. */
    public boolean wanted(Class<? extends MainstayEvent> type) {
        Subscriber<?>[] current = subscribers;
        if (current == NOBODY) {
            return false;
        }
        for (Subscriber<?> subscriber : current) {
            if (subscriber.type.isAssignableFrom(type)) {
                return true;
            }
        }
        return false;
    }

    /** Tells everybody who listens to this kind of event. Never throws. */
    public void publish(MainstayEvent event) {
        for (Subscriber<?> subscriber : subscribers) {
            subscriber.accept(event);
        }
    }

    /**
     * Subscribes to one kind of event; {@code MainstayEvent.class} is all of them.
     *
     * @return what ends the subscription
     * @throws NullPointerException if either argument is null
     */
    public <E extends MainstayEvent> Subscription subscribe(Class<E> type, Consumer<? super E> listener) {
        Subscriber<E> subscriber = new Subscriber<>(
                this, Objects.requireNonNull(type, "type"), Objects.requireNonNull(listener, "listener"));
        SUBSCRIBERS.updateAndGet(this, before -> {
            Subscriber<?>[] after = Arrays.copyOf(before, before.length + 1);
            after[before.length] = subscriber;
            return after;
        });
        return subscriber;
    }

    private void remove(Subscriber<?> subscriber) {
        SUBSCRIBERS.updateAndGet(this, before -> {
            Subscriber<?>[] after =
                    Arrays.stream(before).filter(other -> other != subscriber).toArray(Subscriber<?>[]::new);
            return after.length == 0 ? NOBODY : after;
        });
    }

    @SuppressWarnings({"unchecked", "rawtypes"})
    private static AtomicReferenceFieldUpdater<Events, Subscriber<?>[]> updater() {
        return (AtomicReferenceFieldUpdater)
                AtomicReferenceFieldUpdater.newUpdater(Events.class, Subscriber[].class, "subscribers");
    }

    private static final class Subscriber<E extends MainstayEvent> implements Subscription {

        private final Events events;
        private final Class<E> type;
        private final Consumer<? super E> listener;
        private final CallbackFailures failures = new CallbackFailures();

        Subscriber(Events events, Class<E> type, Consumer<? super E> listener) {
            this.events = events;
            this.type = type;
            this.listener = listener;
        }

        void accept(MainstayEvent event) {
            if (!type.isInstance(event)) {
                return;
            }
            try {
                listener.accept(type.cast(event));
            } catch (Throwable failure) {
                failures.report(event.policy(), "listener of " + type.getSimpleName(), failure);
            }
        }

        @Override
        public void close() {
            events.remove(this);
        }
    }
}
