package dev.mainstay.backoff;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;

class RandomSourceTest {

    @Test
    void theSameSeedGivesTheSameNumbersInTheSameOrder() {
        assertThat(draws(RandomSource.seeded(42))).isEqualTo(draws(RandomSource.seeded(42)));
    }

    @Test
    void anotherSeedGivesOtherNumbers() {
        assertThat(draws(RandomSource.seeded(42))).isNotEqualTo(draws(RandomSource.seeded(43)));
    }

    @Test
    void numbersAreFromZeroToOneAndSpread() {
        for (RandomSource source : List.of(RandomSource.system(), RandomSource.seeded(1))) {
            assertThat(draws(source))
                    .allMatch(number -> number >= 0 && number < 1)
                    .anyMatch(number -> number < 0.5)
                    .anyMatch(number -> number >= 0.5);
        }
    }

    private static List<Double> draws(RandomSource source) {
        return DoubleStream.generate(source::nextDouble).limit(200).boxed().toList();
    }
}
