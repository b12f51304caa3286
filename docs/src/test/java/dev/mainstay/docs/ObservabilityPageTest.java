package dev.mainstay.docs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.Pipeline;
import dev.mainstay.Policy;
import dev.mainstay.PolicyEvent;
import dev.mainstay.TimeLimiter;
import dev.mainstay.breaker.CircuitBreaker;
import dev.mainstay.breaker.CircuitBreakerConfig;
import dev.mainstay.breaker.StateChanged;
import dev.mainstay.bulkhead.Bulkhead;
import dev.mainstay.event.EventLog;
import dev.mainstay.event.MainstayEvent;
import dev.mainstay.event.Subscription;
import dev.mainstay.meter.MeterId;
import dev.mainstay.micrometer.MainstayMetrics;
import dev.mainstay.micrometer.MeterNaming;
import dev.mainstay.micrometer.Observed;
import dev.mainstay.ratelimit.RateLimit;
import dev.mainstay.ratelimit.RateLimiter;
import dev.mainstay.registry.KeyedRegistry;
import dev.mainstay.registry.Registry;
import dev.mainstay.retry.Retry;
import dev.mainstay.time.VirtualTime;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.core.instrument.observation.DefaultMeterObservationHandler;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class ObservabilityPageTest {

    private static final Page PAGE = Page.read("docs/observability.md");
    private static final String STRING = "\"((?:[^\"\\\\]|\\\\.)*)\"";

    /** What a message is put together of: strings, and what is told apart from call to call. */
    private static final Pattern PART = Pattern.compile(STRING + "|[\\w.()]+");

    /** A message, after what it is given to. */
    private static final String MESSAGE = "(" + STRING + "(?:\\s*\\+\\s*(?:" + STRING + "|[\\w.()]+))*)";

    private final VirtualTime time = VirtualTime.create();
    private final MeterRegistry meterRegistry = new SimpleMeterRegistry();
    private final CircuitBreaker breaker = CircuitBreaker.of(
            "inventory", config -> config.timeSource(time).waitDurationInOpenState(Duration.ofSeconds(2)));
    private final Pipeline inventory =
            Pipeline.builder("inventory").policies(breaker).timed(true).build();

    @Test
    void bind() {
        Registry<CircuitBreaker, CircuitBreakerConfig> breakers = Registry.builder(
                        CircuitBreaker::of, CircuitBreakerConfig.defaults())
                .build();
        // begin: bind
        MainstayMetrics.bind(meterRegistry, inventory, breakers);
        // end: bind
        breakers.get("reports");
        assertThat(names()).containsExactly("inventory", "reports");
    }

    @Test
    void builder() {
        // begin: builder
        MainstayMetrics metrics = MainstayMetrics.builder(inventory)
                .tags("application", "shop", "region", "eu")
                .percentiles(0.5, 0.99)
                .histogram(true)
                .build();
        metrics.bindTo(meterRegistry);
        // end: builder
        assertThat(meterRegistry.getMeters())
                .isNotEmpty()
                .allMatch(meter -> "eu".equals(meter.getId().getTag("region")));
        // begin: unbind
        metrics.close();
        // end: unbind
        assertThat(meterRegistry.getMeters()).isEmpty();
    }

    @Test
    void naming() {
        // begin: naming
        MeterNaming naming = id -> new MeterId("resilience." + id.name(), id.description(), id.unit(), id.tags());
        MainstayMetrics.builder(inventory).naming(naming).build().bindTo(meterRegistry);
        // end: naming
        assertThat(meterRegistry.find("resilience.breaker.state").gauges()).hasSize(6);
    }

    @Test
    void subscribe() {
        List<String> told = new ArrayList<>();
        // begin: subscribe
        Subscription subscription = inventory.subscribe(
                StateChanged.class,
                change -> told.add(change.policy() + " is " + change.to() + ": "
                        + change.why().text()));
        // end: subscribe
        breaker.transitionToForcedOpenState();
        subscription.close();
        breaker.transitionToClosedState();
        assertThat(told).containsExactly("inventory is FORCED_OPEN: by hand");
    }

    @Test
    void eventLog() {
        // begin: event-log
        EventLog log = EventLog.ofLast(200);
        inventory.subscribe(StateChanged.class, log);
        inventory.subscribe(PolicyEvent.CallRejected.class, log);
        // end: event-log
        breaker.transitionToOpenState();
        assertThat(inventory.tryCall(() -> "not called").isRejected()).isTrue();
        // begin: event-log-read
        List<MainstayEvent> lastEvents = log.events();
        List<StateChanged> changes = log.events(StateChanged.class);
        // end: event-log-read
        assertThat(lastEvents).hasSize(2);
        assertThat(changes)
                .singleElement()
                .satisfies(change -> assertThat(change)
                        .hasToString("StateChanged[inventory: CLOSED to OPEN, by hand (0 of 0 calls failed) for 2s]"));
    }

    @Test
    void eventsOnce() {
        // begin: events-once
        meterRegistry.config().meterFilter(MeterFilter.denyNameStartsWith("mainstay.pipeline.calls."));
        // end: events-once
        ObservationRegistry observations = ObservationRegistry.create();
        observations.observationConfig().observationHandler(new DefaultMeterObservationHandler(meterRegistry));
        Observed observed = Observed.of(inventory, observations);
        MainstayMetrics.bind(meterRegistry, observed);
        breaker.transitionToForcedOpenState();
        assertThat(observed.tryCall(() -> "not called").isRejected()).isTrue();

        assertThat(meterRegistry.getMeters())
                .extracting(meter -> meter.getId().getName())
                .allMatch(name -> name.startsWith("mainstay.breaker.") || name.equals("mainstay.pipeline.calls"));
        assertThat(meterRegistry.find("mainstay.pipeline.calls").timers().stream()
                        .mapToLong(Timer::count)
                        .sum())
                .isEqualTo(1);
    }

    // ---- nothing is missing, and nothing is made up

    /** One of each kind that there is. */
    private static List<Policy> policies() {
        return List.of(
                CircuitBreaker.ofDefaults("a"),
                Bulkhead.ofDefaults("b"),
                RateLimiter.of("c", RateLimit.smooth(10, Duration.ofSeconds(1))),
                Retry.ofDefaults("d"),
                TimeLimiter.ofDefaults("e"),
                Pipeline.builder("f").timed(true).build(),
                KeyedRegistry.of("g", CircuitBreaker::ofDefaults));
    }

    @Test
    void thePageHasEveryMeterThatTheSourcesName() {
        Set<String> named = new TreeSet<>();
        for (String source : Sources.ofPublishedModules().values()) {
            Matcher name =
                    Pattern.compile("MeterId(?:\\.of)?\\(\\s*\"([^\"]+)\"").matcher(source);
            while (name.find()) {
                named.add("mainstay." + name.group(1));
            }
        }

        assertThat(named).hasSizeGreaterThan(20);
        assertThat(new PolicyPage("observability").meters("Meters").keySet()).isEqualTo(named);
    }

    @Test
    void metersAreAsThePoliciesDescribeThem() {
        Map<String, String> described = new TreeMap<>();
        for (Policy policy : policies()) {
            PolicyPage.metersOf(policy).forEach((name, text) -> described.put("mainstay." + name, text));
        }

        assertThat(new PolicyPage("observability").meters("Meters")).isEqualTo(described);
    }

    @Test
    void metersHaveTheirNamesInPrometheus() {
        PrometheusMeterRegistry prometheus = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        MainstayMetrics.bind(prometheus, policies().toArray(Policy[]::new));
        Set<String> scraped = prometheus
                .scrape()
                .lines()
                .filter(line -> line.startsWith("# TYPE ") && !line.endsWith("_max gauge"))
                .map(line -> line.substring("# TYPE ".length(), line.lastIndexOf(' ')))
                .collect(Collectors.toCollection(TreeSet::new));

        assertThat(column("Meters", "In Prometheus")).isEqualTo(scraped);
    }

    @Test
    void thePageHasEveryEvent() {
        Set<String> events = new TreeSet<>();
        Sources.ofPublishedModules().keySet().forEach(name -> addEvents(Sources.load(name), events));

        assertThat(events).hasSizeGreaterThan(8);
        assertThat(column("Events", "Event")).isEqualTo(events);
    }

    private static void addEvents(Class<?> type, Set<String> events) {
        if (MainstayEvent.class.isAssignableFrom(type) && !type.isInterface()) {
            events.add(type.getCanonicalName().substring(type.getPackageName().length() + 1));
        }
        Arrays.stream(type.getDeclaredClasses()).forEach(inner -> addEvents(inner, events));
    }

    @Test
    void thePageHasEveryLineOfTheLogWithItsKeys() {
        Set<String> messages = new TreeSet<>();
        Set<String> keys = new TreeSet<>();
        for (String source : Sources.ofPublishedModules().values()) {
            if (source.contains("SafeLog.of(")) {
                addMessages(source, "\\.(?:error|warn|info)\\(\\s*", messages);
                addMessages(source, "String message =\\s*", messages);
                addKeys(source, keys);
            }
            Set<String> sums = new TreeSet<>();
            addMessages(source, "new SummarizingLog<[^;\"]*", sums);
            sums.forEach(what -> messages.add("… '{policy}' " + what + ": …"));
        }

        assertThat(messages).hasSizeGreaterThan(10);
        assertThat(column("Log", "Message")).isEqualTo(messages);
        Set<String> documented = new TreeSet<>();
        column("Log", "Keys").forEach(cell -> documented.addAll(List.of(cell.split(", "))));
        documented.remove("–");
        assertThat(documented).isEqualTo(keys);
    }

    /** Adds what stands right after the expression, with dots for what is not known before, or added later. */
    private static void addMessages(String source, String where, Set<String> found) {
        Matcher place = Pattern.compile(where + MESSAGE).matcher(source);
        while (place.find()) {
            found.add(PART.matcher(place.group(1))
                    .results()
                    .map(part -> part.group(1) == null ? "…" : part.group(1))
                    .collect(Collectors.joining())
                    .replaceFirst(" $", " …"));
        }
    }

    /** Adds the names in what a log is given besides a message. */
    private static void addKeys(String source, Set<String> found) {
        Pattern.compile("(?:\\.(?:error|warn|info)|write|(?:pairs|facts)\\.addAll)\\([^;]*;")
                .matcher(withoutText(source))
                .results()
                .flatMap(call -> Pattern.compile("[(,]\\s*\"(\\w+)\",")
                        .matcher(call.group())
                        .results())
                .forEach(key -> found.add(key.group(1)));
    }

    /** Without strings of more than a word, in which there may be anything. */
    private static String withoutText(String source) {
        return Pattern.compile("\"(?:[^\"\\\\\\n]|\\\\.)*\"")
                .matcher(source)
                .replaceAll(string -> string.group().matches("\"\\w+\"") ? string.group() : "text");
    }

    @Test
    void loggersAreClasses() {
        assertThat(column("Log", "Logger"))
                .contains("the policy's class")
                .filteredOn(logger -> !logger.equals("the policy's class"))
                .allSatisfy(logger -> assertThat(Sources.load(logger)).isNotNull());
    }

    private static Set<String> column(String section, String title) {
        return PAGE.tableRows(section).stream()
                .filter(row -> row.containsKey(title))
                .map(row -> row.get(title))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private Set<String> names() {
        return meterRegistry.getMeters().stream()
                .map(Meter::getId)
                .map(id -> id.getTag("name"))
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
