package dev.mainstay.future;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;

class StagesTest {

    private final IOException failure = new IOException();

    @Test
    void aFailureIsTakenOutOfAllItsWrappings() {
        assertThat(Stages.unwrap(failure)).isSameAs(failure);
        assertThat(Stages.unwrap(new CompletionException(new ExecutionException(failure))))
                .isSameAs(failure);
        CompletionException empty = new CompletionException(null);
        assertThat(Stages.unwrap(empty)).isSameAs(empty);
    }

    @Test
    void theFailureOfACompleteStageIsTheFailureItself() {
        assertThat(Stages.failureOf(CompletableFuture.completedFuture("ok"))).isNull();
        assertThat(Stages.failureOf(Stages.failed(new CompletionException(failure))))
                .isSameAs(failure);
    }

    @Test
    void aFutureStaysTheSame() {
        CompletableFuture<String> pending = new CompletableFuture<>();
        assertThat(Stages.<String>ofBody(pending)).isSameAs(pending);
        CompletableFuture<String> failed = Stages.failed(failure);
        assertThat(Stages.<String>ofBody(failed)).isSameAs(failed);
        CompletableFuture<String> cancelled = new CompletableFuture<>();
        cancelled.cancel(true);
        assertThat(Stages.<String>ofBody(cancelled)).isSameAs(cancelled);
    }

    @Test
    void aFutureThatHasFailedWithAWrappedFailureBecomesOneWithTheFailureItself() {
        CompletableFuture<String> future = Stages.ofBody(Stages.failed(new CompletionException(failure)));
        future.handle((result, thrown) -> assertThat(thrown).isSameAs(failure)).join();
    }

    @Test
    void aStageThatIsNoFutureIsFollowed() {
        CompletableFuture<String> pending = new CompletableFuture<>();
        CompletableFuture<String> copy = Stages.ofBody(new OnlyAStage<>(pending).stage());
        assertThat(copy).isNotDone();
        pending.complete("ok");
        assertThat(copy).isCompletedWithValue("ok");

        CompletableFuture<String> failing = new CompletableFuture<>();
        CompletableFuture<String> failed = Stages.ofBody(new OnlyAStage<>(failing).stage());
        failing.completeExceptionally(new CompletionException(failure));
        assertThat(Stages.failureOf(failed)).isSameAs(failure);
        failed.handle((result, thrown) -> assertThat(thrown).isSameAs(failure)).join();
    }

    /** A stage that does not let itself be turned into a future. */
    private record OnlyAStage<T>(CompletableFuture<T> future) {

        CompletionStage<T> stage() {
            return new CompletableFuture<T>() {
                {
                    future.whenComplete((result, failure) -> {
                        if (failure == null) {
                            complete(result);
                        } else {
                            completeExceptionally(failure);
                        }
                    });
                }

                @Override
                public CompletableFuture<T> toCompletableFuture() {
                    throw new UnsupportedOperationException();
                }
            };
        }
    }
}
