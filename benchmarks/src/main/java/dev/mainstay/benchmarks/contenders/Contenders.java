package dev.mainstay.benchmarks.contenders;

import java.util.List;

/** All that are compared. */
public final class Contenders {

    /** Whose marks are to be reached. */
    public static final String OURS = "mainstay";

    /** What the same work costs with nothing but the JDK. */
    public static final String FLOOR = "floor";

    /** The name of SmallRye Fault Tolerance. */
    public static final String SMALLRYE = "smallrye";

    private static final List<Contender> ALL = List.of(
            new MainstayContender(),
            new Resilience4jContender(),
            new FailsafeContender(),
            new SmallRyeContender(),
            new SpringContender(),
            new GuavaContender(),
            new Bucket4jContender(),
            new FloorContender());

    private Contenders() {}

    public static List<Contender> all() {
        return ALL;
    }

    /** The one of that name. */
    public static Contender named(String name) {
        return ALL.stream()
                .filter(contender -> contender.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("contender is '" + name + "' but must be one of "
                        + ALL.stream().map(Contender::name).toList()));
    }
}
