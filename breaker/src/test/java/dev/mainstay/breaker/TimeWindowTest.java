package dev.mainstay.breaker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.time.Nanos;
import java.time.Duration;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Windows of the last so much time, beside a list of buckets. */
class TimeWindowTest {

    private static final int STEPS = 40_000;
    private static final String WHERE = "seed %d, start %d, step %d, after %d";

    private final long seed = new Random().nextLong();
    private final Random random = new Random(seed);

    static Stream<SlidingWindow.Time> windows() {
        return Stream.of(
                        SlidingWindow.ofTime(Duration.ofSeconds(1)),
                        SlidingWindow.ofTime(Duration.ofSeconds(10)),
                        SlidingWindow.ofTime(Duration.ofHours(1)),
                        SlidingWindow.ofTime(Duration.ofDays(100_000)),
                        SlidingWindow.ofTime(Duration.ofMillis(10)),
                        SlidingWindow.ofTime(Duration.ofSeconds(1), 1),
                        SlidingWindow.ofTime(Duration.ofSeconds(1), 2),
                        SlidingWindow.ofTime(Duration.ofSeconds(10), 7),
                        // 7,000,000 times 1/7,000,000 is less than 1 in binary fractions
                        SlidingWindow.ofTime(Duration.ofMillis(70), 10),
                        SlidingWindow.ofTime(Duration.ofSeconds(10), 16),
                        SlidingWindow.ofTime(Duration.ofSeconds(10), 17),
                        SlidingWindow.ofTime(Duration.ofHours(1), 3_600))
                .map(SlidingWindow.Time.class::cast);
    }

    @ParameterizedTest
    @MethodSource("windows")
    void countsAsAListOfBucketsDoes(SlidingWindow.Time kind) {
        for (long start : new long[] {0, -1, Long.MAX_VALUE - 12_345, Long.MIN_VALUE, random.nextLong()}) {
            compare(kind, start, kind.buckets() > 100 ? STEPS / 40 : STEPS / 4);
        }
    }

    private void compare(SlidingWindow.Time kind, long start, int steps) {
        TimeWindow window = new TimeWindow(kind, start);
        Model model = new Model(kind);
        int minimum = 1 + random.nextInt(30);
        long width = kind.bucketNanos();
        long elapsed = 0;
        for (int step = 0; step < steps; step++) {
            elapsed += switch (random.nextInt(12)) {
                case 0 -> width - elapsed % width - 1;
                case 1 -> width - elapsed % width;
                case 2 -> (long) (random.nextDouble() * width * 3);
                case 3 -> random.nextInt(40) == 0 ? (long) (random.nextDouble() * width * 40) : 0;
                default -> (long) (random.nextDouble() * width / 20);
            };
            if (elapsed < 0) {
                return;
            }
            long now = start + elapsed;
            boolean failed = random.nextInt(8) == 0;
            boolean slow = random.nextInt(12) == 0;
            Tally before = model.tally(elapsed);
            model.add(elapsed, failed, slow);
            Tally after = model.tally(elapsed);

            int news = Recording.record(window, failed, slow, now, minimum);

            boolean clean = after.failures() == 0 && after.slowCalls() == 0;
            boolean completes = before.calls() < minimum && after.calls() >= minimum && !clean;
            assertThat(news == Window.DUE)
                    .as("due, " + WHERE, seed, start, step, elapsed)
                    .isEqualTo(failed || slow || completes);
            assertThat(news == Window.CLEAN)
                    .as("clean, " + WHERE, seed, start, step, elapsed)
                    .isEqualTo(clean);
            assertThat(window.tally(now)).as(WHERE, seed, start, step, elapsed).isEqualTo(after);
            long later = (long) (random.nextDouble() * width * kind.buckets() * 1.2);
            if (elapsed + later > 0) {
                assertThat(window.tally(now + later))
                        .as("later, " + WHERE, seed, start, step, elapsed)
                        .isEqualTo(model.tally(elapsed + later));
            }
        }
    }

    @Test
    void aCallCountsForNoLongerThanTheDurationAndForNoLessThanThatLessOneBucket() {
        long second = 1_000_000_000L;
        TimeWindow window = new TimeWindow((SlidingWindow.Time) SlidingWindow.ofTime(Duration.ofSeconds(10)), 0);
        Recording.record(window, true, false, 0, 1);
        Recording.record(window, true, false, second - 1, 1);
        Recording.record(window, true, false, second, 1);

        assertThat(window.tally(10 * second - 1).calls()).isEqualTo(3);
        assertThat(window.tally(10 * second).calls()).isEqualTo(1);
        assertThat(window.tally(11 * second - 1).calls()).isEqualTo(1);
        assertThat(window.tally(11 * second).calls()).isZero();
    }

    @Test
    void aBucketOfLongAgoIsNotTakenForOneOfNow() {
        for (Duration duration : new Duration[] {Duration.ofMillis(10), Duration.ofSeconds(1), Duration.ofHours(1)}) {
            SlidingWindow.Time kind = (SlidingWindow.Time) SlidingWindow.ofTime(duration);
            // Wherever a number with fewer bits than the clock's would have wrapped.
            for (int bits = 8; bits < 62; bits++) {
                TimeWindow window = new TimeWindow(kind, 0);
                Recording.record(window, true, false, 0, 1);
                long idle = kind.bucketNanos() << bits;
                if (idle > 0 && idle >> bits == kind.bucketNanos()) {
                    assertThat(window.tally(idle))
                            .as(duration + ", 2^" + bits + " buckets")
                            .isEqualTo(Tally.NOTHING);
                }
            }
        }
    }

    @Test
    void aCallThatTookItsTimeFromLongAgoDoesNotDisturbTheBucketsOfNow() {
        long second = 1_000_000_000L;
        TimeWindow window = new TimeWindow((SlidingWindow.Time) SlidingWindow.ofTime(Duration.ofSeconds(10)), 0);
        Recording.record(window, true, false, 16 * second, 1);

        Recording.record(window, true, false, 0, 1);
        Recording.record(window, true, false, -5, 1);

        assertThat(window.tally(16 * second)).isEqualTo(new Tally(1, 1, 0, 0));
    }

    @Test
    void aBucketThatIsFullStaysFull() {
        StripedBuckets buckets = new StripedBuckets(2, 4);
        for (int i = 0; i < 10; i++) {
            buckets.add(5);
        }

        assertThat(buckets.sum(5, Long.MAX_VALUE)).isEqualTo(3);
        assertThat(buckets.sum(6, Long.MAX_VALUE)).isEqualTo(3);
        assertThat(buckets.sum(7, Long.MAX_VALUE)).isZero();
    }

    @Test
    void anotherDurationKeepsTheBucketsIfTheyAreAsLong() {
        long second = 1_000_000_000L;
        TimeWindow window = new TimeWindow((SlidingWindow.Time) SlidingWindow.ofTime(Duration.ofSeconds(10)), 7);
        for (int i = 0; i < 25; i++) {
            Recording.record(window, i % 2 == 0, i % 3 == 0, 7 + i * second, 1);
        }
        long now = 7 + 24 * second;

        Window longer = window.changedTo(SlidingWindow.ofTime(Duration.ofSeconds(20), 20), now);
        Window shorter = window.changedTo(SlidingWindow.ofTime(Duration.ofSeconds(4), 4), now);

        assertThat(longer.tally(now)).isEqualTo(window.tally(now)).isEqualTo(new Tally(10, 5, 4, 2));
        assertThat(longer.tally(now + 19 * second).calls()).isEqualTo(1);
        assertThat(shorter.tally(now)).isEqualTo(new Tally(4, 2, 2, 1));
        assertThat(Recording.record(shorter, false, false, now, 5)).isEqualTo(Window.DUE);
        assertThat(window.changedTo(SlidingWindow.ofTime(Duration.ofSeconds(10), 5), now)
                        .tally(now))
                .isEqualTo(Tally.NOTHING);
    }

    @Test
    void theSameKindIsTheSameWindow() {
        TimeWindow window = new TimeWindow((SlidingWindow.Time) SlidingWindow.ofTime(Duration.ofSeconds(10)), 0);
        assertThat(window.changedTo(SlidingWindow.ofTime(Duration.ofSeconds(10)), 5))
                .isSameAs(window);
    }

    /** What a window is: a list of buckets. */
    private static final class Model {

        private final long width;
        private final int buckets;
        private final TreeMap<Long, long[]> counts = new TreeMap<>();

        Model(SlidingWindow.Time kind) {
            width = (Nanos.of(kind.duration()) + kind.buckets() - 1) / kind.buckets();
            buckets = kind.buckets();
        }

        void add(long elapsed, boolean failed, boolean slow) {
            long[] bucket = counts.computeIfAbsent(elapsed / width, epoch -> new long[4]);
            bucket[0]++;
            bucket[1] += failed ? 1 : 0;
            bucket[2] += slow ? 1 : 0;
            bucket[3] += failed && slow ? 1 : 0;
            counts.headMap(elapsed / width - buckets, true).clear();
        }

        Tally tally(long elapsed) {
            long calls = 0;
            long failures = 0;
            long slowCalls = 0;
            long slowFailures = 0;
            for (long[] bucket :
                    counts.tailMap(elapsed / width - buckets, false).values()) {
                calls += bucket[0];
                failures += bucket[1];
                slowCalls += bucket[2];
                slowFailures += bucket[3];
            }
            return new Tally(calls, failures, slowCalls, slowFailures);
        }
    }
}
