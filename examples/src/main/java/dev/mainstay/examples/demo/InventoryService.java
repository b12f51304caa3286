package dev.mainstay.examples.demo;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The service that both arms call, over HTTP on the loopback interface: a fixed number of workers, a bounded queue
 * before them, a database behind. As with most servers, a request whose caller has gone away still costs its turn in
 * the queue and a worker; when the queue is full, the answer is 503 at once.
 */
final class InventoryService implements AutoCloseable {
    static {
        // Without it the kernel holds back the body of each response for some 40 ms (Nagle against delayed acks).
        System.setProperty("sun.net.httpserver.nodelay", "true");
        // The server would hang up on callers that keep more connections than its default of 200.
        System.setProperty("sun.net.httpserver.maxIdleConnections", "10000");
    }

    private static final int ACCEPT_BACKLOG = 1024;

    private final HttpServer server;
    private final ExecutorService readers;
    private final ThreadPoolExecutor workers;
    private final Database database;

    private InventoryService(HttpServer server, Capacity capacity, Database database) {
        this.server = server;
        this.database = database;
        this.readers = Executors.newFixedThreadPool(2, DaemonThreads.named("service-reader"));
        this.workers = new ThreadPoolExecutor(
                capacity.workers(),
                capacity.workers(),
                0,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(capacity.queue()),
                DaemonThreads.named("service-worker"));
    }

    static InventoryService start(Capacity capacity, Database database) {
        try {
            var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
            var service = new InventoryService(HttpServer.create(address, ACCEPT_BACKLOG), capacity, database);
            service.workers.prestartAllCoreThreads();
            service.server.setExecutor(service.readers);
            service.server.createContext("/items/", service::enqueue);
            service.server.start();
            return service;
        } catch (IOException e) {
            throw new UncheckedIOException("The service cannot listen on the loopback interface", e);
        }
    }

    URI uri() {
        var address = server.getAddress();
        return URI.create("http://" + address.getAddress().getHostAddress() + ":" + address.getPort());
    }

    /** How many workers are at work. */
    int busyWorkers() {
        return workers.getActiveCount();
    }

    private void enqueue(HttpExchange exchange) {
        try {
            workers.execute(() -> work(exchange));
        } catch (RejectedExecutionException queueIsFull) {
            respond(exchange, 503, "overloaded");
        }
    }

    private void work(HttpExchange exchange) {
        try {
            database.query();
            respond(exchange, 200, "in stock");
        } catch (InterruptedException shutdown) {
            exchange.close();
        }
    }

    private static void respond(HttpExchange exchange, int status, String text) {
        try (exchange) {
            var body = text.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(status, body.length);
            exchange.getResponseBody().write(body);
        } catch (IOException callerHasGone) {
            // The work is done and in vain: this is what keeps an overloaded service overloaded.
        }
    }

    @Override
    public void close() {
        database.comeBack();
        workers.shutdownNow();
        server.stop(0);
        readers.shutdownNow();
    }
}
