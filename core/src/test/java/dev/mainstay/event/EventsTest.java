package dev.mainstay.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class EventsTest {

    private record Opened(String policy, long nanoTime) implements MainstayEvent {}

    private record Closed(String policy, long nanoTime) implements MainstayEvent {}

    private final Events events = new Events();
    private final List<MainstayEvent> heard = new ArrayList<>();

    @Test
    void onlyWhatSomebodyListensToIsWanted() {
        assertThat(events.wanted(Opened.class)).isFalse();

        Subscription subscription = events.subscribe(Opened.class, heard::add);
        assertThat(events.wanted(Opened.class)).isTrue();
        assertThat(events.wanted(Closed.class)).isFalse();

        subscription.close();
        assertThat(events.wanted(Opened.class)).isFalse();
    }

    @Test
    void aListenerHearsItsKindOfEventUntilItUnsubscribes() {
        Subscription subscription = events.subscribe(Opened.class, heard::add);
        Opened opened = new Opened("p", 1);

        events.publish(opened);
        events.publish(new Closed("p", 2));
        subscription.close();
        subscription.close();
        events.publish(new Opened("p", 3));

        assertThat(heard).containsExactly(opened);
    }

    @Test
    void whoListensToAllHearsAllInTheOrderOfSubscription() {
        List<String> order = new ArrayList<>();
        events.subscribe(MainstayEvent.class, event -> order.add("first " + event.policy()));
        events.subscribe(MainstayEvent.class, event -> order.add("second " + event.policy()));

        events.publish(new Opened("p", 1));

        assertThat(order).containsExactly("first p", "second p");
        assertThat(events.wanted(Closed.class)).isTrue();
    }

    @Test
    void aListenerThatThrowsKeepsNobodyElseFromHearing() {
        events.subscribe(MainstayEvent.class, event -> {
            throw new IllegalStateException("a listener that throws");
        });
        events.subscribe(MainstayEvent.class, heard::add);

        events.publish(new Opened("p", 1));
        events.publish(new Opened("p", 2));

        assertThat(heard).hasSize(2);
    }

    @Test
    void theSameListenerMaySubscribeTwiceAndLeaveOnce() {
        Subscription first = events.subscribe(MainstayEvent.class, heard::add);
        events.subscribe(MainstayEvent.class, heard::add);
        first.close();

        events.publish(new Opened("p", 1));

        assertThat(heard).hasSize(1);
    }

    @Test
    void nullIsRejectedByName() {
        assertThatThrownBy(() -> events.subscribe(null, heard::add)).hasMessage("type");
        assertThatThrownBy(() -> events.subscribe(MainstayEvent.class, null)).hasMessage("listener");
    }
}
