package dev.mainstay.scenarios;

import static dev.mainstay.testkit.MainstayAssertions.assertThat;
import static dev.mainstay.testkit.MainstayAssertions.assertThatThrownBy;
import static java.time.Duration.ofSeconds;

import dev.mainstay.Fallback;
import dev.mainstay.call.CallContext;
import dev.mainstay.future.Stages;
import dev.mainstay.outcome.CallRejectedException;
import dev.mainstay.outcome.Rejection;
import dev.mainstay.outcome.RejectionReason;
import dev.mainstay.time.VirtualTime;
import java.io.IOException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** What adapters ask a fallback about calls that they make themselves. */
class FallbackDecisionsTest {

    private final IOException scripted = new IOException("scripted");
    private final CallContext context = CallContext.plain().key("sku-7");

    private static CallRejectedException rejection(RejectionReason reason) {
        return new CallRejectedException(new Rejection("room", reason, -1));
    }

    @Test
    void handlesWhatACaseMatchesAndNoErrorInterruptOrCancellation() {
        Fallback<String> fallback = Fallback.of("instead");

        assertThat(fallback.handles(scripted, context)).isTrue();
        assertThat(fallback.handles(rejection(RejectionReason.FULL), context)).isTrue();
        assertThat(fallback.handles(rejection(RejectionReason.INTERRUPTED), context))
                .isFalse();
        assertThat(fallback.handles(rejection(RejectionReason.CANCELLED), context))
                .isFalse();
        assertThat(fallback.handles(new InterruptedException(), context)).isFalse();
        assertThat(fallback.handles(new CancellationException(), context)).isFalse();
        assertThat(fallback.handles(new LinkageError(), context)).isFalse();
    }

    @Test
    void answersAtOnce() {
        Fallback<String> fallback =
                Fallback.ofFunctionWithContext((failure, call) -> failure.getMessage() + " " + call.key());

        assertThat(fallback.answer(scripted, context)).isCompletedWithValue("scripted sku-7");
    }

    @Test
    void whatItDoesNotHandleFailsTheAnswer() {
        LinkageError error = new LinkageError();

        assertThat(Stages.failureOf(Fallback.of("instead").answer(error, context)))
                .isSameAs(error);
    }

    @Test
    void whatTheFunctionThrowsFailsTheAnswer() {
        Fallback<String> fallback = Fallback.ofFunction(failure -> {
            throw new IllegalStateException("function");
        });

        assertThat(Stages.failureOf(fallback.answer(scripted, context)))
                .isInstanceOf(IllegalStateException.class)
                .hasSuppressedException(scripted);
    }

    @Test
    void anAnswerFollowsItsStageAndItsCancelReachesIt() {
        CompletableFuture<String> stage = new CompletableFuture<>();
        Fallback<String> fallback = Fallback.ofStage(failure -> stage);

        CompletableFuture<String> answer = fallback.answer(scripted, context);

        assertThat(answer).isNotDone();
        answer.cancel(true);
        assertThat(stage).isCancelled();
    }

    @Test
    void aResultIsRememberedOrReplaced() {
        VirtualTime time = VirtualTime.create();
        Fallback<String> fallback = Fallback.<String>builder()
                .onResultWithContext("bad"::equals, (result, call) -> result + " " + call.key())
                .lastGood(ofSeconds(10))
                .timeSource(time)
                .build();

        assertThat(fallback.handles(scripted, context)).isFalse();
        assertThat(fallback.succeeded("good", context)).isEqualTo("good");
        assertThat(fallback.succeeded("bad", context)).isEqualTo("bad sku-7");
        assertThat(fallback.handles(scripted, context)).isTrue();
        assertThat(fallback.answer(scripted, context)).isCompletedWithValue("good");
        time.advance(ofSeconds(11));
        assertThat(fallback.handles(scripted, context)).isFalse();
        assertThat(Stages.failureOf(fallback.answer(scripted, context))).isSameAs(scripted);
    }

    /** A thread of an adapter is in the middle of somebody else's call. */
    @Test
    void theContextIsTakenAsItIs() {
        Fallback<String> fallback = Fallback.ofFunctionWithContext((failure, call) -> "priority " + call.priority());
        CallContext before =
                CallContext.plain().priority(dev.mainstay.call.Priority.HIGH).bind();
        try {
            assertThat(fallback.answer(scripted, CallContext.plain())).isCompletedWithValue("priority NORMAL");
        } finally {
            CallContext.restore(before);
        }
    }

    @Test
    void nullsAreRejected() {
        Fallback<String> fallback = Fallback.of("instead");

        assertThatThrownBy(() -> fallback.handles(null, context)).hasMessage("failure must not be null");
        assertThatThrownBy(() -> fallback.handles(scripted, null)).hasMessage("context must not be null");
        assertThatThrownBy(() -> fallback.answer(null, context)).hasMessage("failure must not be null");
        assertThatThrownBy(() -> fallback.answer(scripted, null)).hasMessage("context must not be null");
        assertThatThrownBy(() -> fallback.succeeded("result", null)).hasMessage("context must not be null");
    }
}
