package dev.mainstay.verification.model;

import dev.mainstay.Policy;
import dev.mainstay.event.MainstayEvent;
import dev.mainstay.time.VirtualTime;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * One policy with random options, and its model, in random use. Both see the same time, but each by a clock of its own.
 */
abstract class Play {

    private static final int REMEMBERED = 20;

    final Random random;
    final VirtualTime time;
    final Agenda agenda;

    /** What the model says. */
    final Ledger expected;

    private final Deque<String> trail = new ArrayDeque<>();
    private @Nullable Board board;
    private final List<String> heard = new ArrayList<>();

    Play(long seed) {
        random = new Random(seed);
        // Near the end of the clock's range, before which a sum wraps, as often as not.
        long origin = random.nextBoolean() ? 0 : Long.MAX_VALUE - random.nextInt(2_000_000_000);
        time = VirtualTime.startingAt(origin);
        agenda = new Agenda(origin);
        expected = new Ledger();
    }

    /** One operation on the policy and on the model. */
    abstract void step();

    /** Compares what can be seen of the two. */
    abstract void compare();

    /** What the policy is like, for messages. */
    abstract Object options();

    /**
     * Binds the policy's meters, and listens to its events in most plays: with nobody who listens, a policy looks at
     * the clock less often.
     */
    final void observe(Policy policy) {
        board = new Board(policy);
        if (random.nextInt(4) > 0) {
            expected.listen();
            policy.subscribe(MainstayEvent.class, event -> heard.add(Lines.of(event)));
        }
    }

    final boolean listening() {
        return expected.listening();
    }

    /** Notes an operation, for messages. */
    final void did(String operation) {
        trail.add(agenda.now() + ": " + operation);
        if (trail.size() > REMEMBERED) {
            trail.remove();
        }
    }

    final Deque<String> trail() {
        return trail;
    }

    /** Lets time pass in both worlds. */
    final void pass(long nanos) {
        time.advanceNanos(nanos);
        agenda.advance(nanos);
    }

    final boolean oneIn(int n) {
        return random.nextInt(n) == 0;
    }

    /** A span up to the longest, short ones more often. */
    final long span(long longest) {
        return (long) (Math.pow(random.nextDouble(), 4) * longest);
    }

    final <T> T anyOf(List<T> list) {
        return list.get(random.nextInt(list.size()));
    }

    final void check(String what, @Nullable Object expected, @Nullable Object actual) {
        if (!Objects.equals(expected, actual)) {
            throw new AssertionError(what + " should be " + expected + " but is " + actual);
        }
    }

    /** Compares the clocks, and the events since the last time. */
    final void compareEvents() {
        compareEvents(true);
    }

    /** @param inOrder whether it is said in which order they come */
    final void compareEvents(boolean inOrder) {
        check("the time", agenda.now(), time.elapsed().toNanos());
        if (!inOrder) {
            Collections.sort(expected.events);
            Collections.sort(heard);
        }
        check("the events", expected.events, heard);
        expected.events.clear();
        heard.clear();
    }

    /** Compares the counters, and what timers recorded since the last time; gauges only if they may be looked at. */
    final void compareMeters(boolean gauges) {
        compareMeters(gauges, true);
    }

    /** @param inOrder whether it is said in which order timers record */
    final void compareMeters(boolean gauges, boolean inOrder) {
        Board board = Objects.requireNonNull(this.board);
        if (!inOrder) {
            Collections.sort(expected.durations);
            Collections.sort(board.durations());
        }
        check("the recorded durations", expected.durations, board.durations());
        expected.durations.clear();
        board.durations().clear();
        board.counters().forEach((name, count) -> {
            long should = expected.counters.getOrDefault(name, 0L);
            long is = count.getAsLong();
            if (should != is) {
                check(name, should, is);
            }
        });
        check("the counters", true, board.counters().keySet().containsAll(expected.counters.keySet()));
        if (gauges) {
            board.gauges().forEach((name, value) -> check(name, expected.gauges.get(name), value.getAsDouble()));
            check("the gauges", expected.gauges.keySet(), board.gauges().keySet());
        }
    }
}
