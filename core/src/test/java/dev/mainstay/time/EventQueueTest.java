package dev.mainstay.time;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.time.EventQueue.Event;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

class EventQueueTest {

    private final EventQueue queue = new EventQueue();

    @Test
    void theFirstOfEqualsIsTheOneThatCameFirst() {
        Event first = add(5);
        Event second = add(5);
        Event earlier = add(4);

        assertThat(drain()).containsExactly(earlier, first, second);
    }

    @Test
    void removingWhatIsNotThereDoesNothing() {
        Event event = add(1);
        queue.remove(event);
        Event other = add(2);

        queue.remove(event);

        assertThat(drain()).containsExactly(other);
    }

    @RepeatedTest(20)
    void behavesLikeAStableSort() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        List<Event> model = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            if (random.nextInt(3) > 0) {
                model.add(add(random.nextInt(50)));
            } else if (!model.isEmpty()) {
                queue.remove(model.remove(random.nextInt(model.size())));
            }
        }
        model.sort(Comparator.comparingLong(event -> event.due));

        assertThat(queue.stream()).as("seed %d", seed).containsExactlyInAnyOrderElementsOf(model);
        assertThat(drain()).as("seed %d", seed).isEqualTo(model);
    }

    private Event add(long due) {
        Event event = new Event() {
            @Override
            void happen() {}
        };
        queue.add(event, due);
        return event;
    }

    private List<Event> drain() {
        List<Event> events = new ArrayList<>();
        for (Event event; (event = queue.first()) != null; ) {
            queue.remove(event);
            events.add(event);
        }
        return events;
    }
}
