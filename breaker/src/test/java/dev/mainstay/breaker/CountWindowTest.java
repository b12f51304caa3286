package dev.mainstay.breaker;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Windows of the last n calls, beside a list of them. */
class CountWindowTest {

    private static final int STEPS = 6_000;
    private static final String WHERE = "seed %d, size %d, step %d";

    private final long seed = new Random().nextLong();
    private final Random random = new Random(seed);

    private static IntStream sizes() {
        return IntStream.concat(IntStream.rangeClosed(1, 300), IntStream.of(1_000, 4_099));
    }

    @Test
    void countsFailuresAsAListDoes() {
        sizes().forEach(size -> compare(size, false, Recording::record));
    }

    @Test
    void countsFailuresAsAListDoesIfSuccessesAreNotToldWhileItIsQuiet() {
        sizes().forEach(size -> compare(size, false, Recording::recordAsAGate));
    }

    @Test
    void countsFailuresAndSlowCallsAsAListDoes() {
        sizes().forEach(size -> compare(size, true, Recording::record));
    }

    private interface Way {
        int record(Window window, boolean failed, boolean slow, long now, int minimumCalls);
    }

    private void compare(int size, boolean slowCalls, Way way) {
        Window window = Window.of(SlidingWindow.ofCalls(size), 0);
        Model model = new Model(size);
        int minimum = 1 + random.nextInt(size);
        double failing = 0;
        for (int step = 0; step < STEPS + 4 * size; step++) {
            if (step % (size + 20) == 0) {
                failing = new double[] {0, 0, 0.02, 0.5, 1}[random.nextInt(5)];
            }
            boolean failed = random.nextDouble() < failing;
            boolean slow = slowCalls && random.nextDouble() < failing / 2;
            boolean hadNothing = model.isFull() && model.isClean();
            int before = model.calls();
            model.add(failed, slow);

            int news = way.record(window, failed, slow, 0, minimum);

            boolean completes = before < minimum && model.calls() >= minimum;
            assertThat(news == Window.DUE).as("due, " + WHERE, seed, size, step).isEqualTo(failed || slow || completes);
            if (news == Window.UNCHANGED) {
                assertThat(hadNothing).as("quiet, " + WHERE, seed, size, step).isTrue();
            }
            if (news == Window.CLEAN) {
                assertThat(model.isClean())
                        .as("clean, " + WHERE, seed, size, step)
                        .isTrue();
            }
            if (step % 3 == 0) {
                assertThat(window.tally(0)).as(WHERE, seed, size, step).isEqualTo(model.tally());
                assertThat(window.hasTurnedOver(0)).as(WHERE, seed, size, step).isEqualTo(model.isFull());
            }
        }
        assertThat(window.tally(0)).as("seed " + seed).isEqualTo(model.tally());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 20, 64, 100, 1_000, 10_000})
    void aFullWindowWithoutFailureIsNotWrittenTo(int size) {
        CountWindow window = new CountWindow(size);
        Recording.record(window, true, false, 0, 1);
        for (int i = 0; i < size; i++) {
            assertThat(window.isQuiet()).isFalse();
            Recording.record(window, false, false, 0, 1);
        }

        assertThat(window.isQuiet()).isTrue();
        assertThat(Recording.record(window, false, false, 0, 1)).isEqualTo(Window.UNCHANGED);
    }

    @Test
    void aFailureEndsTheQuietAndIsCountedAmongTheCallsThatWereNot() {
        CountWindow window = new CountWindow(100);
        for (int i = 0; i < 1_000; i++) {
            Recording.record(window, false, false, 0, 20);
        }
        assertThat(window.isQuiet()).isTrue();

        Recording.record(window, true, false, 0, 20);

        assertThat(window.isQuiet()).isFalse();
        assertThat(window.tally(0)).isEqualTo(new Tally(100, 1, 0, 0));
        for (int i = 0; i < 99; i++) {
            Recording.record(window, false, false, 0, 20);
        }
        assertThat(window.tally(0)).isEqualTo(new Tally(100, 1, 0, 0));
        Recording.record(window, false, false, 0, 20);
        assertThat(window.tally(0)).isEqualTo(new Tally(100, 0, 0, 0));
    }

    @Test
    void aWindowBeforeItIsFullIsNeverQuiet() {
        CountWindow window = new CountWindow(100);
        for (int i = 0; i < 99; i++) {
            assertThat(Recording.record(window, false, false, 0, 20)).isNotEqualTo(Window.UNCHANGED);
        }

        assertThat(window.isQuiet()).isFalse();
        assertThat(window.tally(0)).isEqualTo(new Tally(99, 0, 0, 0));
    }

    @Test
    void aWindowThatWasChangedToAnotherHoldsUpNobodyWhoStillCountsIn() throws Exception {
        CountWindow window = new CountWindow(100);
        window.changedTo(SlidingWindow.ofCalls(200), 0);

        Tally after = CompletableFuture.supplyAsync(() -> window.recordBad(true, false, 0))
                .get(10, TimeUnit.SECONDS);

        assertThat(after).isEqualTo(new Tally(1, 1, 0, 0));
    }

    @Test
    void anotherSizeKeepsTheNewestCallsThatFit() {
        for (int step = 0; step < 3_000; step++) {
            int size = 1 + random.nextInt(200);
            int other = 1 + random.nextInt(200);
            boolean slowCalls = random.nextBoolean();
            Window window = Window.of(SlidingWindow.ofCalls(size), 0);
            Model model = new Model(other);
            Deque<boolean[]> newest = new ArrayDeque<>();
            for (int call = random.nextInt(400); call > 0; call--) {
                boolean failed = random.nextInt(4) == 0;
                boolean slow = slowCalls && random.nextInt(4) == 0;
                Recording.record(window, failed, slow, 0, 1);
                newest.add(new boolean[] {failed, slow});
                if (newest.size() > size) {
                    newest.remove();
                }
            }
            newest.forEach(call -> model.add(call[0], call[1]));

            Window changed = window.changedTo(SlidingWindow.ofCalls(other), 0);
            String where = "seed " + seed + ", " + size + " to " + other + ", slow " + slowCalls;
            assertThat(changed.tally(0)).as(where).isEqualTo(model.tally());
            for (int call = 0; call < other; call++) {
                Recording.record(changed, false, false, 0, 1);
                model.add(false, false);
                assertThat(changed.tally(0)).as(where).isEqualTo(model.tally());
            }
        }
    }

    /** What a window is: a list. */
    private static final class Model {

        private final int size;
        private final Deque<boolean[]> calls = new ArrayDeque<>();
        private int failures;
        private int slowCalls;
        private int slowFailures;

        Model(int size) {
            this.size = size;
        }

        void add(boolean failed, boolean slow) {
            calls.add(new boolean[] {failed, slow});
            count(failed, slow, 1);
            if (calls.size() > size) {
                boolean[] oldest = calls.remove();
                count(oldest[0], oldest[1], -1);
            }
        }

        private void count(boolean failed, boolean slow, int one) {
            failures += failed ? one : 0;
            slowCalls += slow ? one : 0;
            slowFailures += failed && slow ? one : 0;
        }

        int calls() {
            return calls.size();
        }

        boolean isFull() {
            return calls.size() == size;
        }

        boolean isClean() {
            return failures == 0 && slowCalls == 0;
        }

        Tally tally() {
            return new Tally(calls.size(), failures, slowCalls, slowFailures);
        }
    }
}
