package dev.mainstay.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.mainstay.Pipeline;
import dev.mainstay.TimeLimiter;
import dev.mainstay.backoff.Backoff;
import dev.mainstay.breaker.CircuitBreaker;
import dev.mainstay.call.CallContext;
import dev.mainstay.call.Priority;
import dev.mainstay.http.CallHeaders;
import dev.mainstay.http.FailureKind;
import dev.mainstay.http.HttpAnswer;
import dev.mainstay.http.HttpCall;
import dev.mainstay.http.HttpRejectedException;
import dev.mainstay.http.HttpRule;
import dev.mainstay.http.HttpRules;
import dev.mainstay.http.Repetition;
import dev.mainstay.http.RequestBodies;
import dev.mainstay.http.ResilientHttpClient;
import dev.mainstay.outcome.Verdict;
import dev.mainstay.registry.KeyedRegistry;
import dev.mainstay.retry.Retry;
import dev.mainstay.time.TimeSource;
import dev.mainstay.time.VirtualTime;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HttpPageTest {

    private static final Pattern NAME = Pattern.compile("`(\\w+)`");

    private final Page page = Page.read("docs/http.md");
    private final Deque<Integer> statuses = new ArrayDeque<>();
    private final List<Map<String, List<String>>> received = new CopyOnWriteArrayList<>();
    private final HttpRules rules = HttpRules.standard();
    private final Retry retry = Retry.of(
            "inventory",
            c -> c.classifier(rules.retryClassifier()).backoff(Backoff.none()).overloadBackoff(Backoff.none()));
    private final Pipeline pipeline = Pipeline.of("inventory", retry);
    private final HttpClient jdk = HttpClient.newHttpClient();

    private HttpServer server;
    private URI uri;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::answer);
        server.start();
        uri = URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/stock");
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            received.add(Map.copyOf(exchange.getRequestHeaders()));
            exchange.getRequestBody().readAllBytes();
            Integer status = statuses.poll();
            byte[] body = "7".getBytes(StandardCharsets.US_ASCII);
            exchange.sendResponseHeaders(status == null ? 200 : status, body.length);
            exchange.getResponseBody().write(body);
        }
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    // ---- the tables

    @Test
    void thePageHasTheRulesForEveryStatus() {
        Map<Integer, HttpRule> told = new TreeMap<>();
        for (Map<String, String> row : page.tableRows("What an outcome means")) {
            String range = row.get("Status");
            if (range != null) {
                String[] ends = range.split("-", -1);
                for (int status = Integer.parseInt(ends[0]);
                        status <= Integer.parseInt(ends[ends.length - 1]);
                        status++) {
                    assertThat(told.put(status, ruleIn(row))).isNull();
                }
            }
        }
        assertThat(told).hasSize(500);
        assertThat(told)
                .allSatisfy((status, rule) -> assertThat(rules.ofStatus(status)).isEqualTo(rule));
    }

    @Test
    void thePageHasTheRulesForEveryKindOfFailure() {
        Map<FailureKind, HttpRule> told = new TreeMap<>();
        for (Map<String, String> row : page.tableRows("What an outcome means")) {
            if (row.containsKey("Failure")) {
                told.put(FailureKind.valueOf(row.get("Failure")), ruleIn(row));
            }
        }
        assertThat(told.keySet()).containsExactly(FailureKind.values());
        assertThat(told)
                .allSatisfy((kind, rule) -> assertThat(rules.ofFailure(kind)).isEqualTo(rule));
    }

    private static HttpRule ruleIn(Map<String, String> row) {
        return new HttpRule(Verdict.valueOf(row.get("Verdict")), Repetition.valueOf(row.get("Retried")));
    }

    @Test
    void thePageNamesEveryOption() {
        Set<String> named = new TreeSet<>();
        for (Map<String, String> row : page.tableRows("Defaults")) {
            String option = row.getOrDefault("Option", "");
            Matcher name = NAME.matcher(option.contains("`") ? option : "`" + option.replace(", ", "` `") + "`");
            while (name.find()) {
                named.add(name.group(1));
            }
        }
        Set<String> there = new TreeSet<>();
        for (Class<?> builder :
                List.of(ResilientHttpClient.Builder.class, HttpRules.Builder.class, CallHeaders.Builder.class)) {
            Arrays.stream(builder.getDeclaredMethods())
                    .filter(method -> Modifier.isPublic(method.getModifiers()) && method.getReturnType() == builder)
                    .map(Method::getName)
                    .forEach(there::add);
        }
        assertThat(named).isEqualTo(there);
    }

    // ---- the snippets

    @Test
    void usage() throws Exception {
        statuses.addAll(List.of(503, 500));
        // begin: usage
        HttpRules rules = HttpRules.standard();
        TimeLimiter limiter = TimeLimiter.of("inventory", c -> c.timeoutDuration(Duration.ofSeconds(10)));
        Retry retry = Retry.of("inventory", c -> c.classifier(rules.retryClassifier()));
        CircuitBreaker breaker = CircuitBreaker.of("inventory", c -> c.classifier(rules.classifier()));

        HttpClient client =
                ResilientHttpClient.of(HttpClient.newHttpClient(), Pipeline.of("inventory", limiter, retry, breaker));
        // end: usage
        assertThat(client.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString())
                        .statusCode())
                .isEqualTo(200);
        assertThat(received).hasSize(3);
    }

    @Test
    void calls() throws Exception {
        HttpClient client = ResilientHttpClient.of(jdk, pipeline);
        statuses.addAll(List.of(503, 200, 500));
        // begin: calls
        HttpRequest request = HttpRequest.newBuilder(uri).build();
        HttpResponse<String> stock = client.send(request, BodyHandlers.ofString());

        CompletableFuture<HttpResponse<String>> later = client.sendAsync(request, BodyHandlers.ofString());
        // end: calls
        assertThat(stock.body()).isEqualTo("7");
        assertThat(later.get().statusCode()).isEqualTo(200);
        assertThat(received).hasSize(4);
    }

    @Test
    void hosts() throws Exception {
        statuses.add(500);
        // begin: hosts
        KeyedRegistry<CircuitBreaker> hosts = KeyedRegistry.<CircuitBreaker>builder(
                        "hosts",
                        name -> CircuitBreaker.of(
                                name, c -> c.classifier(rules.classifier()).consecutiveFailures(1)))
                .maxInstances(500)
                .build();
        HttpClient client = ResilientHttpClient.of(jdk, Pipeline.of("fetch", hosts));
        // end: hosts
        HttpRequest request = HttpRequest.newBuilder(uri).build();
        assertThat(client.send(request, BodyHandlers.ofString()).statusCode()).isEqualTo(500);
        assertThatThrownBy(() -> client.send(request, BodyHandlers.ofString()))
                .isInstanceOf(HttpRejectedException.class);
        assertThat(hosts.find("127.0.0.1:" + uri.getPort())).isPresent();
    }

    @Test
    void idempotent() throws Exception {
        statuses.addAll(List.of(503, 200, 503, 200));
        // begin: idempotent
        HttpClient client = ResilientHttpClient.builder(jdk, pipeline)
                .idempotencyKeys()
                .idempotent(request -> request.uri().getPath().equals("/search"))
                .build();
        // end: idempotent
        HttpRequest order = HttpRequest.newBuilder(uri)
                .POST(BodyPublishers.ofString("1 book"))
                .build();
        HttpRequest search = HttpRequest.newBuilder(uri.resolve("/search"))
                .POST(BodyPublishers.ofString("books"))
                .build();
        assertThat(client.send(order, BodyHandlers.ofString()).statusCode()).isEqualTo(200);
        assertThat(client.send(search, BodyHandlers.ofString()).statusCode()).isEqualTo(200);
        assertThat(received).hasSize(4);
        assertThat(received.get(0).get("Idempotency-key"))
                .isEqualTo(received.get(1).get("Idempotency-key"));
        assertThat(received.get(2)).doesNotContainKey("Idempotency-key");
    }

    @Test
    void replayable() throws Exception {
        statuses.add(503);
        byte[] picture = {1, 2, 3};
        // begin: replayable
        HttpRequest upload = HttpRequest.newBuilder(uri)
                .PUT(RequestBodies.replayable(BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(picture))))
                .build();
        // end: replayable
        assertThat(ResilientHttpClient.of(jdk, pipeline)
                        .send(upload, BodyHandlers.ofString())
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void outwards() throws Exception {
        Pipeline pipeline = Pipeline.of(
                "inventory", TimeLimiter.of("inventory", c -> c.timeoutDuration(Duration.ofSeconds(10))), retry);
        // begin: outwards
        HttpClient client = ResilientHttpClient.builder(jdk, pipeline)
                .headers(CallHeaders.builder()
                        .timeout("X-Timeout-Ms")
                        .attempt("X-Attempt")
                        .build())
                .build();
        // end: outwards
        statuses.add(500);
        client.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString());
        assertThat(received).extracting(it -> it.get("X-attempt").get(0)).containsExactly("1", "2");
        assertThat(Long.parseLong(received.get(0).get("X-timeout-ms").get(0))).isBetween(1L, 10_000L);
    }

    @Test
    void inwards() {
        VirtualTime virtual = VirtualTime.create();
        Map<String, String> headers = Map.of("Mainstay-Timeout-Ms", "250", "Mainstay-Priority", "low");
        CallContext context = CallContext.plain();
        TimeSource time = virtual;
        // begin: inwards
        CallContext call = CallHeaders.ours().read(context, name -> headers.get(name), time);
        CallContext before = call.bind();
        try {
            // everything that is called in here sees the deadline and the priority
        } finally {
            CallContext.restore(before);
        }
        // end: inwards
        assertThat(call.remaining()).isEqualTo(Duration.ofMillis(250));
        assertThat(call.priority()).isEqualTo(Priority.LOW);
    }

    /** What another client answers with. */
    private record Reply(int code, Map<String, String> headers) {}

    @Test
    void others() {
        // begin: others
        HttpAnswer.Reader reader =
                result -> result instanceof Reply reply ? HttpAnswer.of(reply.code(), reply.headers()::get) : null;
        Retry retry = Retry.of("inventory", c -> c.classifier(rules.retryClassifier(reader)));

        Reply reply = retry.with(HttpCall.of("GET")::in).get(() -> new Reply(200, Map.of()));
        // end: others
        assertThat(reply.code()).isEqualTo(200);
        assertThat(rules.retryClassifier(reader)
                        .ofResult(HttpCall.of("GET").in(CallContext.plain()), new Reply(503, Map.of())))
                .isEqualTo(Verdict.OVERLOAD);
    }

    @Test
    void rules() {
        // begin: rules
        HttpRules rules = HttpRules.builder()
                .status(404, Verdict.ERROR, Repetition.NEVER)
                .status(503, Verdict.OVERLOAD, Repetition.ANY_METHOD)
                .failure(FailureKind.CONNECTION_LOST, Verdict.OVERLOAD, Repetition.IF_IDEMPOTENT)
                .build();
        // end: rules
        assertThat(rules.ofStatus(404).verdict()).isEqualTo(Verdict.ERROR);
    }

    @Test
    void aBreakerWithoutTheRulesSeesNoFailure() throws Exception {
        statuses.add(503);
        // begin: dont-exceptions
        CircuitBreaker breaker = CircuitBreaker.ofDefaults("inventory"); // counts a 503 as a success
        // end: dont-exceptions
        ResilientHttpClient.of(jdk, breaker).send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString());
        assertThat(breaker.tally().failures()).isZero();
    }

    @Test
    void anAnswerIsWrittenToAFileAnewInEachAttempt(@TempDir Path folder) throws Exception {
        Path file = Files.writeString(folder.resolve("stock"), "the end of another answer");
        HttpClient client = ResilientHttpClient.of(jdk, pipeline);
        HttpRequest request = HttpRequest.newBuilder(uri).build();
        // begin: file
        HttpResponse<Path> stock = client.send(
                request,
                BodyHandlers.ofFile(
                        file,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.WRITE,
                        StandardOpenOption.TRUNCATE_EXISTING));
        // end: file
        assertThat(Files.readString(stock.body())).isEqualTo("7");
    }
}
