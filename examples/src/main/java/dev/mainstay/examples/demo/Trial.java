package dev.mainstay.examples.demo;

import java.time.Duration;
import java.util.concurrent.TimeoutException;

/** One contender through the whole timetable, against a fresh instance of the service. */
final class Trial {
    private static final Duration SLICE = Duration.ofMillis(500);

    private final Contender contender;
    private final Plan plan;

    Trial(Contender contender, Plan plan) {
        this.contender = contender;
        this.plan = plan;
    }

    TrialResult run(LiveLine line) throws InterruptedException, TimeoutException {
        var timetable = plan.timetable();
        var database = new Database(plan.capacity().meanServiceTime(), plan.seed());
        var measurements = new Measurements(timetable.end(), SLICE);
        var lastSecond = new LastSecond();
        var arrivals = Arrivals.poisson(plan.callsPerSecond(), timetable.end().minus(timetable.start()), plan.seed());
        try (var service = InventoryService.start(plan.capacity(), database)) {
            var clock = new TrialClock(timetable.start());
            try (var client = new InventoryClient(service.uri(), () -> measurements.sent(clock.nanos()))) {
                var arm = contender.arm().apply(client);
                try (var observer = new Observer(arm, clock, timetable, lastSecond, line)) {
                    observer.start();
                    scheduleOutage(database, clock);
                    var load = new LoadGenerator(arm, clock, measurements, lastSecond);
                    load.run(timetable.start(), arrivals);
                    load.awaitEndOfCalls(longestCall());
                    return new TrialResult(
                            contender.name(), measurements.timeline(), observer.samples(), arm.explain());
                }
            }
        }
    }

    private void scheduleOutage(Database database, TrialClock clock) {
        var outage = DaemonThreads.named("outage").newThread(() -> {
            try {
                clock.sleepUntil(plan.timetable().outageStart().toNanos());
                database.goDown();
                clock.sleepUntil(plan.timetable().outageEnd().toNanos());
                database.comeBack();
            } catch (InterruptedException stopped) {
                database.comeBack();
            }
        });
        outage.start();
    }

    /** Generous: backoffs are shorter than attempts. */
    private Duration longestCall() {
        var attempts = plan.attempts();
        return attempts.timeout().multipliedBy(2L * attempts.max()).plusSeconds(5);
    }
}
