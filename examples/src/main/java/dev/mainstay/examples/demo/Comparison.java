package dev.mainstay.examples.demo;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.stream.Stream;

/** Both arms side by side, and whether the guarded one did what it promises, if that can be said. */
record Comparison(Plan plan, Baseline baseline, RecoveryRule rule, TrialResult bare, TrialResult guarded) {

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
        return List.of(
                new Span("before the outage", Duration.ZERO, lastCallBefore()),
                new Span("during the outage", times.outageStart(), times.outageEnd()),
                new Span("after the outage", times.outageEnd(), times.end()));
    }

    /** A call that is still under way when the outage begins belongs to the outage. */
    private Duration lastCallBefore() {
        return plan.timetable().outageStart().minus(plan.attempts().timeout());
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

    /** What can be said of the guarded arm. */
    Verdict verdict() {
        if (!faults().isEmpty()) {
            return Verdict.INVALID;
        }
        return rule.isMet(guarded.timeline(), plan.timetable().outageEnd()) ? Verdict.PASSED : Verdict.FAILED;
    }

    /** What was wrong with the arms before the outage; if anything was, their figures must not be compared. */
    List<String> faults() {
        return Stream.of(bare, guarded)
                .flatMap(arm -> baseline
                        .fault(arm.timeline(), Duration.ZERO, lastCallBefore())
                        .map(fault -> "Before the outage, " + arm.name() + " " + fault + ".")
                        .stream())
                .toList();
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
