package dev.mainstay.examples.shop;

import static dev.mainstay.examples.shop.Rehearsal.endOf;
import static dev.mainstay.examples.shop.Rehearsal.startOf;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.micrometer.MainstayMetrics;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * What somebody finds out about the incident who has nothing but the meters, looked at once a second. The script only
 * says whether it is true.
 */
class IncidentInMetricsTest {
    private static final String CALLS = "mainstay.pipeline.calls";
    private static final String ATTEMPTS = "mainstay.timelimiter.calls";
    private static final String TRANSITIONS = "mainstay.breaker.transitions";
    private static final String STATE = "mainstay.breaker.state";
    private static final String DENIED = "mainstay.retry.denied";

    private static final int CALM = startOf(Phase.CALM);
    private static final int LATENCY = startOf(Phase.LATENCY);
    private static final int FAILURES = startOf(Phase.FAILURES);
    private static final int OVERLOAD = startOf(Phase.OVERLOAD);
    private static final int RECOVERY = startOf(Phase.RECOVERY);
    private static final int END = endOf(Phase.RECOVERY);

    private static final Samples METERS = new Samples(new SimpleMeterRegistry());

    @BeforeAll
    static void playTheIncident() {
        var rehearsal = new Rehearsal();
        MainstayMetrics.bind(METERS.registry(), rehearsal.shop.pipeline());
        rehearsal.play(second -> METERS.take());
    }

    @Test
    void whileAllIsWellThereAreSuccessesAndNothingElse() {
        assertThat(perSecond(CALM, LATENCY, CALLS)).isBetween(30.0, 50.0);
        assertThat(METERS.rise(CALM, LATENCY, CALLS))
                .isEqualTo(METERS.rise(CALM, LATENCY, CALLS, "outcome", "success"));
        assertThat(METERS.rise(CALM, LATENCY, TRANSITIONS)).isZero();
        assertThat(rejected(CALM, LATENCY)).isZero();
    }

    @Test
    void timeOutsComeFirstAndThenTheBreakerOpens() {
        int firstTimeOut = METERS.seconds(ATTEMPTS, "outcome", "timeout").get(0);
        int opened = METERS.seconds(TRANSITIONS, "to", "open").get(0);

        assertThat(firstTimeOut).isEqualTo(LATENCY);
        assertThat(opened).isGreaterThan(firstTimeOut).isLessThan(firstTimeOut + 4);
        assertThat(METERS.value(firstTimeOut, "mainstay.breaker.failure.rate")).isBetween(1.0, 49.0);
        assertThat(METERS.value(opened, "mainstay.breaker.failure.rate")).isEqualTo(50);
        // They are time-outs of a service that does not answer: it fails no request, and rejects none.
        assertThat(METERS.rise(LATENCY, FAILURES, ATTEMPTS, "outcome", "failure"))
                .isZero();
        assertThat(METERS.seconds("mainstay.bulkhead.rejected")).allMatch(second -> second >= OVERLOAD);
    }

    @Test
    void onceTheBreakerIsOpenCallsEndAsRejectionsAndTheServiceIsLeftAlone() {
        int opened = METERS.seconds(TRANSITIONS, "to", "open").get(0);

        assertThat(METERS.rise(opened + 1, OVERLOAD, "mainstay.breaker.rejected"))
                .isGreaterThan(0.95 * METERS.rise(opened + 1, OVERLOAD, CALLS));
        assertThat(perSecond(opened + 1, OVERLOAD, ATTEMPTS)).isLessThan(1.5);
    }

    @Test
    void theBudgetIsEmptyBeforeRetriesAreDenied() {
        List<Integer> denials = METERS.seconds(DENIED, "reason", "budget");

        assertThat(METERS.value(LATENCY - 1, "mainstay.retry.budget")).isEqualTo(10);
        assertThat(METERS.value(denials.get(0), "mainstay.retry.budget")).isLessThan(1);
        assertThat(denials).allMatch(second -> second >= LATENCY && second < OVERLOAD);
        assertThat(METERS.rise(LATENCY, OVERLOAD, DENIED, "reason", "budget"))
                .isGreaterThan(retries(LATENCY, OVERLOAD));
        assertThat(METERS.seconds(DENIED, "reason", "deadline")).isEmpty();
    }

    @Test
    void failedProbesOpenTheBreakerAgainAfterWaitsThatGrow() {
        List<Integer> openings = METERS.seconds(TRANSITIONS, "to", "open");

        assertThat(openings).hasSizeGreaterThan(6).allMatch(second -> second < OVERLOAD);
        List<Integer> waits = IntStream.range(1, openings.size())
                .mapToObj(i -> openings.get(i) - openings.get(i - 1))
                .toList();
        assertThat(waits.subList(0, 3)).isSorted().doesNotHaveDuplicates();
        assertThat(waits.subList(3, waits.size())).allMatch(wait -> wait >= waits.get(2) - 1 && wait <= 5);
        assertThat(METERS.value(OVERLOAD - 1, TRANSITIONS, "to", "half_open")).isEqualTo(openings.size() - 1.0);
        assertThat(METERS.value(OVERLOAD - 1, TRANSITIONS, "to", "closed")).isZero();
    }

    @Test
    void aServiceThatFailsIsToldFromOneThatDoesNotAnswer() {
        List<Integer> failures = METERS.seconds(ATTEMPTS, "outcome", "failure");

        assertThat(failures).hasSizeGreaterThan(3).allMatch(second -> second >= FAILURES && second < OVERLOAD);
        assertThat(METERS.rise(FAILURES, OVERLOAD, ATTEMPTS, "outcome", "timeout"))
                .isZero();
        assertThat(METERS.rise(FAILURES, OVERLOAD, ATTEMPTS, "outcome", "success"))
                .isZero();
    }

    @Test
    void overloadShowsWhichChannelsAskForTooMuch() {
        assertThat(perSecond(OVERLOAD, RECOVERY, CALLS)).isGreaterThan(8 * perSecond(CALM, LATENCY, CALLS));
        assertThat(rejectedByRate("channels[web]")).isGreaterThan(3 * rejectedByRate("channels[app]"));
        assertThat(rejectedByRate("channels[app]")).isPositive();
        assertThat(rejectedByRate("channels[partners]")).isZero();
        assertThat(METERS.seconds("mainstay.ratelimiter.rejected"))
                .allMatch(second -> second >= OVERLOAD && second <= RECOVERY);
    }

    @Test
    void overloadShowsThatTheBulkheadIsFullAndSoIsItsQueue() {
        int closed = METERS.seconds(TRANSITIONS, "to", "closed").get(0);

        assertThat(METERS.rise(closed, RECOVERY, "mainstay.bulkhead.rejected", "reason", "queue_full"))
                .isGreaterThan(100)
                .isEqualTo(METERS.rise(CALM, END, "mainstay.bulkhead.rejected"));
        assertThat(average(closed + 1, RECOVERY, "mainstay.bulkhead.in.use")).isBetween(19.0, 20.0);
        assertThat(average(closed + 1, RECOVERY, "mainstay.bulkhead.queued")).isBetween(5.0, 10.0);
        assertThat(METERS.rise(closed, RECOVERY, "mainstay.bulkhead.wait")).isPositive();
        assertThat(METERS.value(closed, "mainstay.bulkhead.limit")).isEqualTo(20);
        // What is let through is answered in time, and the breaker sees no reason to open.
        assertThat(METERS.rise(closed, RECOVERY, TRANSITIONS, "to", "open")).isZero();
        assertThat(METERS.rise(closed + 1, RECOVERY, ATTEMPTS)).isEqualTo(successes(closed + 1, RECOVERY));
    }

    @Test
    void theBreakerClosesOnceTheServiceIsBack() {
        assertThat(METERS.seconds(TRANSITIONS, "to", "closed"))
                .singleElement()
                .satisfies(second -> assertThat(second).isBetween(OVERLOAD, OVERLOAD + 4));
    }

    @Test
    void inTheEndAllCallsSucceedAndNothingIsInUse() {
        int last = END + Rehearsal.SECONDS_AFTER - 1;

        assertThat(METERS.rise(RECOVERY + 2, last, CALLS))
                .isGreaterThan(500)
                .isEqualTo(METERS.rise(RECOVERY + 2, last, CALLS, "outcome", "success"));
        assertThat(rejected(RECOVERY + 2, last)).isZero();
        assertThat(METERS.value(last, STATE, "state", "closed")).isEqualTo(1);
        assertThat(METERS.value(last, STATE)).isEqualTo(1);
        assertThat(METERS.value(last, "mainstay.bulkhead.in.use")).isZero();
        assertThat(METERS.value(last, "mainstay.bulkhead.queued")).isZero();
        assertThat(METERS.value(last, "mainstay.retry.budget")).isEqualTo(10);
    }

    private static double perSecond(int from, int to, String name) {
        return METERS.rise(from, to, name) / (to - from);
    }

    private static double average(int from, int to, String name) {
        return IntStream.range(from, to)
                .mapToDouble(second -> METERS.value(second, name))
                .average()
                .orElseThrow();
    }

    private static double rejected(int from, int to) {
        return METERS.rise(from, to, "mainstay.breaker.rejected")
                + METERS.rise(from, to, "mainstay.bulkhead.rejected")
                + METERS.rise(from, to, "mainstay.ratelimiter.rejected");
    }

    private static double rejectedByRate(String channel) {
        return METERS.rise(OVERLOAD, RECOVERY, "mainstay.ratelimiter.rejected", "name", channel);
    }

    private static double successes(int from, int to) {
        return METERS.rise(from, to, ATTEMPTS, "outcome", "success");
    }

    /** Attempts that are not the first of their call. */
    private static double retries(int from, int to) {
        return METERS.rise(from, to, "mainstay.retry.attempts") - METERS.rise(from, to, "mainstay.retry.calls");
    }
}
