package dev.mainstay.examples.demo;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;

/** Both arms side by side, and whether the guarded one did what it promises. */
record Comparison(Plan plan, RecoveryRule rule, TrialResult bare, TrialResult guarded) {

    /** One line of the table. */
    record Row(String what, String bare, String guarded) {}

    List<Row> rows() {
        var rows = new ArrayList<Row>();
        addRows(rows, "Goodput", Comparison::goodput);
        addRows(rows, "p99 wait", Comparison::waited);
        addRows(rows, "Requests per call", Comparison::requests);
        rows.add(new Row(
                "Back at " + Math.round(rule.share() * 100) + " % of the load after",
                recoveryText(bare),
                recoveryText(guarded)));
        return rows;
    }

    private void addRows(List<Row> rows, String what, BiFunction<TrialResult, Span, String> value) {
        for (var span : spans()) {
            rows.add(new Row(what + " " + span.name, value.apply(bare, span), value.apply(guarded, span)));
        }
    }

    private List<Span> spans() {
        var times = plan.timetable();
        // A call that is still under way when the outage begins belongs to the outage.
        var lastCallBefore = times.outageStart().minus(plan.attempts().timeout());
        return List.of(
                new Span("before the outage", Duration.ZERO, lastCallBefore),
                new Span("during the outage", times.outageStart(), times.outageEnd()),
                new Span("after the outage", times.outageEnd(), times.end()));
    }

    private static String goodput(TrialResult trial, Span span) {
        var slice = span.of(trial);
        return Figures.perSecond(slice.answered() / span.seconds()) + " (" + Figures.percent(slice.goodShare()) + ")";
    }

    private static String waited(TrialResult trial, Span span) {
        return Figures.seconds(span.of(trial).p99Seconds());
    }

    private static String requests(TrialResult trial, Span span) {
        return Figures.ratio(span.of(trial).requestsPerCall());
    }

    /** How long after the outage's end an arm is back; empty if it is not. */
    Optional<Duration> recovery(TrialResult trial) {
        return rule.recovery(trial.timeline(), plan.timetable().outageEnd());
    }

    String recoveryText(TrialResult trial) {
        return recovery(trial)
                .map(delay -> Figures.decimal(Seconds.of(delay)) + " s")
                .orElse("not in " + plan.timetable().recovery().toSeconds() + " s");
    }

    /** Whether the guarded arm recovered in time. */
    boolean passed() {
        return rule.isMet(guarded.timeline(), plan.timetable().outageEnd());
    }

    private record Span(String name, Duration from, Duration to) {
        Slice of(TrialResult trial) {
            return trial.timeline().between(from, to);
        }

        double seconds() {
            return Seconds.of(to.minus(from));
        }
    }
}
