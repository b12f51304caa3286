package dev.mainstay.benchmarks;

import dev.mainstay.benchmarks.contenders.Contender;
import dev.mainstay.benchmarks.contenders.Contenders;
import dev.mainstay.benchmarks.contenders.PolicyKind;
import java.util.Arrays;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.openjdk.jol.info.GraphLayout;

/**
 * The memory of policies that nobody calls: everything that one more of them brings along, which leaves out what all of
 * them share.
 */
final class AtRest {

    static final String INSTANCE = "InstanceAtRest";
    static final String KEYED = "KeyedBreakersAtRest";

    private static final int FEW = 10;
    private static final int MANY = 110;
    private static final int KEYS = 100_000;
    private static final int ATTEMPTS = 10;

    static {
        // records and lambdas tell nobody where their fields are, and no agent is needed for the rest
        System.setProperty("jol.magicFieldOffset", "true");
        System.setProperty("jol.skipDynamicAttach", "true");
        System.setProperty("jol.skipHotspotSAAttach", "true");
    }

    private AtRest() {}

    static Cell instance(PolicyKind kind, String contender) {
        return new Cell(INSTANCE, Map.of("policy", kind.name(), Cell.CONTENDER, contender), 1);
    }

    static Cell keyedBreakers(String contender) {
        return keyedBreakers(KEYS, contender);
    }

    static Cell keyedBreakers(int keys, String contender) {
        return new Cell(KEYED, Map.of("keys", Integer.toString(keys), Cell.CONTENDER, contender), 1);
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

    static boolean isAsked(Cell cell) {
        return cell.question().equals(INSTANCE) || cell.question().equals(KEYED);
    }

    static double bytes(Cell cell) {
        Contender contender = Contenders.named(cell.contender());
        OptionalDouble bytes = cell.question().equals(INSTANCE)
                ? bytesOfInstance(contender, PolicyKind.valueOf(cell.parameter("policy")))
                : bytesOfKeyed(contender, Integer.parseInt(cell.parameter("keys")));
        return bytes.orElseThrow(() -> new IllegalArgumentException("no answer to " + cell));
    }

    private static OptionalDouble bytesOfInstance(Contender contender, PolicyKind kind) {
        Supplier<Object> instances = contender.instances(kind);
        return instances == null ? OptionalDouble.empty() : OptionalDouble.of(bytesOfEach(instances));
    }

    /** What one more of them brings along. */
    static double bytesOfEach(Supplier<?> instances) {
        Object[] all = Stream.generate(instances).limit(MANY).toArray();
        Object[] few = Arrays.copyOf(all, FEW);
        return difference(all, few) / (double) (MANY - FEW);
    }

    private static OptionalDouble bytesOfKeyed(Contender contender, int keys) {
        Object one = contender.keyedBreakers(1);
        Object all = contender.keyedBreakers(keys);
        return one == null || all == null
                ? OptionalDouble.empty()
                : OptionalDouble.of((double) difference(new Object[] {all}, new Object[] {one}));
    }

    /**
     * What can be reached from one but not from the other, where what both reach may change while it is counted: until
     * two counts agree.
     */
    private static long difference(Object[] larger, Object[] smaller) {
        long before = count(larger) - count(smaller);
        for (int attempt = 1; attempt < ATTEMPTS; attempt++) {
            long difference = count(larger) - count(smaller);
            if (difference == before) {
                return difference;
            }
            before = difference;
        }
        throw new IllegalStateException("what is shared did not come to rest");
    }

    private static long count(Object[] roots) {
        return GraphLayout.parseInstance(roots).totalSize();
    }
}
