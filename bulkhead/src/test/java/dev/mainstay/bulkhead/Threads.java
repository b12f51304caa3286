package dev.mainstay.bulkhead;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;

/** Real threads for tests, whose failures are not lost. */
final class Threads implements AutoCloseable {

    private static final long PATIENCE = TimeUnit.SECONDS.toNanos(20);

    private final List<Thread> threads = new ArrayList<>();
    private final List<CompletableFuture<?>> ends = new ArrayList<>();

    <T> CompletableFuture<T> start(Callable<T> work) {
        CompletableFuture<T> end = new CompletableFuture<>();
        Thread thread = new Thread(() -> {
            try {
                end.complete(work.call());
            } catch (Throwable failure) {
                end.completeExceptionally(failure);
            }
        });
        thread.setDaemon(true);
        threads.add(thread);
        ends.add(end);
        thread.start();
        return end;
    }

    /** The thread that was started last. */
    Thread last() {
        return threads.get(threads.size() - 1);
    }

    List<Thread> all() {
        return threads;
    }

    /** Waits for all, and fails if one did. */
    void join() {
        ends.forEach(Threads::get);
    }

    @Override
    public void close() {
        threads.forEach(Thread::interrupt);
    }

    static <T> T get(CompletableFuture<T> future) {
        assertThat(future).succeedsWithin(Duration.ofNanos(PATIENCE));
        return future.join();
    }

    static void await(String what, BooleanSupplier condition) {
        long start = System.nanoTime();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - start > PATIENCE) {
                throw new AssertionError("never came: " + what);
            }
            Thread.yield();
        }
    }

    static Set<Thread> named(String prefix) {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith(prefix))
                .collect(Collectors.toSet());
    }
}
