package dev.mainstay.examples.shop;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.mainstay.meter.Measured;
import dev.mainstay.micrometer.MainstayMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;

/** Where Prometheus finds the meters: {@code /metrics} on the loopback interface. */
final class MetricsEndpoint implements AutoCloseable {
    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final MainstayMetrics metrics;
    private final HttpServer server;

    private MetricsEndpoint(HttpServer server, Measured measured) {
        this.server = server;
        this.metrics =
                MainstayMetrics.builder(measured).tags("application", "shop").build();
    }

    /**
     * Serves the meters of a policy, pipeline or registry until it is closed.
     *
     * @param port 0 for any that is free
     */
    static MetricsEndpoint start(int port, Measured measured) throws IOException {
        var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
        var endpoint = new MetricsEndpoint(HttpServer.create(address, 0), measured);
        endpoint.metrics.bindTo(endpoint.registry);
        endpoint.server.createContext("/metrics", endpoint::respond);
        endpoint.server.start();
        return endpoint;
    }

    URI uri() {
        var address = server.getAddress();
        return URI.create("http://" + address.getAddress().getHostAddress() + ":" + address.getPort() + "/metrics");
    }

    private void respond(HttpExchange exchange) throws IOException {
        try (exchange) {
            var body = registry.scrape().getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
        }
    }

    @Override
    public void close() {
        server.stop(0);
        metrics.close();
        registry.close();
    }
}
