package dev.mainstay.verification.soak;

import dev.mainstay.Fallback;
import dev.mainstay.Pipeline;
import dev.mainstay.call.CallContext;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/** One caller: makes calls in every form through the pipelines, and gives up some of them. */
final class RandomCalls {

    private final HttpClient client;
    private final HttpRequest request;
    private final Executor executor;
    private final SplittableRandom random;
    private final Queue<CompletableFuture<?>> inProgress = new ArrayDeque<>();

    /** Calls that a pipeline must have seen; and those handed to an executor, which may have rejected them. */
    final LongAdder direct = new LongAdder();

    final LongAdder submitted = new LongAdder();
    final LongAdder givenUp = new LongAdder();
    final LongAdder succeeded = new LongAdder();

    RandomCalls(HttpClient client, HttpRequest request, Executor executor, SplittableRandom random) {
        this.client = client;
        this.request = request;
        this.executor = executor;
        this.random = random;
    }

    void one(Pipeline pipeline) {
        try {
            switch (random.nextInt(8)) {
                case 0, 1, 2 -> {
                    direct.increment();
                    pipeline.run(this::send);
                    succeeded.increment();
                }
                case 3 -> {
                    direct.increment();
                    pipeline.withFallback(Fallback.<Object>of("instead")).call(this::send);
                }
                case 4 -> {
                    direct.increment();
                    succeeded.add(pipeline.tryCall(this::send).isRejected() ? 0 : 1);
                }
                case 5 -> {
                    submitted.increment();
                    follow(pipeline.submit(executor, this::send));
                }
                default -> {
                    direct.increment();
                    follow(pipeline.callAsyncWithContext(this::sendAsync));
                }
            }
        } catch (Throwable expected) {
            // What comes out is not what this is about, but what stays behind.
        }
    }

    private String send() throws IOException, InterruptedException {
        return body(client.send(request, HttpResponse.BodyHandlers.ofString()));
    }

    private CompletableFuture<String> sendAsync(CallContext context) {
        CompletableFuture<HttpResponse<String>> exchange =
                client.sendAsync(request, HttpResponse.BodyHandlers.ofString());
        context.onCancel(() -> exchange.cancel(true));
        return exchange.thenApply(RandomCalls::body);
    }

    private static String body(HttpResponse<String> response) {
        if (response.statusCode() != 200) {
            throw new IllegalStateException("status " + response.statusCode());
        }
        return response.body();
    }

    private void follow(CompletableFuture<?> call) throws Exception {
        inProgress.add(call);
        inProgress.removeIf(CompletableFuture::isDone);
        switch (random.nextInt(6)) {
            case 0 -> {
                givenUp.increment();
                call.cancel(true);
            }
            case 1 -> {
                givenUp.increment();
                call.completeExceptionally(new IOException("from outside"));
            }
            case 2 -> {
                // Goes on beside the next.
            }
            default -> {
                call.get(10, TimeUnit.SECONDS);
                succeeded.increment();
            }
        }
    }

    /** Waits for what is in progress. */
    void finish() {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        for (CompletableFuture<?> call : inProgress) {
            while (!call.isDone() && System.nanoTime() - end < 0) {
                try {
                    call.get(1, TimeUnit.SECONDS);
                } catch (Exception notYetOrFailed) {
                    // The loop looks which.
                }
            }
        }
    }

    long incomplete() {
        return inProgress.stream().filter(call -> !call.isDone()).count();
    }
}
