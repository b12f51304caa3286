package dev.mainstay.examples.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class InventoryServiceTest {
    private final Database database = new Database(Duration.ofNanos(1), 1);
    private final InventoryService service = InventoryService.start(new Capacity(1, 1, Duration.ofNanos(1)), database);
    private final AtomicInteger sent = new AtomicInteger();
    private final InventoryClient client = new InventoryClient(service.uri(), sent::incrementAndGet);

    @AfterEach
    void close() {
        client.close();
        service.close();
    }

    @Test
    void answers() {
        assertThat(client.fetch("a").join())
                .extracting(HttpResponse::statusCode, HttpResponse::body)
                .containsExactly(200, "in stock");
    }

    @Test
    void rejectsWhatFindsTheQueueFull() {
        database.goDown();

        assertThat(statusOfFirst(threeRequests())).isEqualTo(503);
    }

    @Test
    void answersWhatHungOnceTheDatabaseIsBack() {
        database.goDown();
        var requests = threeRequests();
        assertThat(statusOfFirst(requests)).isEqualTo(503);

        database.comeBack();

        assertThat(requests.stream().map(request -> request.join().statusCode()))
                .containsExactlyInAnyOrder(200, 200, 503);
    }

    @Test
    void doesNotNoticeThatCallersHaveGone() {
        database.goDown();
        var requests = threeRequests();
        assertThat(statusOfFirst(requests)).isEqualTo(503);

        requests.forEach(request -> request.cancel(true));

        assertThat(client.fetch("d").join().statusCode()).isEqualTo(503);
    }

    @Test
    void bareArmFillsTheQueueWithItsOwnAttempts() {
        database.goDown();
        var arm = new BareArm(client, new Attempts(3, Duration.ofMillis(50)));

        assertThat(arm.fetch("a").join().statusCode()).isEqualTo(503);
        assertThat(sent).hasValue(3);
    }

    /** One for the worker, and two for the one place in the queue. */
    private List<CompletableFuture<HttpResponse<String>>> threeRequests() {
        var first = client.fetch("a");
        while (service.busyWorkers() == 0) {
            Thread.onSpinWait();
        }
        return List.of(first, client.fetch("b"), client.fetch("c"));
    }

    private static int statusOfFirst(List<CompletableFuture<HttpResponse<String>>> requests) {
        var first = CompletableFuture.anyOf(requests.toArray(CompletableFuture[]::new))
                .join();
        return ((HttpResponse<?>) first).statusCode();
    }
}
