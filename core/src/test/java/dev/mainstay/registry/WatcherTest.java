package dev.mainstay.registry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.safe.StackReserve;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whatever a watcher throws and wherever it is thrown out, it goes on with what comes next, and holds no more than the
 * members.
 */
class WatcherTest {

    private final Members<Turnstile> members = new Members<>("members");
    private final Set<Turnstile> attached = ConcurrentHashMap.newKeySet();

    private final Turnstile a = Turnstile.of("a");
    private final Turnstile b = Turnstile.of("b");
    private final Turnstile c = Turnstile.of("c");

    static Stream<Named<Supplier<Throwable>>> anything() {
        return Stream.of(
                Named.of("a RuntimeException", () -> new IllegalStateException("on purpose")),
                Named.of("an Error", () -> new AssertionError("on purpose")),
                Named.of("no memory", () -> new OutOfMemoryError("on purpose")),
                Named.of("no stack", () -> overflow(0)),
                Named.of("one whose methods throw", Unspeakable::new));
    }

    /** A real one. */
    @SuppressWarnings("InfiniteRecursion")
    private static Throwable overflow(int depth) {
        try {
            return overflow(depth + 1);
        } catch (StackOverflowError full) {
            return full;
        }
    }

    private static final class Unspeakable extends RuntimeException {

        private static final long serialVersionUID = 1L;

        @Override
        public String getMessage() {
            throw new IllegalStateException("getMessage throws");
        }

        @Override
        public String toString() {
            throw new IllegalStateException("toString throws");
        }

        @Override
        public synchronized Throwable getCause() {
            throw new IllegalStateException("getCause throws");
        }
    }

    @SuppressWarnings("unchecked")
    private static <X extends Throwable> void sneak(Throwable failure) throws X {
        throw (X) failure;
    }

    @ParameterizedTest
    @MethodSource("anything")
    void whatAttachAndCloseThrowComesOutNowhereAndTheNextIsAttached(Supplier<Throwable> what) {
        AtomicInteger asked = new AtomicInteger();
        members.watch(policy -> {
            if (policy == a) {
                asked.incrementAndGet();
                WatcherTest.<RuntimeException>sneak(what.get());
            }
            attached.add(policy);
            return () -> {
                attached.remove(policy);
                WatcherTest.<RuntimeException>sneak(what.get());
            };
        });
        members.add(a);
        members.add(b);
        members.remove(b);
        members.add(c);
        assertThat(attached).containsExactly(c);
        assertThat(asked).hasValue(1);
    }

    private final List<Turnstile> spare =
            Stream.generate(() -> Turnstile.of("spare")).limit(20).toList();

    @Test
    void thrownOutAtTheEndOfTheStackItGoesOnWithTheNext() throws Exception {
        long seed = new Random().nextLong();
        List<Throwable> failures = new ArrayList<>();
        members.watch(policy -> {
            attached.add(policy);
            return () -> attached.remove(policy);
        });
        members.add(a);
        members.remove(a);
        Thread thread = new Thread(
                null,
                () -> {
                    Random random = new Random(seed);
                    for (int i = 0; i < 100; i++) {
                        int ignored = descend(random);
                    }
                },
                "small stack",
                256 * 1024);
        thread.setUncaughtExceptionHandler((its, failure) -> failures.add(failure));
        thread.start();
        thread.join();
        assertThat(failures).isEmpty();
        members.add(Turnstile.of("last"));
        assertThat(attached).as("seed %s", seed).containsExactlyInAnyOrderElementsOf(members.all());
    }

    /** Members come and go at each of the last depths before the stack is full. */
    @SuppressWarnings("InfiniteRecursion")
    private int descend(Random random) {
        int left;
        try {
            left = descend(random);
        } catch (StackOverflowError full) {
            left = 60;
        }
        if (left > 0) {
            try {
                // As registries do.
                StackReserve.check();
                Turnstile turnstile = spare.get(random.nextInt(spare.size()));
                if (random.nextBoolean()) {
                    members.add(turnstile);
                } else {
                    members.remove(turnstile);
                }
            } catch (StackOverflowError full) {
                // The next one up may go on.
            }
        }
        return left - 1;
    }

    @Test
    void whileItBlocksTheNewsThatWaitsIsBounded() throws Exception {
        CountDownLatch blocked = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        Watcher<Turnstile> watcher = new Watcher<>("members", presentOf(a), policy -> {
            blocked.countDown();
            await(goOn);
            attached.add(policy);
            return () -> attached.remove(policy);
        });
        Thread first = new Thread(() -> watcher.look(a));
        first.start();
        await(blocked);
        for (int i = 0; i < 100_000; i++) {
            watcher.look(b);
        }
        assertThat(watcher.waiting()).isLessThanOrEqualTo(Watcher.NEWS_AT_MOST);
        present.add(c);
        watcher.look(c);
        goOn.countDown();
        first.join();
        assertThat(attached).containsExactlyInAnyOrder(a, c);
        assertThat(watcher.waiting()).isZero();
    }

    private final Set<Turnstile> present = ConcurrentHashMap.newKeySet();

    private Set<Turnstile> presentOf(Turnstile... policies) {
        present.addAll(List.of(policies));
        return present;
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void oneThatHasLeftIsAttachedToNothingWhateverItThrows() {
        AtomicInteger closed = new AtomicInteger();
        var subscription = members.watch(policy -> () -> {
            closed.incrementAndGet();
            throw new AssertionError("on purpose");
        });
        Set<Turnstile> many = new HashSet<>();
        for (int i = 0; i < 50; i++) {
            Turnstile turnstile = Turnstile.of("t" + i);
            many.add(turnstile);
            members.add(turnstile);
        }
        subscription.close();
        many.forEach(members::remove);
        assertThat(closed).hasValue(50);
    }
}
