package dev.mainstay.reactor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.TimeLimiter;
import dev.mainstay.call.CallContext;
import io.micrometer.context.ContextRegistry;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Hooks;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

class CallContextAccessorTest extends Hooked {

    @AfterEach
    void reset() {
        Hooks.disableAutomaticContextPropagation();
        ContextRegistry.getInstance().removeThreadLocalAccessor(CallContext.class);
    }

    @Test
    void theThreadsOfOperatorsHaveTheContextOfTheCall() {
        ContextRegistry.getInstance().registerThreadLocalAccessor(new CallContextAccessor());
        Hooks.enableAutomaticContextPropagation();
        TimeLimiter limiter = TimeLimiter.of(
                "limiter", c -> c.timeoutDuration(Duration.ofSeconds(7)).timeSource(time));

        StepVerifier.create(Mono.just("x")
                        .publishOn(Schedulers.parallel())
                        .map(x -> CallContext.current().remaining())
                        .transform(Guarded.by(limiter))
                        .publishOn(Schedulers.single())
                        .map(inside -> inside + " " + (CallContext.current() == CallContext.plain())))
                .expectNext("PT7S true")
                .expectComplete()
                .verify(Duration.ofSeconds(60));
        assertThat(CallContext.current()).isSameAs(CallContext.plain());
    }
}
