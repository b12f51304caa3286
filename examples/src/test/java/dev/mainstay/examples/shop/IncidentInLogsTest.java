package dev.mainstay.examples.shop;

import static dev.mainstay.examples.shop.Rehearsal.SCRIPT;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import dev.mainstay.examples.shop.LogLines.Line;
import dev.mainstay.micrometer.MainstayMetrics;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What somebody finds out about the incident who has nothing but the log. The script only says whether it is true. */
class IncidentInLogsTest {
    private static final Duration LATENCY = SCRIPT.startOf(Phase.LATENCY);
    private static final Duration FAILURES = SCRIPT.startOf(Phase.FAILURES);
    private static final Duration OVERLOAD = SCRIPT.startOf(Phase.OVERLOAD);
    private static final Duration RECOVERY = SCRIPT.startOf(Phase.RECOVERY);

    /** What happens to many calls is summed up over so long. */
    private static final Duration PERIOD = Duration.ofSeconds(10);

    private static final MeterRegistry METERS = new SimpleMeterRegistry();
    private static List<Line> lines;
    private static long calls;

    @BeforeAll
    static void playTheIncident() {
        var rehearsal = new Rehearsal();
        MainstayMetrics.bind(METERS, rehearsal.shop.pipeline());
        try (var log = new LogLines(rehearsal.time)) {
            rehearsal.play(second -> {});
            lines = List.copyOf(log.lines());
        }
        calls = rehearsal.customers.answered() + rehearsal.customers.disappointed();
    }

    @Test
    void aFewDozenLinesTellOfThousandsOfCalls() {
        assertThat(calls).isGreaterThan(10_000);
        assertThat(lines).hasSizeLessThan(60);
    }

    @Test
    void whatHappensToManyCallsIsALineInTenSecondsAndNotALineForEach() {
        Map<String, Duration> last = new HashMap<>();
        for (Line line : lines) {
            if (!isTransition(line)) {
                Duration before = last.put(line.logger() + what(line) + line.key("policy"), line.at());
                assertThat(before == null || line.at().minus(before).compareTo(PERIOD) >= 0)
                        .as("%s, and before at %s", line, before)
                        .isTrue();
            }
        }
        assertThat(last).hasSizeGreaterThan(4);
    }

    @Test
    void nothingIsSaidWhileAllIsWell() {
        assertThat(lines).allMatch(line -> line.at().compareTo(LATENCY) > 0);
    }

    @Test
    void timeOutsComeFirstThenTheBudgetIsEmptyThenTheBreakerOpensAndRejectsCalls() {
        assertThat(lines.subList(0, 4)).allMatch(line -> line.key("policy").equals("inventory"));
        assertThat(lines.subList(0, 4))
                .extracting(line -> line.level() + " " + line.logger() + ": " + what(line))
                .containsExactly(
                        "WARN TimeLimiter: Time limiter 'inventory' gave calls up",
                        "WARN Retry: Retry 'inventory' denied retries",
                        "WARN CircuitBreaker: Circuit breaker 'inventory' CLOSED -> OPEN",
                        "INFO CircuitBreaker: Circuit breaker 'inventory' rejected calls");
        assertThat(lines.get(0).at()).isLessThan(LATENCY.plusSeconds(1));
        assertThat(lines.get(0).key("why")).contains("250ms");
        assertThat(lines.get(1).key("reason")).isEqualTo("BUDGET");
        assertThat(lines.get(1).key("why")).contains("0.0 of 10 budget tokens left");
        assertThat(lines.get(2).keys())
                .containsEntry("from", "CLOSED")
                .containsEntry("to", "OPEN")
                .containsEntry("why", "FAILURE_RATE")
                .containsEntry("numbers", "50 of 100 calls failed");
        assertThat(lines.get(3).key("reason")).isEqualTo("OPEN");
    }

    @Test
    void failedProbesOpenTheBreakerAgainAfterWaitsThatGrow() {
        List<Line> openings = transitionsTo("OPEN");

        assertThat(openings).hasSizeGreaterThan(6).allMatch(line -> line.level() == Level.WARN);
        assertThat(openings.subList(1, openings.size()))
                .allMatch(line -> line.key("from").equals("HALF_OPEN")
                        && line.key("numbers").equals("2 of 2 calls failed"));
        List<Double> waits = openings.stream()
                .map(line -> Double.valueOf(line.key("wait").replace("s", "")))
                .toList();
        assertThat(waits.subList(0, 3)).isSorted();
        assertThat(waits.get(2)).isGreaterThan(2 * waits.get(0));
        assertThat(waits.subList(2, waits.size())).allMatch(wait -> wait >= 3.2 && wait <= 4);
    }

    @Test
    void aServiceThatFailsIsToldFromOneThatDoesNotAnswer() {
        assertThat(transitionsTo("OPEN"))
                .allSatisfy(line -> assertThat(line.key("failure"))
                        .contains(
                                line.at().compareTo(FAILURES) < 0
                                        ? "CallTimeoutException"
                                        : "IOException: 500: no connection to the database"));
        assertThat(lines)
                .filteredOn(line -> what(line).endsWith(" gave calls up"))
                .allMatch(line -> line.at().compareTo(FAILURES.plus(PERIOD)) < 0);
    }

    @Test
    void overloadShowsWhichChannelsAskForTooMuchAndThatTheBulkheadIsFull() {
        List<Line> told = lines.stream()
                .filter(between(OVERLOAD, RECOVERY))
                .filter(line -> what(line).endsWith(" rejected calls"))
                .filter(line -> !line.logger().equals("CircuitBreaker"))
                .toList();

        assertThat(told)
                .filteredOn(line -> line.has("reason"))
                .extracting(line -> line.logger() + " " + line.key("policy") + " " + line.key("reason"))
                .containsExactlyInAnyOrder(
                        "RateLimiter channels[web] RATE",
                        "RateLimiter channels[app] RATE",
                        "Bulkhead inventory QUEUE_FULL");
        assertThat(told)
                .filteredOn(line -> line.logger().equals("Bulkhead"))
                .first()
                .satisfies(line -> assertThat(line.key("why"))
                        .contains("20 of 20 slots in use, 10 of at most 10 waiting up to 100ms"));
        assertThat(told).filteredOn(line -> line.has("count")).hasSizeGreaterThan(2);
    }

    @Test
    void theSumsAreWhatTheMetersCounted() {
        assertThat(told("RateLimiter", "rejected calls")).isEqualTo(counted("ratelimiter.rejected"));
        assertThat(told("Bulkhead", "rejected calls")).isEqualTo(counted("bulkhead.rejected"));
        assertThat(told("CircuitBreaker", "rejected calls")).isEqualTo(counted("breaker.rejected"));
        assertThat(told("TimeLimiter", "gave calls up")).isEqualTo(counted("timelimiter.calls", "outcome", "timeout"));
        assertThat(told("Retry", "denied retries")).isEqualTo(counted("retry.denied"));
    }

    @Test
    void theBreakerClosesOnceTheServiceIsBackAndThenThereIsSilence() {
        assertThat(transitionsTo("CLOSED")).singleElement().satisfies(line -> {
            assertThat(line.level()).isEqualTo(Level.INFO);
            assertThat(line.at()).isBetween(OVERLOAD, OVERLOAD.plusSeconds(5));
            assertThat(line.key("why")).isEqualTo("PROBES_PASSED");
            assertThat(lines).filteredOn(IncidentInLogsTest::isTransition).endsWith(line);
        });
        // What was still counted in the overload is summed up once more.
        assertThat(lines).allMatch(line -> line.at().compareTo(RECOVERY.plus(PERIOD)) < 0);
    }

    private static boolean isTransition(Line line) {
        return line.message().contains(" -> ");
    }

    /** What has happened, without the facts that the message repeats for readers who see no keys. */
    private static String what(Line line) {
        int facts = line.message().indexOf(": ");
        return facts < 0 ? line.message() : line.message().substring(0, facts);
    }

    private static List<Line> transitionsTo(String state) {
        return lines.stream()
                .filter(line -> isTransition(line) && line.key("to").equals(state))
                .toList();
    }

    private static Predicate<Line> between(Duration from, Duration to) {
        return line -> line.at().compareTo(from) >= 0 && line.at().compareTo(to) < 0;
    }

    /** How often the log says that it happened: each first line stands for one, each sum for as many as it says. */
    private static double told(String logger, String message) {
        return lines.stream()
                .filter(line -> line.logger().equals(logger) && what(line).endsWith(" " + message))
                .mapToLong(line -> line.has("count") ? Long.parseLong(line.key("count")) : 1)
                .sum();
    }

    private static double counted(String meter, String... tags) {
        return METERS.get("mainstay." + meter).tags(tags).functionCounters().stream()
                .mapToDouble(FunctionCounter::count)
                .sum();
    }
}
