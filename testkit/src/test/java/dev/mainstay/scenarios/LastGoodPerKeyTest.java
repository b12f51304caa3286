package dev.mainstay.scenarios;

import static dev.mainstay.testkit.MainstayAssertions.assertThat;
import static dev.mainstay.testkit.MainstayAssertions.assertThatThrownBy;
import static java.time.Duration.ofSeconds;

import dev.mainstay.Fallback;
import dev.mainstay.Pipeline;
import dev.mainstay.call.CallContext;
import dev.mainstay.event.CallbackFailures;
import dev.mainstay.future.Stages;
import dev.mainstay.testkit.Scenario;
import dev.mainstay.testkit.Script;
import dev.mainstay.time.VirtualTime;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The last good result of each key, up to an age and for so many keys. */
class LastGoodPerKeyTest {

    private final IOException scripted = new IOException("scripted");
    private final VirtualTime time = VirtualTime.create();

    private static Fallback<String> perKey(int maxKeys, VirtualTime time) {
        return Fallback.<String>builder()
                .lastGoodPerKey(ofSeconds(10), maxKeys)
                .timeSource(time)
                .build();
    }

    private static CallContext of(Object key) {
        return CallContext.plain().key(key);
    }

    private boolean has(Fallback<String> fallback, Object key) {
        return fallback.handles(scripted, of(key));
    }

    /** Two keys, one after the other, through the same fallback. */
    @Test
    void eachKeyHasItsOwnInEveryMode() {
        Scenario.named("per key")
                .with(
                        time -> perKey(2, time),
                        fallback -> new TypedGuard(Pipeline.of("none")
                                .with(ctx -> ctx.key("sku-7"))
                                .withFallback(fallback)))
                .inEveryMode(run -> {
                    TypedGuard other = new TypedGuard(
                            Pipeline.of("none").with(ctx -> ctx.key("sku-8")).withFallback(run.policy()));
                    TypedGuard none = new TypedGuard(Pipeline.of("none").withFallback(run.policy()));
                    run.call(Script.succeeding("seven")).returned("seven");
                    run.call(other, Script.failing(scripted)).failedWith(scripted);
                    run.call(other, Script.succeeding("eight")).returned("eight");
                    run.call(none, Script.succeeding("nobody's")).returned("nobody's");
                    run.call(Script.<String>failing(scripted)).returned("seven");
                    run.call(other, Script.<String>failing(scripted)).returned("eight");
                    run.call(none, Script.<String>failing(scripted)).failedWith(scripted);
                    run.call(Script.succeeding("seven again")).returned("seven again");
                    run.after(ofSeconds(10));
                    run.call(Script.<String>failing(scripted)).returned("seven again");
                    run.after(ofSeconds(1));
                    run.call(Script.<String>failing(scripted)).failedWith(scripted);
                });
    }

    @Test
    void keysAreComparedByEquals() {
        Fallback<String> fallback = perKey(10, time);
        fallback.succeeded("good", of(List.of("a", 1)));

        assertThat(fallback.answer(scripted, of(List.of("a", 1)))).isCompletedWithValue("good");
        assertThat(Stages.failureOf(fallback.answer(scripted, of(List.of("a", 2)))))
                .isSameAs(scripted);
    }

    @Test
    void aNullResultIsAResult() {
        Fallback<String> fallback = perKey(10, time);
        fallback.succeeded(null, of("key"));

        assertThat(fallback.answer(scripted, of("key"))).isCompletedWithValue(null);
    }

    // ---- room

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 15, 16, 17, 100, 300})
    void neverMoreThanTheBoundAreKept(int maxKeys) {
        Fallback<String> fallback = perKey(maxKeys, time);
        for (int key = 0; key < 3 * maxKeys; key++) {
            fallback.succeeded("good", of(key));
            time.advanceNanos(1);
            long kept = IntStream.rangeClosed(0, key)
                    .filter(each -> has(fallback, each))
                    .count();
            assertThat(kept).isBetween((long) Math.min(key + 1, maxKeys - maxKeys / 16), (long) maxKeys);
            assertThat(has(fallback, key)).isTrue();
        }
    }

    @Test
    void theOldestGoesWhenThereIsNoRoom() {
        Fallback<String> fallback = perKey(3, time);
        for (String key : List.of("a", "b", "c", "a")) {
            fallback.succeeded("good", of(key));
            time.advance(ofSeconds(1));
        }

        fallback.succeeded("good", of("d"));

        assertThat(has(fallback, "b")).isFalse();
        assertThat(List.of("a", "c", "d")).allMatch(key -> has(fallback, key));
    }

    @Test
    void ofThoseOfTheSameAgeOnlyAsManyGoAsAreNeeded() {
        Fallback<String> fallback = perKey(8, time);
        for (int key = 0; key <= 8; key++) {
            fallback.succeeded("good", of(key));
        }

        assertThat(IntStream.rangeClosed(0, 8).filter(key -> has(fallback, key)).count())
                .isEqualTo(8);
    }

    /** All expired ones go at once, so that what is young has room for a long time. */
    @Test
    void expiredOnesGoFirst() {
        Fallback<String> fallback = perKey(6, time);
        for (int key = 0; key < 4; key++) {
            fallback.succeeded("old", of(key));
        }
        time.advance(ofSeconds(11));
        for (int key = 4; key < 6; key++) {
            fallback.succeeded("young", of(key));
        }

        for (int key = 6; key < 10; key++) {
            fallback.succeeded("new", of(key));
        }

        assertThat(IntStream.range(4, 10)).allMatch(key -> has(fallback, key));
    }

    @Test
    void oneWhoseRoomWentMayComeBack() {
        Fallback<String> fallback = perKey(1, time);
        fallback.succeeded("first", of("a"));
        time.advanceNanos(1);
        fallback.succeeded("good", of("b"));
        time.advanceNanos(1);

        fallback.succeeded("second", of("a"));

        assertThat(fallback.answer(scripted, of("a"))).isCompletedWithValue("second");
        assertThat(has(fallback, "b")).isFalse();
    }

    // ---- keys that misbehave

    /** All have the same hash code. */
    private record Colliding(int number) {

        @Override
        public int hashCode() {
            return 1;
        }
    }

    @Test
    void keysWithTheSameHashCodeAreToldApart() {
        Fallback<String> fallback = perKey(5, time);
        for (int i = 0; i < 20; i++) {
            fallback.succeeded("good " + i, of(new Colliding(i)));
            time.advanceNanos(1);
        }

        assertThat(IntStream.range(0, 15)).noneMatch(i -> has(fallback, new Colliding(i)));
        for (int i = 15; i < 20; i++) {
            assertThat(fallback.answer(scripted, of(new Colliding(i)))).isCompletedWithValue("good " + i);
        }
    }

    @SuppressWarnings("EqualsHashCode")
    private static final class Throwing {

        @Override
        public int hashCode() {
            throw new IllegalStateException("hashCode");
        }
    }

    @Test
    void aKeyThatThrowsChangesNoOutcomeAndIsLoggedOnce() {
        Fallback<String> fallback = perKey(5, time);
        try (LogOf log = new LogOf(CallbackFailures.class)) {
            for (int i = 0; i < 3; i++) {
                assertThat(fallback.succeeded("own", of(new Throwing()))).isEqualTo("own");
                assertThat(Stages.failureOf(fallback.answer(scripted, of(new Throwing()))))
                        .isSameAs(scripted);
            }
            assertThat(log.messages())
                    .filteredOn(line -> line.contains("equals or hashCode of a key"))
                    .hasSize(1);
        }
    }

    /** Blocks in {@code equals}, which other keys of the same bucket must not have to wait for. */
    private static final class Blocking {

        final CountDownLatch reached = new CountDownLatch(1);
        final CountDownLatch released = new CountDownLatch(1);

        @Override
        public boolean equals(Object other) {
            if (!(other instanceof Blocking) && other != null) {
                reached.countDown();
                try {
                    released.await();
                } catch (InterruptedException impossible) {
                    throw new AssertionError(impossible);
                }
            }
            return this == other;
        }

        @Override
        public int hashCode() {
            return 1;
        }
    }

    @Test
    @Timeout(value = 1, unit = TimeUnit.MINUTES)
    void nobodyWaitsForTheEqualsOfAnothersKey() throws Exception {
        Fallback<String> fallback = perKey(2, time);
        fallback.succeeded("good", of(new Colliding(0)));
        Blocking key = new Blocking();
        CompletableFuture<String> blocked =
                CompletableFuture.supplyAsync(() -> fallback.succeeded("blocked", of(key)), task -> {
                    new Thread(task).start();
                });
        key.reached.await();

        for (int i = 0; i < 10; i++) {
            fallback.succeeded("good " + i, of(new Colliding(i)));
            assertThat(fallback.answer(scripted, of(new Colliding(i)))).isCompletedWithValue("good " + i);
            time.advanceNanos(1);
        }
        assertThat(blocked).isNotDone();
        key.released.countDown();

        assertThat(blocked.join()).isEqualTo("blocked");
        assertThat(fallback.answer(scripted, of(key))).isCompletedWithValue("blocked");
    }

    /** On real threads: each key is only ever given a result of its own, and the bound holds. */
    @Test
    @Timeout(value = 1, unit = TimeUnit.MINUTES)
    void manyThreadsMixNoKeysAndKeepTheBound() throws Exception {
        int maxKeys = 20;
        Fallback<String> fallback = perKey(maxKeys, time);
        List<CompletableFuture<Void>> threads = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            SplittableRandom random = new SplittableRandom(i);
            threads.add(CompletableFuture.runAsync(
                    () -> {
                        for (int n = 0; n < 20_000; n++) {
                            int key = random.nextInt(3 * maxKeys);
                            fallback.succeeded("good " + key, of(key));
                            CompletableFuture<String> answer = fallback.answer(scripted, of(key));
                            if (!answer.isCompletedExceptionally()) {
                                assertThat(answer.join()).isEqualTo("good " + key);
                            }
                        }
                    },
                    task -> new Thread(task).start()));
        }
        threads.forEach(CompletableFuture::join);

        assertThat(IntStream.range(0, 3 * maxKeys)
                        .filter(key -> has(fallback, key))
                        .count())
                .isBetween(1L, (long) maxKeys);
        // Nothing is left of the threads that would keep new keys out.
        for (int key = 100; key < 100 + maxKeys; key++) {
            time.advanceNanos(1);
            fallback.succeeded("good", of(key));
        }
        assertThat(IntStream.range(100, 100 + maxKeys)).allMatch(key -> has(fallback, key));
    }

    // ---- options

    @Test
    void optionsAreChecked() {
        assertThatThrownBy(() -> Fallback.lastGoodPerKey(ofSeconds(1), 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("maxKeys is 0 but must be at least 1");
        assertThatThrownBy(() -> Fallback.lastGoodPerKey(ofSeconds(0), 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("maxAge is PT0S but must be a duration above zero");
        assertThat(Fallback.lastGoodPerKey(ofSeconds(1), 5))
                .hasToString("Fallback[0 cases, last good value of up to 5 keys]");
        assertThat(Fallback.lastGoodPerKey(ofSeconds(1), Integer.MAX_VALUE).handles(scripted, of("key")))
                .isFalse();
    }

    @Test
    void theLastKindThatIsSaidCounts() {
        assertThat(Fallback.<String>builder()
                        .lastGoodPerKey(ofSeconds(1), 5)
                        .lastGood(ofSeconds(1))
                        .build())
                .hasToString("Fallback[0 cases, last good value]");
    }
}
