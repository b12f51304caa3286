package dev.mainstay.examples.shop;

import static dev.mainstay.examples.shop.Rehearsal.startOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.mainstay.examples.shop.Spans.Event;
import dev.mainstay.examples.shop.Spans.Span;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * What somebody finds out about the incident who has nothing but the traces. The script only says whether it is true.
 */
class IncidentInTracesTest {
    private static final int LATENCY = startOf(Phase.LATENCY);
    private static final int FAILURES = startOf(Phase.FAILURES);
    private static final int OVERLOAD = startOf(Phase.OVERLOAD);
    private static final int RECOVERY = startOf(Phase.RECOVERY);

    private static List<Span> spans;
    private static long calls;
    private static int open;

    @BeforeAll
    static void playTheIncident() {
        var rehearsal = new Rehearsal();
        var handler = new Spans(rehearsal.time);
        rehearsal.observations.observationConfig().observationHandler(handler);
        rehearsal.play(second -> {});
        spans = List.copyOf(handler.ended());
        open = handler.open();
        calls = rehearsal.customers.answered() + rehearsal.customers.disappointed();
    }

    @Test
    void everyCallIsASpanThatHasEnded() {
        assertThat(spans).hasSize(Math.toIntExact(calls));
        assertThat(open).isZero();
    }

    @Test
    void whileAllIsWellEveryCallIsOneAttemptAndASuccess() {
        assertThat(spans)
                .filteredOn(endsBefore(LATENCY))
                .hasSizeGreaterThan(600)
                .allSatisfy(span -> {
                    assertThat(span.outcome()).isEqualTo("success");
                    assertThat(span.exception()).isEqualTo("none");
                    assertThat(span.events()).extracting(Event::name).containsExactly("attempt 1");
                    assertThat(span.end() - span.begin()).isLessThan(0.25);
                });
    }

    @Test
    void attemptsTimeOutBeforeTheBreakerOpensBecauseOfThem() {
        double firstTimeOut = events("timeout").get(0).second();
        Event opened = events("state.changed").get(0);

        assertThat(firstTimeOut).isBetween(LATENCY + 0.25, LATENCY + 1.0);
        assertThat(opened.second()).isBetween(firstTimeOut + 0.5, firstTimeOut + 3);
        assertThat(opened.name())
                .isEqualTo("state.changed 'inventory': CLOSED to OPEN, the failure rate reached its threshold");
        assertThat(spanOf(opened)).satisfies(span -> {
            assertThat(span.exception()).isEqualTo("CallTimeoutException");
            assertThat(span.events("timeout").get(0).name()).isEqualTo("timeout 'inventory': after 250ms");
            assertThat(span.events("timeout").get(0).second()
                            - span.events("attempt").get(0).second())
                    .isEqualTo(0.25, within(1e-6));
        });
        assertThat(spans)
                .filteredOn(endsBefore(FAILURES))
                .noneMatch(span -> span.outcome().equals("error"));
    }

    @Test
    void aCallThatTheOpenBreakerRejectsNeverLeavesTheHouse() {
        double opened = events("state.changed").get(0).second();
        List<Span> rejected = spans.stream()
                .filter(span -> span.begin() > opened && span.end() < OVERLOAD)
                .filter(span -> span.has("rejected 'inventory': the circuit is"))
                .toList();

        assertThat(rejected)
                .filteredOn(span -> !span.has("retry"))
                .hasSizeGreaterThan(1_000)
                .allSatisfy(span -> {
                    assertThat(span.outcome()).isEqualTo("rejected");
                    assertThat(span.has("attempt")).isFalse();
                    assertThat(span.end()).isEqualTo(span.begin());
                });
        // Some were under way when it opened: it is their second attempt that is rejected.
        assertThat(rejected)
                .filteredOn(span -> span.has("retry"))
                .hasSizeLessThan(30)
                .allSatisfy(span -> {
                    assertThat(span.events("attempt")).hasSameSizeAs(span.events("retry '"));
                    assertThat(span.events().get(span.events().size() - 1).name())
                            .startsWith("rejected");
                });
    }

    @Test
    void someCallsAreRetriedUntilTheBudgetIsEmpty() {
        double firstDenial = events("retry.denied").get(0).second();

        assertThat(events("retry '"))
                .filteredOn(event -> event.second() < firstDenial)
                .hasSizeGreaterThanOrEqualTo(10)
                .allMatch(event -> event.second() >= LATENCY)
                .allMatch(event ->
                        event.name().matches("retry 'inventory': attempt 2 in .* after .*CallTimeoutException"));
        assertThat(events("retry.denied"))
                .hasSizeGreaterThan(events("retry '").size())
                .allMatch(event -> event.name().equals("retry.denied 'inventory': for lack of budget"))
                .allMatch(event -> event.second() > LATENCY && event.second() < OVERLOAD);
    }

    @Test
    void failedProbesOpenTheBreakerAgainAfterWaitsThatGrow() {
        List<Event> changes = events("state.changed 'inventory': ").stream()
                .filter(change -> change.second() < OVERLOAD)
                .toList();

        assertThat(changes).hasSizeGreaterThan(12);
        assertThat(changes.subList(1, changes.size()))
                .allMatch(change -> change.name().contains("OPEN to HALF_OPEN, the wait is over")
                        || change.name().contains("HALF_OPEN to OPEN, the failure rate reached its threshold"));
        List<Double> waits = IntStream.range(1, changes.size())
                .filter(i -> changes.get(i).name().contains("OPEN to HALF_OPEN"))
                .mapToObj(i -> changes.get(i).second() - changes.get(i - 1).second())
                .toList();
        assertThat(waits.subList(0, 3)).isSorted();
        assertThat(waits.get(2)).isGreaterThan(2 * waits.get(0));
        assertThat(waits.subList(2, waits.size())).allMatch(wait -> wait >= 3.2 && wait < 4.3);
    }

    @Test
    void aServiceThatFailsIsToldFromOneThatDoesNotAnswer() {
        List<Span> failed = spans.stream()
                .filter(span -> span.exception().equals("IOException")
                        || span.events("retry '").stream()
                                .anyMatch(event -> event.name().endsWith("after java.io.IOException")))
                .toList();

        assertThat(failed).hasSizeGreaterThan(6).allMatch(span -> span.begin() >= FAILURES && span.begin() < OVERLOAD);
        assertThat(spans)
                .filteredOn(span -> span.has("timeout"))
                .allMatch(span -> span.begin() >= LATENCY - 0.25 && span.begin() < FAILURES);
    }

    @Test
    void overloadShowsWhoRejectedWhatAndWhy() {
        Set<String> rejections = spans.stream()
                .filter(span -> span.begin() >= OVERLOAD && span.begin() < RECOVERY)
                .flatMap(span -> span.events("rejected").stream())
                .map(event -> event.name().replaceAll(", to be tried again in .*", ""))
                .collect(Collectors.toCollection(TreeSet::new));

        assertThat(rejections)
                .contains(
                        "rejected 'channels[app]': the rate limit is used up",
                        "rejected 'channels[web]': the rate limit is used up",
                        "rejected 'inventory': the queue is full")
                .noneMatch(rejection -> rejection.contains("partners"));
        assertThat(events("rejected 'channels[web]'"))
                .hasSizeGreaterThan(3 * events("rejected 'channels[app]'").size());
        assertThat(events("rejected 'inventory': the queue is full"))
                .hasSizeGreaterThan(100)
                .allMatch(event -> event.second() >= OVERLOAD && event.second() < RECOVERY + 1);
    }

    @Test
    void theBreakerClosesOnceTheServiceIsBackAndThenAllCallsSucceed() {
        List<Event> changes = events("state.changed");

        Event last = changes.get(changes.size() - 1);
        assertThat(last.name()).isEqualTo("state.changed 'inventory': HALF_OPEN to CLOSED, the probes passed");
        assertThat(last.second()).isBetween((double) OVERLOAD, OVERLOAD + 5.0);
        assertThat(spans)
                .filteredOn(span -> span.begin() > RECOVERY + 2)
                .hasSizeGreaterThan(500)
                .allMatch(span ->
                        span.outcome().equals("success") && span.events().size() == 1);
    }

    private static Predicate<Span> endsBefore(int second) {
        return span -> span.end() < second;
    }

    /** All events whose names begin so, in the order in which they happened. */
    private static List<Event> events(String prefix) {
        return spans.stream()
                .flatMap(span -> span.events(prefix).stream())
                .sorted(Comparator.comparingDouble(Event::second))
                .toList();
    }

    private static Span spanOf(Event event) {
        return spans.stream()
                .filter(span -> span.events().contains(event))
                .findFirst()
                .orElseThrow();
    }
}
