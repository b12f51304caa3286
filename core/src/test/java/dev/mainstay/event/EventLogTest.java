package dev.mainstay.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class EventLogTest {

    private record Opened(String policy, long nanoTime) implements MainstayEvent {}

    private record Closed(String policy, long nanoTime) implements MainstayEvent {}

    private final EventLog log = EventLog.ofLast(3);

    @Test
    void itKeepsTheLastEventsTheOldestFirst() {
        assertThat(log.events()).isEmpty();
        log.accept(opened(1));
        log.accept(opened(2));
        assertThat(log.events()).containsExactly(opened(1), opened(2));
        log.accept(opened(3));
        log.accept(opened(4));
        log.accept(opened(5));
        assertThat(log.events()).containsExactly(opened(3), opened(4), opened(5));
        assertThat(log.arrived()).isEqualTo(5);
        assertThat(log.size()).isEqualTo(3);
        assertThat(log).hasToString("EventLog[the last 3 of 5 events]");
    }

    @Test
    void eventsOfOneKindCanBePickedOut() {
        log.accept(opened(1));
        log.accept(new Closed("p", 2));
        log.accept(opened(3));
        assertThat(log.events(Opened.class)).containsExactly(opened(1), opened(3));
    }

    @Test
    void whatWasForgottenDoesNotComeBack() {
        log.accept(opened(1));
        log.clear();
        assertThat(log.events()).isEmpty();
        log.accept(opened(2));
        assertThat(log.events()).containsExactly(opened(2));
    }

    @Test
    void itIsAListenerAndEventsAreBuiltOnlyWhileItIsSubscribed() {
        Events events = new Events();
        Subscription subscription = events.subscribe(Opened.class, log);
        assertThat(events.wanted(Opened.class)).isTrue();
        assertThat(events.wanted(Closed.class)).isFalse();
        events.publish(opened(1));
        events.publish(new Closed("p", 2));
        subscription.close();
        assertThat(events.wanted(Opened.class)).isFalse();
        assertThat(log.events()).containsExactly(opened(1));
    }

    @Test
    void ofEventsThatArriveTogetherTheLastOnesStay() throws InterruptedException {
        EventLog shared = EventLog.ofLast(64);
        int each = 50_000;
        CountDownLatch start = new CountDownLatch(1);
        List<Thread> threads = IntStream.range(0, 4)
                .mapToObj(number -> new Thread(() -> {
                    awaitUninterrupted(start);
                    LongStream.range(0, each).forEach(i -> shared.accept(new Opened("thread " + number, i)));
                }))
                .toList();
        threads.forEach(Thread::start);
        start.countDown();
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(shared.arrived()).isEqualTo(4L * each);
        List<MainstayEvent> kept = shared.events();
        assertThat(kept).hasSize(64);
        assertThat(kept).doesNotHaveDuplicates();
        // Nobody had a number to spare when the last one was given out: at least that thread's last event is among
        // them.
        assertThat(kept).anyMatch(event -> event.nanoTime() == each - 1);
        for (int number = 0; number < 4; number++) {
            String policy = "thread " + number;
            assertThat(kept.stream()
                            .filter(event -> event.policy().equals(policy))
                            .map(MainstayEvent::nanoTime))
                    .isSorted();
        }
    }

    @Test
    void aLogOfOneKeepsTheLast() {
        EventLog last = EventLog.ofLast(1);
        last.accept(opened(1));
        last.accept(opened(2));
        assertThat(last.events()).containsExactly(opened(2));
    }

    @Test
    void itNeedsRoomForOne() {
        assertThatThrownBy(() -> EventLog.ofLast(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("size is 0 but must be at least 1");
    }

    private static void awaitUninterrupted(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Opened opened(long nanoTime) {
        return new Opened("p", nanoTime);
    }
}
