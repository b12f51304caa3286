package dev.mainstay.examples.demo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.outcome.CallTimeoutException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class MainstayArmTest {
    private final Database database = new Database(Duration.ofNanos(1), 1);
    private final InventoryService service =
            InventoryService.start(new Capacity(1, 100, Duration.ofNanos(1)), database);
    private final AtomicInteger sent = new AtomicInteger();
    private final InventoryClient client = new InventoryClient(service.uri(), sent::incrementAndGet);
    private final MainstayArm arm = new MainstayArm(client, new Attempts(1, Duration.ofMillis(50)), 10, 1);

    @AfterEach
    void close() {
        client.close();
        service.close();
    }

    @Test
    void answers() {
        assertThat(arm.fetch("a").join().statusCode()).isEqualTo(200);
        assertThat(arm.breakerState()).contains(BreakerState.CLOSED);
        assertThat(arm.retryBudget()).hasValue(10);
    }

    @Test
    void givesUpInTime() {
        database.goDown();

        assertThat(arm.fetch("a"))
                .failsWithin(Duration.ofSeconds(10))
                .withThrowableThat()
                .withCauseInstanceOf(CallTimeoutException.class);
    }

    @Test
    void stopsAskingAServiceThatIsDown() {
        database.goDown();

        // Twenty calls is the breaker's default minimum.
        for (int i = 0; i < 20; i++) {
            arm.fetch("a").exceptionally(failure -> null).join();
        }
        int sentUntilOpen = sent.get();
        arm.fetch("a").exceptionally(failure -> null).join();

        assertThat(arm.breakerState()).contains(BreakerState.OPEN);
        assertThat(sentUntilOpen).isEqualTo(20);
        assertThat(sent).hasValue(sentUntilOpen);
    }

    @Test
    void explainsEachOfItsPolicies() {
        assertThat(arm.explain()).hasSize(4);
    }
}
