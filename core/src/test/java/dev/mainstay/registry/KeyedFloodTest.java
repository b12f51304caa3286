package dev.mainstay.registry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.Chain;
import dev.mainstay.Policy;
import dev.mainstay.call.AsyncCallBody;
import dev.mainstay.call.CallBody;
import dev.mainstay.call.CallContext;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Whatever floods a keyed registry, it stays within its bounds and finds back. */
class KeyedFloodTest {

    private static final int MOST = 100;

    /** Beyond {@code maxInstances}: what comes back after an eviction under a call. */
    private static final int OVERDRAFT = 16;

    private static final int THREADS = 4;
    private static final int FLOOD = Boolean.getBoolean("tests.integration") ? 20_000 : 4_000;
    private static final int SEARCHES = Boolean.getBoolean("tests.integration") ? 300 : 50;

    private final AtomicInteger idleChecks = new AtomicInteger();

    private final KeyedRegistry<Ledger> registry = KeyedRegistry.<Ledger>builder("keys", Ledger::new)
            .maxInstances(MOST)
            .build();

    private final List<CompletableFuture<String>> open = new CopyOnWriteArrayList<>();

    /** How a call in the flood ends. */
    enum Ending {
        SUCCEEDS,
        FAILS,
        NEVER,
        FAILS_LATE,
        SUCCEEDS_LATE;

        boolean isAsync() {
            return this == NEVER || this == FAILS_LATE || this == SUCCEEDS_LATE;
        }
    }

    private void call(Object key, Ending ending) {
        if (ending.isAsync()) {
            CompletableFuture<String> stage = new CompletableFuture<>();
            open.add(stage);
            CompletableFuture<String> ignored =
                    registry.with(ctx -> ctx.key(key)).callAsync(() -> stage);
            return;
        }
        try {
            registry.with(ctx -> ctx.key(key)).call(() -> {
                if (ending == Ending.FAILS) {
                    throw new IOException("on purpose");
                }
                return "done";
            });
        } catch (IOException expected) {
            // It leaves a debt.
        }
    }

    private void endAll(Ending ending) {
        for (CompletableFuture<String> stage : open) {
            if (ending == Ending.FAILS_LATE) {
                stage.completeExceptionally(new IOException("on purpose"));
            } else if (ending == Ending.SUCCEEDS_LATE) {
                stage.complete("done");
            }
        }
    }

    private void requireBounds(String when, int extra) {
        assertThat(registry.all()).as(when).hasSizeLessThanOrEqualTo(MOST + extra + 1);
        assertThat(registry.entries()).as(when).isLessThanOrEqualTo(2 * MOST + extra + 2 * THREADS);
    }

    @ParameterizedTest
    @EnumSource
    void aFloodTakesNoMorePlacesThanTheBound(Ending ending) {
        for (int i = 0; i < FLOOD; i++) {
            call(i, ending);
            requireBounds("key " + i, 0);
        }
        endAll(ending);
        requireBounds("at the end", 0);
        requireRoomOnceAllIsPaid();
    }

    @ParameterizedTest
    @EnumSource
    void aFloodBySeveralThreadsTakesNoMorePlacesThanTheBound(Ending ending) throws Exception {
        List<Throwable> failures = new CopyOnWriteArrayList<>();
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < THREADS; t++) {
            int first = t * 100_000;
            Thread thread = new Thread(() -> {
                for (int i = 0; i < 5_000; i++) {
                    call(first + i, ending);
                    // The list of instances lags behind the places: an evicted one leaves it after its place was given
                    // on.
                    requireBounds("key " + i, OVERDRAFT + 2 * THREADS);
                }
            });
            thread.setUncaughtExceptionHandler((its, failure) -> failures.add(failure));
            thread.start();
            threads.add(thread);
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(failures).isEmpty();
        endAll(ending);
        requireBounds("at the end", OVERDRAFT);
        requireRoomOnceAllIsPaid();
    }

    @Test
    void aFloodWhileAllAreBusyLeavesThemAlone() {
        for (int i = 0; i < MOST; i++) {
            call("busy " + i, Ending.FAILS);
        }
        for (int i = 0; i < 20_000; i++) {
            call(i, Ending.SUCCEEDS);
        }
        for (int i = 0; i < MOST; i++) {
            assertThat(registry.find("busy " + i)).isPresent();
        }
        assertThat(registry.entries()).isEqualTo(MOST);
    }

    /** All places are there again: none was lost, and none is counted twice. */
    private void requireRoomOnceAllIsPaid() {
        registry.all().forEach(ledger -> ledger.debts.set(0));
        for (int i = 0; i < 3 * MOST; i++) {
            registry.get("after " + i);
        }
        for (int i = 0; i < MOST; i++) {
            call("after " + i, Ending.FAILS);
        }
        assertThat(IntStream.range(0, MOST).mapToObj(i -> registry.get("after " + i)))
                .doesNotContain(registry.shared())
                .doesNotHaveDuplicates();
        assertThat(registry.get("one more")).isSameAs(registry.shared());
    }

    // ---- the hand

    @Test
    void theOnlyIdleOneMakesRoomWhereverItStands() {
        for (int position = 0; position < MOST; position += 33) {
            KeyedRegistry<Ledger> busy = KeyedRegistry.<Ledger>builder("keys", Ledger::new)
                    .maxInstances(MOST)
                    .build();
            for (int i = 0; i < MOST; i++) {
                busy.get(i).debts.set(i == position ? 0 : 1);
            }
            assertThat(busy.get("new")).as("position " + position).isNotSameAs(busy.shared());
            assertThat(busy.find(position)).isEmpty();
        }
    }

    @Test
    void aKeyCostsLittleHoweverManyAreBusy() {
        int many = 10_000;
        KeyedRegistry<Ledger> busy = KeyedRegistry.<Ledger>builder("keys", Ledger::new)
                .maxInstances(many)
                .build();
        for (int i = 0; i < many; i++) {
            busy.get(i).debts.set(1);
        }
        idleChecks.set(0);
        for (int i = 0; i < many; i++) {
            assertThat(busy.get("new " + i)).isSameAs(busy.shared());
        }
        assertThat(idleChecks.get() / many)
                .as("instances looked at for each key")
                .isLessThan(100);
    }

    // ---- a search

    @Test
    void whateverHappensPlacesAreConserved() {
        long seed = new Random().nextLong();
        for (int round = 0; round < SEARCHES; round++) {
            new Search(seed + round).run();
        }
    }

    /** A random walk over a small registry whose factory, change, watchers and idle checks throw now and then. */
    private final class Search {

        private final long seed;
        private final Random random;
        private final int most;
        private final int keys;
        private final KeyedRegistry<Ledger> small;
        private final Map<Ledger, Integer> watched = new HashMap<>();
        private final List<Ledger> unwatched = new ArrayList<>();
        private final List<CompletableFuture<String>> stages = new ArrayList<>();
        private final List<Ledger> heldByUser = new ArrayList<>();
        private final List<String> steps = new ArrayList<>();
        private boolean throwing;

        Search(long seed) {
            this.seed = seed;
            this.random = new Random(seed);
            this.most = 1 + random.nextInt(5);
            this.keys = 2 + random.nextInt(200);
            this.small = KeyedRegistry.<Ledger>builder("small", this::make)
                    .maxInstances(most)
                    .build();
            small.watch(ledger -> {
                watched.merge(ledger, 1, Integer::sum);
                if (throwing && random.nextInt(10) == 0) {
                    watched.remove(ledger);
                    unwatched.add(ledger);
                    throw new AssertionError("thrown on purpose");
                }
                return () -> {
                    watched.remove(ledger);
                    mayThrow();
                };
            });
            throwing = true;
        }

        private Ledger make(String name) {
            mayThrow();
            return new Ledger(name) {
                @Override
                public boolean isIdle() {
                    if (random.nextInt(50) == 0) {
                        mayThrow();
                    }
                    return super.isIdle();
                }
            };
        }

        private void mayThrow() {
            if (throwing && random.nextInt(10) == 0) {
                switch (random.nextInt(4)) {
                    case 0 -> throw new IllegalStateException("thrown on purpose");
                    case 1 -> throw new StackOverflowError("thrown on purpose");
                    case 2 -> throw new OutOfMemoryError("thrown on purpose");
                    default -> throw new AssertionError("thrown on purpose");
                }
            }
        }

        void run() {
            for (int i = 0; i < 200; i++) {
                try {
                    step();
                } catch (IOException | IllegalStateException | Error thrown) {
                    if (!"thrown on purpose".equals(thrown.getMessage())) {
                        throw new AssertionError("seed " + seed + ": " + steps, thrown);
                    }
                }
                compare();
            }
            throwing = false;
            stages.forEach(stage -> stage.complete("done"));
            small.all().forEach(ledger -> ledger.debts.set(0));
            for (int i = 0; i < 3 * most; i++) {
                small.get("after " + i);
            }
            for (int i = 0; i < most; i++) {
                small.get("after " + i).debts.set(1);
            }
            compare();
            for (int i = 0; i < most; i++) {
                assertThat(small.get("after " + i)).as(toString()).isNotSameAs(small.shared());
            }
            assertThat(small.get("one more")).as(toString()).isSameAs(small.shared());
        }

        private void step() throws IOException {
            int key = random.nextInt(keys);
            int choice = random.nextInt(12);
            steps.add(choice + " " + key);
            switch (choice) {
                case 0, 1, 2 -> small.with(ctx -> ctx.key(key)).call(() -> "done");
                case 3 ->
                    small.with(ctx -> ctx.key(key)).call(() -> {
                        throw new IOException("thrown on purpose");
                    });
                case 4, 5 -> {
                    CompletableFuture<String> stage = new CompletableFuture<>();
                    stages.add(stage);
                    CompletableFuture<String> ignored =
                            small.with(ctx -> ctx.key(key)).callAsync(() -> stage);
                }
                case 6 -> {
                    if (!stages.isEmpty()) {
                        CompletableFuture<String> stage = stages.remove(random.nextInt(stages.size()));
                        if (random.nextBoolean()) {
                            stage.complete("done");
                        } else {
                            stage.completeExceptionally(new IOException("thrown on purpose"));
                        }
                    }
                }
                case 7 -> small.remove(key);
                case 8 -> heldByUser.add(small.get(key));
                case 9 -> {
                    Ledger ledger = small.get(key);
                    small.find(random.nextInt(keys));
                    ledger.debts.incrementAndGet();
                    small.keep(key, ledger);
                }
                case 10 ->
                    small.apply(ledger -> {
                        mayThrow();
                        ledger.changes.incrementAndGet();
                    });
                default -> small.all().forEach(ledger -> ledger.debts.set(random.nextInt(3) == 0 ? 1 : 0));
            }
        }

        private void compare() {
            List<Ledger> found = new ArrayList<>();
            for (int key = 0; key < keys; key++) {
                small.find(key).ifPresent(found::add);
            }
            for (int i = 0; i < 3 * most; i++) {
                small.find("after " + i).ifPresent(found::add);
            }
            found.add(small.shared());
            assertThat(small.all()).as(toString()).containsExactlyInAnyOrderElementsOf(found);
            assertThat(small.explain()).as(toString()).contains("has " + (found.size() - 1) + " of");
            assertThat(found.size() - 1).as(toString()).isLessThanOrEqualTo(2 * most);
            assertThat(small.entries()).as(toString()).isLessThanOrEqualTo(2 * most + 64);
            // Each is attached once, unless the attempt failed.
            assertThat(watched.values()).as(toString()).containsOnly(1);
            assertThat(found).as(toString()).containsAll(watched.keySet());
            found.removeAll(watched.keySet());
            assertThat(unwatched).as(toString()).containsAll(found);
        }

        @Override
        public String toString() {
            return "seed " + seed + ": " + steps;
        }
    }

    /** A policy that owes something for each failure, and does not count calls that are inside. */
    private class Ledger extends Policy {

        final AtomicInteger debts = new AtomicInteger();
        final AtomicInteger changes = new AtomicInteger();
        private final String name;

        Ledger(String name) {
            this.name = name;
        }

        @Override
        public String toString() {
            return name + " owes " + debts;
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public boolean isIdle() {
            idleChecks.incrementAndGet();
            return debts.get() == 0;
        }

        @Override
        public <T> T around(CallContext context, long now, Chain inner, CallBody<? extends T> body) throws Exception {
            try {
                return inner.proceed(context, now, body);
            } catch (IOException failure) {
                debts.incrementAndGet();
                throw failure;
            }
        }

        @Override
        public <T> CompletableFuture<T> aroundAsync(
                CallContext context, long now, Chain inner, AsyncCallBody<? extends T> body) {
            CompletableFuture<T> stage = inner.proceedAsync(context, now, body);
            return stage.whenComplete((result, failure) -> {
                if (failure != null) {
                    debts.incrementAndGet();
                }
            });
        }
    }
}
