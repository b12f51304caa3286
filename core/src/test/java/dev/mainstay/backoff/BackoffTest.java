package dev.mainstay.backoff;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.time.Nanos;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Delays against tables, and against bounds that hold whatever is asked. */
class BackoffTest {

    private static final RandomSource NO_RANDOM = () -> {
        throw new AssertionError("there is nothing to draw");
    };

    /** The first delays in milliseconds, with decimals. */
    private static List<Double> delays(Backoff backoff, int count, RandomSource random) {
        List<Double> delays = new ArrayList<>();
        long previous = 0;
        for (int repetition = 1; repetition <= count; repetition++) {
            previous = backoff.delayNanos(repetition, previous, random);
            delays.add(previous / 1e6);
        }
        return delays;
    }

    private static Duration ms(long millis) {
        return Duration.ofMillis(millis);
    }

    @Test
    void noneNeverWaits() {
        assertThat(delays(Backoff.none(), 3, NO_RANDOM)).containsOnly(0.0);
        assertThat(Backoff.none().isNone()).isTrue();
        assertThat(Backoff.fixed(ms(1)).isNone()).isFalse();
    }

    @Test
    void fixedStaysTheSame() {
        assertThat(delays(Backoff.fixed(ms(250)), 3, NO_RANDOM)).containsExactly(250.0, 250.0, 250.0);
        assertThat(delays(Backoff.fixed(Duration.ofNanos(1_500)), 1, NO_RANDOM)).containsExactly(0.0015);
    }

    @Test
    void linearGrowsByTheSameEachTime() {
        assertThat(delays(Backoff.linear(ms(100), ms(50)), 4, NO_RANDOM)).containsExactly(100.0, 150.0, 200.0, 250.0);
        assertThat(delays(Backoff.linear(ms(0), ms(50)).upTo(ms(120)), 5, NO_RANDOM))
                .containsExactly(0.0, 50.0, 100.0, 120.0, 120.0);
    }

    @Test
    void exponentialGrowsByTheSameFactorUpToTheCap() {
        assertThat(delays(Backoff.exponential(ms(50)).upTo(ms(2_000)), 8, NO_RANDOM))
                .containsExactly(50.0, 100.0, 200.0, 400.0, 800.0, 1600.0, 2000.0, 2000.0);
        assertThat(delays(Backoff.exponential(ms(100), 1.5), 4, NO_RANDOM)).containsExactly(100.0, 150.0, 225.0, 337.5);
        assertThat(delays(Backoff.exponential(ms(100), 1), 3, NO_RANDOM)).containsOnly(100.0);
    }

    @Test
    void aFunctionIsAskedForEachRepetition() {
        assertThat(delays(Backoff.of(n -> ms(n).multipliedBy(n)), 3, NO_RANDOM)).containsExactly(1.0, 4.0, 9.0);
    }

    @Test
    void aFunctionThatThrowsOrGivesNullIsReplaced() {
        assertThat(delays(Backoff.of(n -> null), 3, NO_RANDOM)).containsExactly(50.0, 100.0, 200.0);
        assertThat(delays(
                        Backoff.of(n -> {
                            throw new IllegalStateException("scripted");
                        }),
                        3,
                        NO_RANDOM))
                .containsExactly(50.0, 100.0, 200.0);
        assertThat(delays(Backoff.of(n -> ms(-5)), 2, NO_RANDOM)).containsExactly(50.0, 100.0);
    }

    @Test
    void jitterSpreadsTheDelayAfterTheCap() {
        Backoff plain = Backoff.exponential(ms(100)).upTo(ms(300));
        assertThat(delays(plain.fullJitter(), 4, () -> 0.5)).containsExactly(50.0, 100.0, 150.0, 150.0);
        assertThat(delays(plain.equalJitter(), 4, () -> 0.5)).containsExactly(75.0, 150.0, 225.0, 225.0);
        assertThat(delays(plain.jitter(0.1), 2, () -> 0)).containsExactly(90.0, 180.0);
        assertThat(delays(plain.jitter(0.1), 2, () -> 0.5)).containsExactly(100.0, 200.0);
        assertThat(delays(plain.fullJitter().noJitter(), 3, NO_RANDOM)).containsExactly(100.0, 200.0, 300.0);
    }

    @Test
    void jitterAroundTheCapIsSpreadBelowIt() {
        Backoff atTheCap = Backoff.fixed(ms(100)).upTo(ms(100)).jitter(0.5);
        assertThat(delays(atTheCap, 1, () -> 0)).containsExactly(50.0);
        assertThat(delays(atTheCap, 1, () -> 0.5)).containsExactly(75.0);
        assertThat(delays(atTheCap, 1, () -> 0.9)).containsExactly(95.0);
    }

    @Test
    void decorrelatedDrawsBetweenTheFirstAndThreeTimesTheOneBefore() {
        Backoff backoff = Backoff.decorrelated(ms(100));
        assertThat(delays(backoff, 3, () -> 0)).containsExactly(100.0, 100.0, 100.0);
        assertThat(delays(backoff, 3, () -> 0.5)).containsExactly(200.0, 350.0, 575.0);
    }

    @Test
    void decorrelatedStaysSpreadAtTheCap() {
        Backoff backoff = Backoff.decorrelated(ms(100)).upTo(ms(500));
        assertThat(delays(backoff, 6, () -> 0.75)).endsWith(400.0, 400.0);
        assertThat(delays(Backoff.decorrelated(ms(100)).upTo(ms(100)), 2, () -> 0.5))
                .containsOnly(100.0);
    }

    @Test
    void draftsAreNotChangedByWhatIsMadeOfThem() {
        Backoff plain = Backoff.exponential(ms(100));
        plain.upTo(ms(100)).fullJitter();
        assertThat(delays(plain, 2, NO_RANDOM)).containsExactly(100.0, 200.0);
        assertThat(plain.cap()).isEqualTo(Duration.ofNanos(Nanos.FOREVER));
        assertThat(plain.upTo(ms(700)).cap()).isEqualTo(ms(700));
    }

    /** Whatever is asked: never negative, never over the cap, within what the jitter says. */
    @Test
    void keepsItsBoundsWhateverIsAsked() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        RandomSource draws = random::nextDouble;
        for (int round = 0; round < 20_000; round++) {
            Backoff plain = anyBackoff(random);
            int repetition = 1 + (random.nextBoolean() ? random.nextInt(10) : random.nextInt(Integer.MAX_VALUE));
            long previous = anyNanos(random);
            long cap = Nanos.of(plain.cap());
            String what = "seed " + seed + ", round " + round + ", " + plain + ", repetition " + repetition;
            long full = plain.fullJitter().delayNanos(repetition, previous, draws);
            long equal = plain.equalJitter().delayNanos(repetition, previous, draws);
            long around = plain.jitter(random.nextDouble()).delayNanos(repetition, previous, draws);
            long delay = plain.delayNanos(repetition, previous, draws);
            assertThat(List.of(full, equal, around, delay)).as(what).allMatch(each -> each >= 0 && each <= cap);
            if (!plain.toString().startsWith("decorrelated")) {
                assertThat(full).as(what).isLessThanOrEqualTo(delay);
                assertThat(equal).as(what).isBetween(delay / 2 - 1, delay);
            }
        }
    }

    private static Backoff anyBackoff(Random random) {
        Duration first = Duration.ofNanos(1 + anyNanos(random));
        Backoff backoff = switch (random.nextInt(6)) {
            case 0 -> Backoff.fixed(first);
            case 1 -> Backoff.linear(first, Duration.ofNanos(anyNanos(random)));
            case 2 -> Backoff.exponential(first);
            case 3 -> Backoff.exponential(first, 1 + random.nextDouble() * 1_000);
            case 4 -> Backoff.of(n -> Duration.ofSeconds(n).multipliedBy(n));
            default -> Backoff.decorrelated(first);
        };
        return random.nextBoolean() ? backoff.upTo(first.plusNanos(anyNanos(random))) : backoff;
    }

    /** Of any order of magnitude. */
    private static long anyNanos(Random random) {
        return Math.min(random.nextLong() >>> (1 + random.nextInt(63)), Nanos.FOREVER - 1);
    }

    @Test
    void nothingOverflows() {
        Duration longest = Duration.ofSeconds(Long.MAX_VALUE);
        List<Backoff> huge = List.of(
                Backoff.fixed(longest),
                Backoff.linear(longest, longest),
                Backoff.exponential(longest, 1e300),
                Backoff.decorrelated(longest),
                Backoff.of(n -> longest));
        for (Backoff backoff : huge) {
            assertThat(backoff.delayNanos(Integer.MAX_VALUE, Nanos.FOREVER, () -> 0.999))
                    .as(backoff.toString())
                    .isEqualTo(Nanos.FOREVER);
            assertThat(backoff.upTo(longest).fullJitter().delayNanos(Integer.MAX_VALUE, Nanos.FOREVER, () -> 0.5))
                    .isEqualTo(Nanos.FOREVER / 2 + 1);
        }
    }

    @Test
    void saysWhatItIs() {
        assertThat(Backoff.exponential(ms(50)).upTo(ms(2_000)).fullJitter())
                .hasToString("exponential from 50ms x2 up to 2s, full jitter");
        assertThat(Backoff.linear(ms(1), ms(2)).jitter(0.25)).hasToString("linear from 1ms by 2ms, jitter 0.25");
        assertThat(Backoff.fixed(ms(3))).hasToString("fixed 3ms");
        assertThat(Backoff.decorrelated(ms(3))).hasToString("decorrelated from 3ms");
    }

    @Test
    void rejectsWhatMakesNoSense() {
        assertThatThrownBy(() -> Backoff.fixed(ms(-1))).hasMessage("delay is PT-0.001S but must be zero or more");
        assertThatThrownBy(() -> Backoff.fixed(null)).hasMessage("delay must not be null");
        assertThatThrownBy(() -> Backoff.exponential(ms(0))).hasMessageContaining("initial is PT0S");
        assertThatThrownBy(() -> Backoff.exponential(ms(1), 0.9)).hasMessageContaining("multiplier is 0.9");
        assertThatThrownBy(() -> Backoff.exponential(ms(1), Double.POSITIVE_INFINITY))
                .hasMessageContaining("multiplier is Infinity");
        assertThatThrownBy(() -> Backoff.exponential(ms(1), Double.NaN)).hasMessageContaining("multiplier is NaN");
        assertThatThrownBy(() -> Backoff.linear(ms(1), ms(-1))).hasMessageContaining("increment is PT-0.001S");
        assertThatThrownBy(() -> Backoff.decorrelated(ms(0))).hasMessageContaining("initial is PT0S");
        assertThatThrownBy(() -> Backoff.fixed(ms(1)).upTo(ms(0))).hasMessageContaining("cap is PT0S");
        for (Backoff fromTen : List.of(
                Backoff.fixed(ms(10)),
                Backoff.linear(ms(10), ms(1)),
                Backoff.exponential(ms(10)),
                Backoff.decorrelated(ms(10)),
                Backoff.fixed(ms(10)).fullJitter().upTo(ms(20)))) {
            assertThatThrownBy(() -> fromTen.upTo(ms(9)))
                    .hasMessage("cap is PT0.009S but must be at least the first delay, 10ms");
            assertThat(fromTen.upTo(ms(10)).cap()).isEqualTo(ms(10));
        }
        assertThatThrownBy(() -> Backoff.fixed(ms(1)).jitter(1.1)).hasMessageContaining("jitter is 1.1");
        assertThatThrownBy(() -> Backoff.fixed(ms(1)).jitter(-0.1)).hasMessageContaining("jitter is -0.1");
        assertThatThrownBy(() -> Backoff.of(null)).hasMessageContaining("function must not be null");
    }

    @Test
    void saysFactorsThatNobodyWouldCountInPowersOfTen() {
        assertThat(Backoff.exponential(ms(1), 1e15)).hasToString("exponential from 1ms x1.0E15");
    }
}
