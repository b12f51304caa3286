package dev.mainstay.registry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.Policy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Whatever keys are, the names of their instances are one short line each, and no two are alike. */
class InstanceNamesTest {

    private final KeyedRegistry<Turnstile> hosts = KeyedRegistry.<Turnstile>builder("hosts", name -> Turnstile.of(name))
            .maxInstances(1_000)
            .build();

    private String nameOf(Object key) {
        return hosts.get(key).name();
    }

    /** A key of which two may look alike. */
    private record Looks(String text, int hash, Object identity) {

        @Override
        public boolean equals(Object other) {
            return other instanceof Looks that && that.identity == identity;
        }

        @Override
        public int hashCode() {
            return hash;
        }

        @Override
        public String toString() {
            if (text.equals("throws")) {
                throw new StackOverflowError("toString throws");
            }
            return text;
        }
    }

    private enum Region {
        EU
    }

    private static Looks looks(String text, int hash) {
        return new Looks(text, hash, new Object());
    }

    @Test
    void anOrdinaryStringIsItsOwnName() {
        for (String key : List.of("eu.example.com", "1", "a b", "Żółć", "[x]", "#", "a#b", "", "x".repeat(120))) {
            assertThat(nameOf(key)).isEqualTo("hosts[" + key + "]");
        }
    }

    @Test
    void otherKeysSayWhatTheyAre() {
        assertThat(nameOf(1)).isEqualTo("hosts[1 #Integer]");
        assertThat(nameOf(Region.EU)).isEqualTo("hosts[EU #Region]");
        assertThat(nameOf(looks("EU", 0x7f3a))).isEqualTo("hosts[EU #Looks-7f3a]");
    }

    @Test
    void noTwoNamesAreAlikeAndEachIsAShortLine() {
        String longText = "x".repeat(500);
        List<Object> keys = new ArrayList<>(List.of(
                1,
                1L,
                (short) 1,
                (byte) 1,
                "1",
                '1',
                1.0,
                1.0f,
                "1 #Integer",
                "1 #Long",
                "shared",
                "shared\n",
                "shared #String",
                "a\nb",
                "a\rb",
                "a\u2028b",
                "a\uFFFDb",
                "a\u0000b",
                longText + "1",
                longText + "2",
                longText + "\uD83D",
                longText + "\uD83E",
                Region.EU));
        keys.addAll(List.of(
                "EU",
                "EU #Region",
                TimeUnit.DAYS,
                "DAYS",
                new UUID(1, 1),
                new UUID(1, 1).toString(),
                looks("EU", 1),
                looks("EU", 1),
                looks("EU", 1),
                looks("EU", 2),
                looks("shared", 1),
                looks("throws", 1),
                looks("throws", 1),
                looks(longText, 1),
                looks(longText, 1),
                looks("a\nb", 1),
                looks("a\rb", 1),
                looks("", 1)));
        List<String> names = new ArrayList<>(List.of(hosts.shared().name()));
        keys.forEach(key -> names.add(nameOf(key)));
        assertThat(names).doesNotHaveDuplicates().allSatisfy(name -> {
            assertThat(name).hasSizeLessThan(300);
            assertThat(name.chars().filter(Character::isISOControl)).isEmpty();
            assertThat(name).doesNotContain("\u2028", "\u2029");
        });
    }

    @Test
    void stringsThatLookLikeOtherNamesHaveNamesOfTheirOwn() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        List<Object> keys = new ArrayList<>(List.of(1, 2L, "shared", "a\nb", looks("x", 1), looks("x", 1)));
        for (int i = 0; i < 500; i++) {
            // Of some name that was given, a part, and a part of another: whoever chooses keys knows how names are
            // made.
            String name = nameOf(keys.get(random.nextInt(keys.size())));
            String text = name.substring(6, name.length() - 1);
            keys.add(text.substring(0, random.nextInt(text.length() + 1)));
            keys.add(text);
        }
        List<Object> distinct = keys.stream().distinct().toList();
        assertThat(distinct.stream().map(this::nameOf)).as("seed %s", seed).doesNotHaveDuplicates();
    }

    @Test
    void aKeyHasTheSameNameAgain() {
        KeyedRegistry<Turnstile> one = KeyedRegistry.<Turnstile>builder("hosts", name -> Turnstile.of(name))
                .maxInstances(1)
                .build();
        for (Object key : Arrays.asList("a", 1, looks("EU", 3), "a\nb", "x".repeat(500))) {
            String first = one.get(key).name();
            one.remove(key);
            assertThat(one.get(key).name()).isEqualTo(first);
            one.remove(key);
        }
    }

    @Test
    void namesOfKeysThatAreGoneAreFree() {
        InstanceNames names = new InstanceNames("hosts");
        for (int i = 0; i < 10_000; i++) {
            Looks key = looks("EU", 5);
            InstanceNames.InstanceName name = names.of(key);
            assertThat(name.text()).isEqualTo("hosts[EU #Looks-5]");
            names.release(name.reserved(), key);
        }
    }

    @Test
    void aFactoryThatFailsReservesNoName() {
        KeyedRegistry<Turnstile> failing = KeyedRegistry.of("hosts", name -> {
            if (!name.endsWith("[shared]")) {
                throw new IllegalStateException(name);
            }
            return Turnstile.of(name);
        });
        for (int i = 0; i < 3; i++) {
            assertThat(org.assertj.core.api.Assertions.catchThrowable(() -> failing.get(looks("EU", 5))))
                    .hasMessage("hosts[EU #Looks-5]");
        }
    }

    @Test
    void metersAndPoliciesHaveTheSameNames() {
        KeyedRegistry<Turnstile> apart = KeyedRegistry.<Turnstile>builder("hosts", name -> Turnstile.of(name))
                .metersPerKey(true)
                .build();
        Stream.of("shared", 1, "1", "a\nb").forEach(apart::get);
        assertThat(apart.all().stream().map(Policy::name)).doesNotHaveDuplicates();
    }
}
