package dev.mainstay.benchmarks;

import dev.mainstay.benchmarks.contenders.Contender;
import dev.mainstay.benchmarks.contenders.Contenders;
import dev.mainstay.benchmarks.contenders.PolicyKind;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.openjdk.jol.info.GraphLayout;

/** The memory of policies that nobody calls: everything that one more of them brings along, which leaves out what all of them share. */
final class AtRest {

    static final String INSTANCE = "InstanceAtRest";
    static final String KEYED = "KeyedBreakersAtRest";

    private static final int FEW = 10;
    private static final int MANY = 110;
    private static final int KEYS = 100_000;

    static {
        // records and lambdas tell nobody else where their fields are
        System.setProperty("jol.magicFieldOffset", "true");
    }

    private AtRest() {}

    static Cell instance(PolicyKind kind, String contender) {
        return new Cell(INSTANCE, Map.of("policy", kind.name(), Cell.CONTENDER, contender), 1);
    }

    static Cell keyedBreakers(String contender) {
        return new Cell(KEYED, Map.of("keys", Integer.toString(KEYS), Cell.CONTENDER, contender), 1);
    }

    static String asks(String question) {
        return question.equals(INSTANCE)
                ? "How much memory does one more instance take, with the configuration shared?"
                : "How much memory does a registry take that holds a breaker for each of so many keys?";
    }

    /** All that can be measured. */
    static Stream<Cell> cells() {
        return Contenders.all().stream()
                .flatMap(contender -> Stream.concat(
                        Stream.of(PolicyKind.values())
                                .filter(kind -> contender.instances(kind) != null)
                                .map(kind -> instance(kind, contender.name())),
                        contender.keyedBreakers(1) == null
                                ? Stream.empty()
                                : Stream.of(keyedBreakers(contender.name()))));
    }

    static double bytes(Cell cell) {
        Contender contender = Contenders.named(cell.contender());
        OptionalDouble bytes = cell.question().equals(INSTANCE)
                ? bytesOfInstance(contender, PolicyKind.valueOf(cell.parameters().getOrDefault("policy", "")))
                : bytesOfKeyed(contender);
        return bytes.orElseThrow(() -> new IllegalArgumentException("no answer to " + cell));
    }

    private static OptionalDouble bytesOfInstance(Contender contender, PolicyKind kind) {
        Supplier<Object> instances = contender.instances(kind);
        if (instances == null) {
            return OptionalDouble.empty();
        }
        List<Object> all = Stream.generate(instances).limit(MANY).toList();
        double few = GraphLayout.parseInstance(all.subList(0, FEW).toArray()).totalSize();
        double many = GraphLayout.parseInstance(all.toArray()).totalSize();
        return OptionalDouble.of((many - few) / (MANY - FEW));
    }

    private static OptionalDouble bytesOfKeyed(Contender contender) {
        Object one = contender.keyedBreakers(1);
        Object all = contender.keyedBreakers(KEYS);
        return one == null || all == null
                ? OptionalDouble.empty()
                : OptionalDouble.of(GraphLayout.parseInstance(all).totalSize()
                        - GraphLayout.parseInstance(one).totalSize());
    }
}
