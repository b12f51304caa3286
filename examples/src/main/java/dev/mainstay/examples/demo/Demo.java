package dev.mainstay.examples.demo;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeoutException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * Takes a service through an outage and back, twice: called with bare timeouts and retries, then through a Mainstay
 * pipeline. Shows both live, compares them in a table and in a report, and fails if the pipeline did not recover in
 * time. If an arm was in trouble before the outage, it says so and compares nothing.
 */
@Command(
        name = "demo",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        usageHelpAutoWidth = true,
        description = "Takes a service through an outage and back, with bare retries and with Mainstay.",
        exitCodeListHeading = "Exit status:%n",
        exitCodeList = {
            "0:The calls through Mainstay recovered in time.",
            "1:They did not, or the demo broke.",
            "2:An argument is wrong.",
            "3:An arm was in trouble before the outage, so that nothing can be compared: run it again."
        })
public final class Demo implements Callable<Integer> {
    private static final Baseline BASELINE = new Baseline(0.95, 1.1);
    private static final RecoveryRule RULE = new RecoveryRule(0.95, Duration.ofSeconds(5), Duration.ofSeconds(10));

    @Option(
            names = "--seed",
            defaultValue = "1",
            description = "Of arrivals and service times. Default: ${DEFAULT-VALUE}")
    private long seed;

    @Option(names = "--rate", defaultValue = "200", description = "Calls per second. Default: ${DEFAULT-VALUE}")
    private int rate;

    @Option(names = "--warm-up", defaultValue = "4", description = "Seconds, not measured. Default: ${DEFAULT-VALUE}")
    private int warmUp;

    @Option(
            names = "--before",
            defaultValue = "5",
            description = "Seconds before the outage. Default: ${DEFAULT-VALUE}")
    private int before;

    @Option(names = "--outage", defaultValue = "6", description = "Seconds of outage. Default: ${DEFAULT-VALUE}")
    private int outage;

    @Option(
            names = "--recovery",
            defaultValue = "14",
            description = "Seconds after the outage, at least 10. Default: ${DEFAULT-VALUE}")
    private int recovery;

    @Option(names = "--workers", defaultValue = "25", description = "Of the service. Default: ${DEFAULT-VALUE}")
    private int workers;

    @Option(names = "--queue", defaultValue = "500", description = "Of the service. Default: ${DEFAULT-VALUE}")
    private int queue;

    @Option(
            names = "--service-time",
            defaultValue = "100",
            description = "Mean, in milliseconds. Default: ${DEFAULT-VALUE}")
    private int serviceTime;

    @Option(names = "--timeout", defaultValue = "1000", description = "Milliseconds. Default: ${DEFAULT-VALUE}")
    private int timeout;

    @Option(names = "--attempts", defaultValue = "3", description = "With the first. Default: ${DEFAULT-VALUE}")
    private int attempts;

    @Option(
            names = "--out",
            defaultValue = "target/report.html",
            description = "Where the report goes. Default: ${DEFAULT-VALUE}")
    private Path out = Path.of("target/report.html");

    @Spec
    private CommandSpec spec = CommandSpec.create();

    private final PrintStream terminal = System.out;

    /** Runs the demo; the exit status is that of the {@link Verdict}. */
    public static void main(String[] args) {
        System.exit(new CommandLine(new Demo()).execute(args));
    }

    @Override
    public Integer call() throws IOException, InterruptedException, TimeoutException {
        var plan = plan();
        announce(plan);
        var bare = run(1, plan, bare(plan));
        var guarded = run(2, plan, guarded(plan));
        var comparison = new Comparison(plan, BASELINE, RULE, bare, guarded);
        new HtmlReport(comparison).write(out);
        conclude(comparison);
        return comparison.verdict().exitCode();
    }

    private static Contender bare(Plan plan) {
        return new Contender(
                "bare retries", "timeouts and retries, nothing else", client -> new BareArm(client, plan.attempts()));
    }

    private static Contender guarded(Plan plan) {
        return new Contender(
                "Mainstay",
                "retry with its budget, circuit breaker, bulkhead, time limiter",
                client -> new MainstayArm(client, plan.attempts(), plan.maxConcurrentCalls(), plan.seed()));
    }

    private Plan plan() {
        try {
            return planOfOptions();
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }

    private Plan planOfOptions() {
        if (recovery < RULE.limit().toSeconds()) {
            throw new IllegalArgumentException("recovery is " + recovery + " s, must be at least "
                    + RULE.limit().toSeconds() + " s");
        }
        return new Plan(
                seed,
                rate,
                new Capacity(workers, queue, Duration.ofMillis(serviceTime)),
                new Attempts(attempts, Duration.ofMillis(timeout)),
                new Timetable(
                        Duration.ofSeconds(warmUp),
                        Duration.ofSeconds(before),
                        Duration.ofSeconds(outage),
                        Duration.ofSeconds(recovery)));
    }

    private void announce(Plan plan) {
        terminal.printf(
                "A service with %d workers and %d ms a request can do %s; %d calls/s keep it %.0f %% busy.%n",
                workers,
                serviceTime,
                Figures.perSecond(plan.capacity().requestsPerSecond()),
                rate,
                plan.utilisation() * 100);
        terminal.printf(
                "Then its database hangs for %d s. What happens when it is back?%n%n%s%n", outage, Status.legend());
    }

    private TrialResult run(int number, Plan plan, Contender contender) throws InterruptedException, TimeoutException {
        terminal.printf("%n%d of 2: %s (%s)%n%s%n", number, contender.name(), contender.description(), Status.header());
        return new Trial(contender, plan).run(new LiveLine(terminal, CommandLine.Help.Ansi.AUTO.enabled()));
    }

    private void conclude(Comparison comparison) {
        terminal.printf("%n%s%n", Conclusion.of(comparison));
        terminal.printf("Charts: %s%n", out.toAbsolutePath().normalize().toUri());
    }
}
