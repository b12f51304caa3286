package dev.mainstay.scenarios;

import static dev.mainstay.testkit.MainstayAssertions.assertThat;

import dev.mainstay.Guard;
import dev.mainstay.Pipeline;
import dev.mainstay.TypedPipeline;
import dev.mainstay.call.CallContext;
import dev.mainstay.future.Stages;
import dev.mainstay.outcome.Classifier;
import dev.mainstay.outcome.Verdict;
import dev.mainstay.time.Deadline;
import dev.mainstay.time.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a call carries is what its caller said, asked on the caller's thread, in whatever form the call is made. */
class RightContextTest {

    private static final ThreadLocal<String> TENANT = new ThreadLocal<>();

    /** The forms that a guard has, each with a body that says which key it was called with. */
    @SuppressWarnings("ImmutableEnumChecker") // lambdas without state
    enum Form {
        CALL(guard -> guard.callWithContext(context -> CallContext.current().key())),
        GET(guard -> guard.get(() -> CallContext.current().key())),
        TRY_CALL(guard -> guard.tryCall(() -> CallContext.current().key()).get()),
        CALL_ASYNC(guard -> guard.callAsync(() ->
                        CompletableFuture.completedFuture(CallContext.current().key()))
                .join()),
        CALL_ASYNC_WITH_CONTEXT(
                guard -> guard.callAsyncWithContext(context -> CompletableFuture.completedFuture(context.key()))
                        .join()),
        SUBMIT(guard ->
                guard.submit(onOtherThread(), () -> CallContext.current().key()).join()),
        SUBMIT_WITH_CONTEXT(guard -> guard.submitWithContext(onOtherThread(), context -> context.key())
                .join()),
        DECORATED(guard ->
                guard.decorateSupplier(() -> CallContext.current().key()).get()),
        SUBMIT_THROUGH_TWO(guard -> guard.with(context -> context.cost(2))
                .submitWithContext(onOtherThread(), context -> context.key())
                .join());

        private final Function<Guard, Object> call;

        Form(Function<Guard, Object> call) {
            this.call = call;
        }

        /** Another thread, on which somebody else's tenant has stayed. */
        private static java.util.concurrent.Executor onOtherThread() {
            return task -> {
                Thread thread = new Thread(() -> {
                    TENANT.set("stale");
                    task.run();
                });
                thread.start();
            };
        }
    }

    @ParameterizedTest
    @EnumSource
    void whatIsSaidOfACallIsAskedOnTheCallersThread(Form form) {
        List<Thread> asked = new ArrayList<>();
        Guard guard = Pipeline.of("p").with(context -> {
            asked.add(Thread.currentThread());
            return context.key(TENANT.get());
        });
        TENANT.set("acme");
        try {
            assertThat(form.call.apply(guard)).isEqualTo("acme");
        } finally {
            TENANT.remove();
        }
        assertThat(asked).containsExactly(Thread.currentThread());
    }

    @Test
    void whatThrowsThereFailsTheFuture() {
        IllegalStateException failure = new IllegalStateException("no tenant");
        Guard guard = Pipeline.of("p").with(context -> {
            throw failure;
        });
        assertThat(Stages.failureOf(guard.callAsync(() -> CompletableFuture.completedFuture("never"))))
                .isSameAs(failure);
        assertThat(Stages.failureOf(guard.submit(Runnable::run, () -> "never"))).isSameAs(failure);
        TypedPipeline<String> typed = guard.withFallback(dev.mainstay.Fallback.of("instead"));
        assertThat(typed.callAsync(() -> CompletableFuture.completedFuture("never"))
                        .join())
                .isEqualTo("instead");
    }

    /** The thread that completes the stage is in the middle of another call, whose time is up. */
    @Test
    void aCallIsNotJudgedByWhatRunsOnTheThreadThatCompletesIt() {
        VirtualTime time = VirtualTime.create();
        WaitingRoom room = new WaitingRoom("room", time, 1, Duration.ZERO, Classifier.standard());
        CompletableFuture<String> stage = new CompletableFuture<>();
        CompletableFuture<String> call = room.callAsync(() -> stage);
        CallContext late = CallContext.plain().deadline(Deadline.after(Duration.ofSeconds(1), time));
        time.advance(Duration.ofSeconds(2));
        assertThat(late.isOutOfTime()).isTrue();
        CallContext before = late.bind();
        try {
            stage.completeExceptionally(new CancellationException());
        } finally {
            CallContext.restore(before);
        }
        assertThat(call.isCompletedExceptionally()).isTrue();
        assertThat(room.verdicts).containsExactly(Verdict.IGNORED);
    }
}
