package dev.mainstay.examples.shop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.mainstay.backoff.RandomSource;
import dev.mainstay.time.TimeSource;
import io.micrometer.observation.ObservationRegistry;
import java.io.IOException;
import java.net.ConnectException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The shop on the real clock, its incident begun, as a real Prometheus sees it. */
class ScrapedByPrometheusTest {
    private static final Path OBSERVABILITY = Files.exists(Path.of("docs/pom.xml"))
            ? Path.of("docs/observability.md")
            : Path.of("../docs/observability.md");

    private final TimeSource time = TimeSource.system();
    private final Inventory inventory = new Inventory(time, RandomSource.seeded(1));
    private final Shop shop = new Shop(inventory, time, RandomSource.seeded(2), ObservationRegistry.NOOP);
    private final Customers customers = new Customers(shop, time, RandomSource.seeded(3));
    private MetricsEndpoint endpoint;

    @TempDir
    Path directory;

    @BeforeEach
    void openTheShop() throws IOException {
        assumeTrue(
                Prometheus.areInstalled("prometheus", "promtool"),
                "prometheus and promtool are not on the PATH: what they make of our meters is not tested");
        endpoint = MetricsEndpoint.start(0, shop.pipeline());
        customers.begin();
    }

    @AfterEach
    void closeTheShop() {
        customers.end();
        if (endpoint != null) {
            endpoint.close();
        }
    }

    @Test
    void promtoolHasNothingToSayAgainstTheMeters() throws Exception {
        var request = HttpRequest.newBuilder(endpoint.uri()).build();
        String scrape = HttpClient.newHttpClient()
                .send(request, BodyHandlers.ofString())
                .body();
        assertThat(scrape).contains("mainstay_breaker_calls_total");

        assertThat(Promtool.check("metrics", scrape)).isEqualTo(new Promtool.Verdict(0, ""));
    }

    @Test
    void theAlertsOfTheDocumentationAreRulesThatPrometheusUnderstands() throws Exception {
        List<String> page = Files.readAllLines(OBSERVABILITY);
        List<String> rules = page.subList(page.indexOf("```yaml") + 1, page.size());
        Path file = Files.write(directory.resolve("rules.yml"), rules.subList(0, rules.indexOf("```")));

        Promtool.Verdict verdict = Promtool.check("rules", "", file.toString());

        assertThat(verdict.output()).contains("SUCCESS: 4 rules found");
        assertThat(verdict.exit()).isZero();
    }

    @Test
    void everyMeterOfTheDocumentationHasDataAndTheIncidentShows() throws Exception {
        inventory.become(Condition.SLOW);
        try (var prometheus = Prometheus.scraping(endpoint.uri(), directory)) {
            await().atMost(Duration.ofSeconds(40))
                    .pollInterval(Duration.ofMillis(200))
                    .ignoreException(ConnectException.class)
                    .untilAsserted(
                            () -> assertThat(prometheus.query("max_over_time(mainstay_breaker_state{state=\"open\","
                                            + " name=\"inventory\"}[1m]) == 1"))
                                    .hasSize(1));

            List<String> withoutData = new ArrayList<>();
            List<String> meters = documentedMeters();
            for (String meter : meters) {
                if (prometheus
                        .query(meter + "{application=\"shop\", name!=\"\"}")
                        .isEmpty()) {
                    withoutData.add(meter);
                }
            }
            assertThat(meters).hasSizeGreaterThan(20);
            assertThat(withoutData).isEmpty();
            assertThat(prometheus.query("mainstay_timelimiter_calls_total{outcome=\"timeout\"} > 0"))
                    .hasSize(1);
        }
    }

    /** As the table of the page gives them: a test there sees to it that it has every meter of every policy. */
    private static List<String> documentedMeters() throws IOException {
        List<String> meters = new ArrayList<>();
        for (String line : Files.readAllLines(OBSERVABILITY)) {
            String[] cells = line.replace("`", "").split("\\s*\\|\\s*", -1);
            if (cells.length > 3 && cells[2].startsWith("mainstay_")) {
                meters.add(cells[3].equals("timer") ? cells[2] + "_count" : cells[2]);
            }
        }
        return meters;
    }
}
