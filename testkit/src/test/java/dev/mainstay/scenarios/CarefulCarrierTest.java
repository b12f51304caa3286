package dev.mainstay.scenarios;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.ContextCarrier;
import dev.mainstay.TimeLimiterConfig;
import dev.mainstay.event.CallbackFailures;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** A carrier that breaks: the call goes on without what could not be carried, and the log says so once. */
class CarefulCarrierTest {

    private static final ContextCarrier CANNOT_CAPTURE = () -> {
        throw new IllegalStateException("capture");
    };
    private static final ContextCarrier CANNOT_OPEN = () -> () -> {
        throw new IllegalStateException("open");
    };
    private static final ContextCarrier CANNOT_CLOSE = () -> () -> () -> {
        throw new IllegalStateException("close");
    };

    private static List<Object> toldOf(ContextCarrier broken) {
        try (LogOf warnings = new LogOf(CallbackFailures.class)) {
            ContextCarrier careful = broken.careful();
            careful.capture().open().close();
            careful.capture().open().close();
            return warnings.values("callback");
        }
    }

    @Test
    void oneThatCannotTakeAnythingTakesNothing() {
        assertThat(toldOf(CANNOT_CAPTURE)).containsExactly("context carrier's capture");
    }

    @Test
    void oneThatCannotPutAnythingInPlacePutsNothing() {
        assertThat(toldOf(CANNOT_OPEN)).containsExactly("context carrier's open");
    }

    @Test
    void oneThatCannotPutBackWhatWasThereIsToldOf() {
        assertThat(toldOf(CANNOT_CLOSE)).containsExactly("context carrier's close");
    }

    @Test
    void oneThatWorksIsUsedAndNotToldOf() {
        AtomicInteger closed = new AtomicInteger();
        assertThat(toldOf(() -> () -> closed::incrementAndGet)).isEmpty();
        assertThat(closed).hasValue(2);
    }

    @Test
    void optionsWithTheSameCarrierAreTheSameOptions() {
        TimeLimiterConfig one =
                TimeLimiterConfig.builder().contextCarrier(CANNOT_OPEN).build();
        TimeLimiterConfig same =
                TimeLimiterConfig.builder().contextCarrier(CANNOT_OPEN).build();
        TimeLimiterConfig other =
                TimeLimiterConfig.builder().contextCarrier(CANNOT_CLOSE).build();
        assertThat(same).isEqualTo(one).hasSameHashCodeAs(one);
        assertThat(one.toBuilder().build()).isEqualTo(one);
        assertThat(other).isNotEqualTo(one);
        assertThat(TimeLimiterConfig.defaults()).isNotEqualTo(one);
        assertThat(one.contextCarrier()).isNotEqualTo(CANNOT_OPEN);
    }

    @Test
    void itReadsAndHashesAsTheCarrierThatWasGiven() {
        ContextCarrier careful = CANNOT_OPEN.careful();
        assertThat(careful).hasToString(CANNOT_OPEN.toString()).hasSameHashCodeAs(CANNOT_OPEN);
        assertThat(careful.careful()).isSameAs(careful);
    }
}
