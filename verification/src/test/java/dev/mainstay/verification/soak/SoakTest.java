package dev.mainstay.verification.soak;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.mainstay.time.TimeSource;
import dev.mainstay.verification.SearchSize;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Real sockets, real threads and real faults: callers of every kind, on platform threads and where there are any on
 * virtual ones, call a service through a network that delays, resets, swallows and garbles, while they are interrupted,
 * executors are shut down, and every option changes under them. Afterwards nothing may be left of any call.
 *
 * <p>It takes some seconds, more with {@code -Pintegration}; {@code -Dsoak.duration=PT1H} makes it longer, and
 * {@code -Dsoak.seed} draws the same again, as far as threads and sockets allow.
 */
class SoakTest {

    private static final Duration DURATION =
            Duration.parse(System.getProperty("soak.duration", SearchSize.of("PT2S", "PT5S")));
    private static final long SEED = Long.getLong("soak.seed", System.nanoTime());
    private static final int CALLERS = 6;
    private static final long MOST_HEAP_KEPT = 2 << 20;
    private static final long MOST_OF_OURS_KEPT = 200 << 10;

    /** From so long on it is also awaited that threads which are idle end. */
    private static final Duration LONG = Duration.ofMinutes(1);

    private final SplittableRandom random = new SplittableRandom(SEED);
    private final List<RandomCalls> calls = new ArrayList<>();
    private final List<Thread> callers = new ArrayList<>();
    private volatile boolean over;

    @Test
    @Timeout(value = 3, unit = TimeUnit.HOURS)
    void afterFaultsOnRealSocketsNothingIsLeftOfAnyCall() throws Exception {
        ExecutorService serving = Executors.newFixedThreadPool(8);
        HttpServer service = service(serving);
        try (FaultProxy proxy = new FaultProxy(service.getAddress().getPort(), SEED);
                ReplacedExecutor executor = new ReplacedExecutor();
                SoakedPipeline onCallers = new SoakedPipeline(false, executor);
                SoakedPipeline onThreads =
                        new SoakedPipeline(true, TimeSource.system().executor())) {
            List<SoakedPipeline> pipelines = List.of(onCallers, onThreads);
            startCallers(pipelines, proxy.port(), executor);
            proxy.faultsInHundred(15);
            runFor(DURATION.dividedBy(5), proxy, executor, pipelines);
            LiveHeap atStart = LiveHeap.now();
            runFor(DURATION.multipliedBy(4).dividedBy(5), proxy, executor, pipelines);
            finish(proxy, executor);

            long givenUp = calls.stream().mapToLong(each -> each.givenUp.sum()).sum();
            String run = summary(proxy, pipelines);
            System.out.println(run);
            await().atMost(Duration.ofSeconds(20))
                    .untilAsserted(() -> pipelines.forEach(pipeline -> {
                        assertThat(pipeline).as(run).satisfies(each -> each.assertNothingIsLeft(givenUp));
                    }));
            assertCallsAreAllThere(run, pipelines);
            // With them goes the client, which keeps what it was told to cancel as long as the other side does not hang
            // up.
            calls.clear();
            callers.clear();
            await().atMost(Duration.ofSeconds(20))
                    .untilAsserted(() -> assertThat(LiveHeap.now())
                            .as("heap after %s, which began with %s", run, atStart)
                            .satisfies(heap -> {
                                assertThat(heap.ours() - atStart.ours())
                                        .as("ours kept")
                                        .isLessThan(MOST_OF_OURS_KEPT);
                                assertThat(heap.all() - atStart.all())
                                        .as("kept")
                                        .isLessThan(MOST_HEAP_KEPT);
                            }));
        } finally {
            service.stop(0);
            serving.shutdownNow();
        }
        assertNoThreadIsLeft();
    }

    private void assertCallsAreAllThere(String run, List<SoakedPipeline> pipelines) {
        long direct = calls.stream().mapToLong(each -> each.direct.sum()).sum();
        long submitted = calls.stream().mapToLong(each -> each.submitted.sum()).sum();
        long begun = pipelines.stream().mapToLong(SoakedPipeline::begun).sum();
        assertThat(begun).as(run).isBetween(direct, direct + submitted);
        assertThat(calls.stream().mapToLong(each -> each.succeeded.sum()).sum())
                .as("successes, %s", run)
                .isGreaterThan(begun / 100);
    }

    private void startCallers(List<SoakedPipeline> pipelines, int port, ReplacedExecutor executor) {
        HttpClient client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(Duration.ofMillis(500))
                .build();
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/stock"))
                .build();
        Function<Runnable, Thread> virtual = virtualThreads();
        for (int i = 0; i < CALLERS; i++) {
            RandomCalls mine = new RandomCalls(client, request, executor, random.split());
            SplittableRandom which = random.split();
            Runnable calling = () -> {
                while (!over) {
                    mine.one(pipelines.get(which.nextInt(pipelines.size())).pipeline());
                }
                // Whoever interrupts now and then has come to the end before.
                boolean ignored = Thread.interrupted();
                mine.finish();
            };
            calls.add(mine);
            callers.add(i % 2 == 1 && virtual != null ? virtual.apply(calling) : platform("caller-" + i, calling));
        }
    }

    private static Thread platform(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    /** How to start a virtual thread; null before Java 21. */
    private static Function<Runnable, Thread> virtualThreads() {
        if (Runtime.version().feature() < 21) {
            return null;
        }
        return work -> {
            try {
                return (Thread) Thread.class
                        .getMethod("startVirtualThread", Runnable.class)
                        .invoke(null, work);
            } catch (ReflectiveOperationException impossible) {
                throw new IllegalStateException(impossible);
            }
        };
    }

    /** Lets calls go through, and everything else go wrong. */
    private void runFor(
            Duration duration, FaultProxy proxy, ReplacedExecutor executor, List<SoakedPipeline> pipelines) {
        long end = System.nanoTime() + duration.toNanos();
        while (System.nanoTime() - end < 0) {
            LockSupport.parkNanos(random.nextInt(8_000_000));
            SoakedPipeline one = pipelines.get(random.nextInt(pipelines.size()));
            switch (random.nextInt(40)) {
                case 0 -> proxy.faultsInHundred(random.nextInt(40));
                case 1 -> proxy.dropAll();
                case 2 -> executor.shutDown();
                case 3, 4, 5, 6 -> executor.replace();
                case 7, 8 -> one.disturb(random);
                case 9, 10, 11, 12, 13, 14, 15, 16 -> one.settle();
                case 17, 18, 19, 20, 21, 22 ->
                    callers.get(random.nextInt(callers.size())).interrupt();
                default -> {
                    // Calls need some peace to get anywhere.
                }
            }
        }
    }

    private void finish(FaultProxy proxy, ReplacedExecutor executor) throws InterruptedException {
        over = true;
        executor.replace();
        proxy.faultsInHundred(0);
        for (Thread caller : callers) {
            caller.join(TimeUnit.SECONDS.toMillis(30));
            assertThat(caller.isAlive())
                    .as("%s is still at %s, seed %d", caller, Arrays.toString(caller.getStackTrace()), SEED)
                    .isFalse();
        }
        assertThat(calls.stream().mapToLong(RandomCalls::incomplete).sum())
                .as("futures that are not complete, seed %d", SEED)
                .isZero();
        proxy.dropAll();
    }

    private void assertNoThreadIsLeft() {
        assertThat(ManagementFactory.getThreadMXBean().findDeadlockedThreads()).isNull();
        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(stacksOf("soak-")).isEmpty());
        if (DURATION.compareTo(LONG) >= 0) {
            await().atMost(Duration.ofSeconds(40))
                    .untilAsserted(() -> assertThat(stacksOf("mainstay-")).isEmpty());
        } else {
            await().atMost(Duration.ofSeconds(20))
                    .untilAsserted(() -> assertThat(stacksOf("mainstay-"))
                            .allSatisfy((thread, stack) -> assertThat(stack)
                                    .as(thread)
                                    .containsAnyOf("WorkerPool.next", "SystemTimer.awaitDue")));
        }
    }

    private static Map<String, String> stacksOf(String prefix) {
        return Thread.getAllStackTraces().entrySet().stream()
                .filter(thread -> thread.getKey().getName().startsWith(prefix))
                .collect(Collectors.toMap(
                        thread -> thread.getKey().getName() + " "
                                + thread.getKey().getId(),
                        thread -> Arrays.toString(thread.getValue())));
    }

    private String summary(FaultProxy proxy, List<SoakedPipeline> pipelines) {
        return "Soak of " + DURATION + " with seed " + SEED + " on Java "
                + Runtime.version().feature() + ": "
                + pipelines.stream().mapToLong(SoakedPipeline::begun).sum() + " calls, of which "
                + calls.stream().mapToLong(each -> each.succeeded.sum()).sum() + " seen to succeed and "
                + calls.stream().mapToLong(each -> each.givenUp.sum()).sum() + " given up; " + proxy.connections()
                + " connections";
    }

    private static HttpServer service(ExecutorService serving) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 200);
        server.setExecutor(serving);
        server.createContext("/stock", SoakTest::answer);
        server.start();
        return server;
    }

    private static void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            byte[] body = "42 pieces ".repeat(30).getBytes(StandardCharsets.UTF_8);
            int status = ThreadLocalRandom.current().nextInt(20) == 0 ? 503 : 200;
            exchange.sendResponseHeaders(status, body.length);
            exchange.getResponseBody().write(body);
        }
    }
}
