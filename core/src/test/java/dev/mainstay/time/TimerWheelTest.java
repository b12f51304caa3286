package dev.mainstay.time;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TimerWheelTest {

    private static final int LEVELS = 8;

    private final TimerWheel wheel = new TimerWheel(0, new TimerWheel.Wake(-1));

    @Test
    void anEmptyWheelHasNothingToComeAndNothingToGive() {
        assertThat(wheel.nextTick()).isEqualTo(TimerWheel.NEVER);
        assertThat(wheel.poll(1_000)).isNull();
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 63, 64, 65, 4_095, 4_096, 4_097, 1L << 30, (1L << 45) + 17, TimerWheel.LAST_TICK})
    void givesATaskAtItsTickAndNotBefore(long due) {
        Task task = add(due);

        if (due > 0) {
            assertThat(pollAll(due - 1)).isEmpty();
        }
        assertThat(pollAll(due)).containsExactly(task);
        assertThat(wheel.nextTick()).isEqualTo(TimerWheel.NEVER);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 64, 4_097, 1L << 30, TimerWheel.LAST_TICK})
    void whoeverFollowsTheNextTickArrivesInAtMostOneStopPerLevel(long due) {
        Task task = add(due);

        int stops = 0;
        List<TimedTask> given = List.of();
        while (given.isEmpty()) {
            assertThat(wheel.nextTick()).isLessThanOrEqualTo(due);
            given = pollAll(wheel.nextTick());
            stops++;
        }

        assertThat(given).containsExactly(task);
        assertThat(stops).isLessThanOrEqualTo(LEVELS);
    }

    @Test
    void tasksOfOneTickComeInTheOrderInWhichTheyCame() {
        List<TimedTask> tasks = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            tasks.add(add(5_000));
        }

        assertThat(pollAll(5_000)).isEqualTo(tasks);
    }

    @Test
    void aTaskThatIsOverdueWhenItComesIsGivenNext() {
        Task far = add(100);
        pollAll(50);
        Task overdue = add(10);

        assertThat(wheel.nextTick()).isEqualTo(50);
        assertThat(pollAll(50)).containsExactly(overdue);
        assertThat(pollAll(100)).containsExactly(far);
    }

    @Test
    void aRemovedTaskLeavesNothingBehind() {
        Task first = add(70);
        Task second = add(70);
        Task third = add(70);

        wheel.cancel(second);
        wheel.cancel(first);
        wheel.cancel(third);

        assertThat(wheel.nextTick()).isEqualTo(TimerWheel.NEVER);
        assertThat(second.next).as("neighbours").isSameAs(second);
        assertThat(second.previous).as("neighbours").isSameAs(second);
        assertThat(pollAll(100)).isEmpty();
    }

    /** Whatever followed the links of another task would fall over them. */
    @Test
    void addingAndRemovingTouchTheNeighboursOnly() {
        List<Task> tasks = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            tasks.add(add(40));
        }
        for (Task far : tasks.subList(2, 998)) {
            cutOff(far);
        }

        Task late = add(40);
        wheel.cancel(late);
        wheel.cancel(tasks.get(0));
        wheel.cancel(tasks.get(999));

        assertThat(wheel.poll(39)).isNull();
        assertThat(wheel.nextTick()).isEqualTo(40);
    }

    @SuppressWarnings("NullAway") // that is what it is for
    private static void cutOff(Task task) {
        task.next = null;
        task.previous = null;
    }

    @Test
    void removingATaskThatIsNotThereDoesNothing() {
        Task task = add(1);
        pollAll(1);
        Task other = add(70);

        wheel.cancel(task);
        wheel.cancel(Task.idle());

        assertThat(pollAll(70)).containsExactly(other);
    }

    @Test
    void aStepSortsABoundedNumberOfTasks() {
        int count = 10_000;
        for (int i = 0; i < count; i++) {
            add(1_000);
        }

        int steps = 0;
        while (wheel.poll(1_000) == null) {
            assertThat(wheel.nextTick()).isLessThanOrEqualTo(1_000);
            steps++;
        }

        assertThat(steps).as("steps until all were sorted").isGreaterThan(count / 100);
        assertThat(pollAll(1_000)).hasSize(count - 1);
    }

    @Test
    void aTaskCanBeRemovedInTheMiddleOfTheSorting() {
        List<Task> tasks = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            tasks.add(add(1_000));
        }
        assertThat(wheel.poll(1_000)).isNull();
        assertThat(wheel.poll(1_000)).isNull();

        tasks.forEach(wheel::cancel);

        assertThat(wheel.nextTick()).isEqualTo(TimerWheel.NEVER);
        assertThat(wheel.poll(1_000)).isNull();
    }

    /** Random adding, removing and polling, in steps small and large, compared with a sorted map. */
    @RepeatedTest(8)
    void behavesLikeASortedMap() {
        long seed = new Random().nextLong();
        try {
            new Comparison(seed).run(250_000);
        } catch (Throwable t) {
            throw new AssertionError("with seed " + seed, t);
        }
    }

    private static final class Comparison {

        private final Random random;
        private final TimerWheel wheel;
        private final TreeMap<Long, Set<TimedTask>> model = new TreeMap<>();
        private final List<Task> armed = new ArrayList<>();
        private final int depth;
        private long now;
        private long lastDue;

        Comparison(long seed) {
            random = new Random(seed);
            now = logUniform(40);
            wheel = new TimerWheel(now, new TimerWheel.Wake(-1));
            lastDue = now;
            depth = 1 + random.nextInt(45);
        }

        void run(int steps) {
            for (int i = 0; i < steps; i++) {
                switch (random.nextInt(8)) {
                    case 0, 1, 2 -> add();
                    case 3, 4 -> remove();
                    case 5 -> pollOnce();
                    case 6 -> now += logUniform(depth);
                    default -> {
                        if (random.nextInt(20) == 0) {
                            pollAll();
                        }
                    }
                }
                if (now >= TimerWheel.LAST_TICK / 2) {
                    return;
                }
            }
        }

        private void add() {
            Task task = Task.idle();
            // Some are overdue when they come.
            long due = Math.max(0, now + logUniform(depth) - random.nextInt(3));
            wheel.add(task, due);
            armed.add(task);
            model.computeIfAbsent(task.due, tick -> new HashSet<>()).add(task);
            assertThat(task.due).isBetween(due, Math.max(due, now));
        }

        private void remove() {
            if (!armed.isEmpty()) {
                Task task = armed.remove(random.nextInt(armed.size()));
                wheel.cancel(task);
                forget(task);
            }
        }

        private boolean pollOnce() {
            boolean something = !model.isEmpty();
            long earliest = something ? model.firstKey() : TimerWheel.NEVER;
            long next = wheel.nextTick();
            if (something ? next > earliest : next != TimerWheel.NEVER) {
                throw new AssertionError("next tick " + next + " though the earliest is " + earliest);
            }
            TimedTask task = wheel.poll(now);
            if (task == null) {
                return wheel.nextTick() <= now;
            }
            if (task.due != earliest || task.due > now) {
                throw new AssertionError("given " + task.due + " at " + now + " though the earliest is " + earliest);
            }
            if (task.due < lastDue) {
                throw new AssertionError("given " + task.due + " after " + lastDue);
            }
            lastDue = task.due;
            forget(task);
            armed.remove(task);
            return true;
        }

        private void pollAll() {
            int limit = 100 + 20 * armed.size();
            while (pollOnce()) {
                if (--limit == 0) {
                    throw new AssertionError("no end of polling");
                }
            }
            assertThat(model.headMap(now, true)).as("left behind").isEmpty();
        }

        private void forget(TimedTask task) {
            Set<TimedTask> peers = model.get(task.due);
            assertThat(peers.remove(task)).isTrue();
            if (peers.isEmpty()) {
                model.remove(task.due);
            }
        }

        /** As likely to be of one order of magnitude as of another. */
        private long logUniform(int bits) {
            return random.nextLong() >>> (Long.SIZE - 1 - random.nextInt(bits)) >>> 1;
        }
    }

    private Task add(long due) {
        Task task = Task.idle();
        wheel.add(task, due);
        return task;
    }

    private List<TimedTask> pollAll(long tick) {
        List<TimedTask> given = new ArrayList<>();
        while (true) {
            TimedTask task = wheel.poll(tick);
            if (task != null) {
                given.add(task);
            } else if (wheel.nextTick() > tick) {
                return given;
            }
        }
    }
}
