package dev.mainstay.examples.shop;

import dev.mainstay.backoff.RandomSource;
import dev.mainstay.time.TimeSource;
import io.micrometer.observation.ObservationRegistry;
import java.io.IOException;
import java.io.PrintStream;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Runs the shop through its incident on the real clock, with its meters to be scraped and its log on the terminal. */
@Command(
        name = "shop",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        usageHelpAutoWidth = true,
        description = "A shop goes through an incident, to be followed in its log and its metrics.")
public final class ObservedShop implements Callable<Integer> {
    static final Incident IN_SHORT = Incident.ofSeconds(4, 4, 7, 8, 5);

    @Option(
            names = "--port",
            defaultValue = "9464",
            description = "Of the metrics; 0 for any. Default: ${DEFAULT-VALUE}")
    private int port;

    @Option(names = "--seed", defaultValue = "1", description = "Of everything random. Default: ${DEFAULT-VALUE}")
    private long seed;

    @Option(names = "--rounds", defaultValue = "1", description = "How many incidents. Default: ${DEFAULT-VALUE}")
    private int rounds;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    private final PrintStream terminal = System.out;

    /** Runs the shop. */
    public static void main(String[] args) {
        System.exit(new CommandLine(new ObservedShop()).execute(args));
    }

    @Override
    public Integer call() throws IOException {
        if (rounds < 0) {
            throw new ParameterException(spec.commandLine(), "rounds is " + rounds + ", must be at least 0");
        }
        var time = TimeSource.system();
        var random = RandomSource.seeded(seed);
        var inventory = new Inventory(time, random);
        var shop = new Shop(inventory, time, random, ObservationRegistry.NOOP);
        try (var endpoint = MetricsEndpoint.start(port, shop.pipeline())) {
            terminal.printf("Metrics: %s%n", endpoint.uri());
            for (int round = 0; round < rounds; round++) {
                var customers = new Customers(shop, time, random);
                IN_SHORT.play(time, inventory, customers, this::announce).join();
                terminal.printf(
                        "%d customers were answered, %d were not.%n", customers.answered(), customers.disappointed());
            }
        }
        return CommandLine.ExitCode.OK;
    }

    private void announce(Phase phase) {
        terminal.printf(
                "%n== %s: the inventory is %s, %.0f times the usual load, for %d s%n",
                phase.name().toLowerCase(Locale.ROOT),
                phase.condition().name().toLowerCase(Locale.ROOT),
                phase.load(),
                Objects.requireNonNull(IN_SHORT.lengths().get(phase)).toSeconds());
    }
}
