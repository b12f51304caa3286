package dev.mainstay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.call.CallContext;
import dev.mainstay.time.VirtualTime;
import org.junit.jupiter.api.Test;

class PipelineTimerTest {

    private final VirtualTime time = VirtualTime.create();
    private final PipelineTimer timer = new PipelineTimer("orders", time);

    @Test
    void itGoesByTheNameAndTheClockOfItsPipeline() {
        assertThat(timer.name()).isEqualTo("orders");
        assertThat(timer.timeSource()).isSameAs(time);
    }

    @Test
    void itHoldsNothingAndIsIdleEvenDuringACall() throws Exception {
        assertThat(timer.isIdle()).isTrue();
        assertThat(timer.<Boolean>execute(CallContext.plain(), context -> timer.isIdle()))
                .isTrue();
    }

    @Test
    void itSaysThatCallsAreTimed() {
        assertThat(timer.explain()).isEqualTo("timed");
    }
}
