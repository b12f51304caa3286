package dev.mainstay.bulkhead;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import dev.mainstay.ContextCarrier;
import dev.mainstay.time.TimeSource;
import dev.mainstay.time.VirtualTime;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class ThreadPoolBulkheadConfigTest {

    private static ThreadPoolBulkheadConfig.Builder builder() {
        return ThreadPoolBulkheadConfig.builder();
    }

    @Test
    void theDefaultsAreThoseOfTheReference() {
        ThreadPoolBulkheadConfig config = ThreadPoolBulkheadConfig.defaults();
        assertThat(config.maxThreads()).isEqualTo(Runtime.getRuntime().availableProcessors());
        assertThat(config.queueCapacity()).isEqualTo(100);
        assertThat(config.keepAliveDuration()).isEqualTo(Duration.ofSeconds(10));
        assertThat(config.executor()).isNull();
        assertThat(config.contextCarrier()).isSameAs(ContextCarrier.none());
        assertThat(config.interruptOnCancel()).isTrue();
        assertThat(config.timeSource()).isSameAs(TimeSource.system());
    }

    @Test
    void aCopyHasTheSameOptions() {
        ThreadPoolBulkheadConfig ours = builder()
                .maxThreads(3)
                .queueCapacity(7)
                .keepAliveDuration(Duration.ofSeconds(1))
                .interruptOnCancel(false)
                .contextCarrier(() -> () -> () -> {})
                .timeSource(VirtualTime.create())
                .build();
        assertThat(ours.toBuilder().build()).isEqualTo(ours);
        ThreadPoolBulkheadConfig yours = builder().executor(Runnable::run).build();
        assertThat(yours.toBuilder().build()).isEqualTo(yours);
    }

    @Test
    void aPoolWithoutThreadsIsRejected() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder().maxThreads(0).build())
                .withMessage("thread pool bulkhead: maxThreads is 0 but must be at least 1");
    }

    @Test
    void aNegativeQueueIsRejectedAndAnEmptyOneIsNot() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder().queueCapacity(-1).build())
                .withMessage("thread pool bulkhead: queueCapacity is -1 but must be at least 0");
        assertThat(builder().queueCapacity(0).build().queueCapacity()).isZero();
    }

    @Test
    void threadsMustLiveForAWhile() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder().keepAliveDuration(Duration.ZERO).build())
                .withMessage("thread pool bulkhead: keepAliveDuration is PT0S but must be a duration above zero");
    }

    @Test
    void theLifeOfAnotherExecutorsThreadsIsNotOursToSay() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder()
                        .executor(Runnable::run)
                        .keepAliveDuration(Duration.ofSeconds(1))
                        .build())
                .withMessageContaining("keepAliveDuration is PT1S")
                .withMessageContaining("executor");
    }

    @Test
    @SuppressWarnings("NullAway")
    void nullsAreRejectedByName() {
        assertThatNullPointerException()
                .isThrownBy(() -> builder().executor(null))
                .withMessageContaining("executor");
        assertThatNullPointerException()
                .isThrownBy(() -> builder().keepAliveDuration(null))
                .withMessageContaining("keepAliveDuration");
        assertThatNullPointerException()
                .isThrownBy(() -> builder().contextCarrier(null).build())
                .withMessageContaining("contextCarrier");
        assertThatNullPointerException()
                .isThrownBy(() -> builder().timeSource(null).build())
                .withMessageContaining("timeSource");
        assertThatNullPointerException()
                .isThrownBy(() -> ThreadPoolBulkhead.of("p", (ThreadPoolBulkheadConfig) null))
                .withMessageContaining("config");
        assertThatNullPointerException()
                .isThrownBy(() -> ThreadPoolBulkhead.ofDefaults("p").submit(null))
                .withMessageContaining("body");
    }

    @Test
    void aNameMustBeVisible() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ThreadPoolBulkhead.ofDefaults(""))
                .withMessageContaining("name");
    }

    @Test
    void aWaitWithoutAQueueIsRejectedIfSomebodyAskedForIt() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ThreadPoolBulkheadConfig.builder()
                        .queueCapacity(0)
                        .maxWaitDuration(Duration.ofSeconds(1))
                        .build())
                .withMessage(
                        "thread pool bulkhead: maxWaitDuration is PT1S but must be left alone while no call may wait:"
                                + " set queueCapacity, which is 0, to at least 1");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ThreadPoolBulkheadConfig.builder()
                        .maxWaitDuration(Duration.ZERO)
                        .build())
                .withMessageContaining("maxWaitDuration");
        ThreadPoolBulkheadConfig waiting = ThreadPoolBulkheadConfig.builder()
                .maxWaitDuration(Duration.ofSeconds(1))
                .build();
        assertThat(waiting.toBuilder().build()).isEqualTo(waiting);
        assertThat(waiting.toBuilder().queueCapacity(0).build().maxWaitDuration())
                .as("taken over, not asked for")
                .isEqualTo(Duration.ofSeconds(1));
        assertThat(ThreadPoolBulkheadConfig.defaults().maxWaitDuration()).isEqualTo(Duration.ofSeconds(10));
    }
}
