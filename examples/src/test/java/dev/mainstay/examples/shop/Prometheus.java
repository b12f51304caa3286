package dev.mainstay.examples.shop;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A Prometheus server of its own, which scrapes one target every second until it is closed. */
final class Prometheus implements AutoCloseable {
    private static final String CONFIG = """
            global:
              scrape_interval: 1s
              scrape_timeout: 1s
            scrape_configs:
              - job_name: shop
                metrics_path: %s
                static_configs:
                  - targets: ['%s']
            """;

    private final HttpClient client = HttpClient.newHttpClient();
    private final ObjectMapper json = new ObjectMapper();
    private final Process process;
    private final URI uri;

    private Prometheus(Process process, URI uri) {
        this.process = process;
        this.uri = uri;
    }

    /** Whether all of these programs can be found. */
    static boolean areInstalled(String... programs) {
        return Stream.of(programs)
                .allMatch(program -> Stream.of(
                                System.getenv().getOrDefault("PATH", "").split(File.pathSeparator, -1))
                        .anyMatch(directory -> Files.isExecutable(Path.of(directory, program))));
    }

    static Prometheus scraping(URI target, Path directory) throws IOException {
        Path config = Files.writeString(
                directory.resolve("prometheus.yml"), CONFIG.formatted(target.getPath(), target.getAuthority()));
        String address = "127.0.0.1:" + freePort();
        Process process = new ProcessBuilder(
                        "prometheus",
                        "--config.file=" + config,
                        "--storage.tsdb.path=" + directory.resolve("data"),
                        "--web.listen-address=" + address)
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("prometheus.log").toFile())
                .start();
        return new Prometheus(process, URI.create("http://" + address));
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /** The time series that an expression selects now. */
    JsonNode query(String expression) throws IOException, InterruptedException {
        var query = uri.resolve("/api/v1/query?query=" + URLEncoder.encode(expression, StandardCharsets.UTF_8));
        var request =
                HttpRequest.newBuilder(query).timeout(Duration.ofSeconds(5)).build();
        JsonNode answer =
                json.readTree(client.send(request, BodyHandlers.ofString()).body());
        if (!answer.path("status").asText().equals("success")) {
            throw new IOException(expression + ": " + answer);
        }
        return answer.path("data").path("result");
    }

    @Override
    public void close() throws InterruptedException {
        process.destroyForcibly();
        if (!process.waitFor(10, TimeUnit.SECONDS)) {
            throw new IllegalStateException("Prometheus is still running: " + process);
        }
    }
}
