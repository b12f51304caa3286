package dev.mainstay.examples.demo;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Sends single requests to the service: no retry, nothing clever. */
final class InventoryClient implements AutoCloseable {
    static {
        // Shorter than the service keeps an idle connection: none is reused in the moment in which it closes.
        System.setProperty("jdk.httpclient.keepalive.timeout", "5");
    }

    private static final int THREADS = 4;

    private final URI service;
    private final Runnable onSend;
    private final ExecutorService executor = Executors.newFixedThreadPool(THREADS, DaemonThreads.named("client"));
    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .executor(executor)
            .build();

    /** {@code onSend} is told of each request that goes out. */
    InventoryClient(URI service, Runnable onSend) {
        this.service = service;
        this.onSend = onSend;
    }

    /** Asks for an item; to cancel the future hangs up. */
    CompletableFuture<HttpResponse<String>> fetch(String item) {
        return send(request(item).build());
    }

    /** Asks for an item; hangs up and fails when no answer comes within the timeout. */
    CompletableFuture<HttpResponse<String>> fetch(String item, Duration timeout) {
        return send(request(item).timeout(timeout).build());
    }

    private HttpRequest.Builder request(String item) {
        return HttpRequest.newBuilder(service.resolve("/items/" + item));
    }

    private CompletableFuture<HttpResponse<String>> send(HttpRequest request) {
        onSend.run();
        return http.sendAsync(request, BodyHandlers.ofString());
    }

    @Override
    public void close() {
        executor.shutdownNow();
    }
}
