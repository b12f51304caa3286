package dev.mainstay.scenarios;

import static dev.mainstay.testkit.MainstayAssertions.assertThat;

import dev.mainstay.registry.KeyedRegistry;
import dev.mainstay.time.VirtualTime;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class CrowdedRegistryTest {

    @Test
    void thatThereIsNoRoomForAKeyIsWarnedOfOnce() {
        VirtualTime time = VirtualTime.create();
        KeyedRegistry<WaitingRoom> hosts = KeyedRegistry.<WaitingRoom>builder(
                        "hosts", name -> new WaitingRoom(name, time, 1, Duration.ZERO))
                .maxInstances(1)
                .build();
        try (LogOf warnings = new LogOf(KeyedRegistry.class)) {
            hosts.with(context -> context.key("first")).run(() -> {
                assertThat(warnings.messages()).isEmpty();
                hosts.get("second");
                hosts.get("third");
                hosts.get("fourth");
            });
            assertThat(warnings.messages())
                    .singleElement()
                    .asString()
                    .isEqualTo("Registry 'hosts' has its 1 instances, and none is idle: further keys share one");
            assertThat(warnings.values("registry")).containsExactly("hosts");
        }
    }
}
