package dev.mainstay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import dev.mainstay.call.AsyncCallBody;
import dev.mainstay.call.CallBody;
import dev.mainstay.call.CallContext;
import dev.mainstay.event.MainstayEvent;
import dev.mainstay.event.Subscription;
import dev.mainstay.time.VirtualTime;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** A policy that says no more of itself than it must. */
class PolicyTest {

    private final Policy bare = new Bare();

    private static final class Bare extends Policy {

        @Override
        public String name() {
            return "bare";
        }

        @Override
        public <T> T around(CallContext context, long now, Chain inner, CallBody<? extends T> body) throws Exception {
            return inner.proceed(context, now, body);
        }

        @Override
        public <T> CompletableFuture<T> aroundAsync(
                CallContext context, long now, Chain inner, AsyncCallBody<? extends T> body) {
            return inner.proceedAsync(context, now, body);
        }
    }

    @Test
    void explainsItselfByItsName() {
        assertThat(bare.explain()).isEqualTo("'bare'");
    }

    @Test
    void isNotTakenForIdleUnlessItSaysSo() {
        assertThat(bare.isIdle()).isFalse();
    }

    @Test
    void whoListensToItHearsNothingAndCanStopListening() {
        List<MainstayEvent> heard = new ArrayList<>();
        Subscription subscription = bare.subscribe(MainstayEvent.class, heard::add);
        bare.run(() -> {});
        assertThatCode(subscription::close).doesNotThrowAnyException();
        assertThat(heard).isEmpty();
    }

    @Test
    void canStandInsideOfTwoGates() {
        VirtualTime time = VirtualTime.create();
        Pipeline pipeline = Pipeline.of("p", new OnePlace(time), new OnePlace(time), bare);
        assertThat(pipeline.get(() -> "through")).isEqualTo("through");
    }
}
