package dev.mainstay.benchmarks;

import static dev.mainstay.benchmarks.contenders.Contenders.FLOOR;
import static dev.mainstay.benchmarks.contenders.Contenders.OURS;
import static dev.mainstay.benchmarks.contenders.Contenders.SMALLRYE;

import dev.mainstay.benchmarks.contenders.PolicyKind;
import dev.mainstay.benchmarks.contenders.RejectionForm;
import dev.mainstay.benchmarks.questions.AsyncStack;
import dev.mainstay.benchmarks.questions.AsyncTimeLimited;
import dev.mainstay.benchmarks.questions.BreakerClosed;
import dev.mainstay.benchmarks.questions.BreakerWindow;
import dev.mainstay.benchmarks.questions.BulkheadEntered;
import dev.mainstay.benchmarks.questions.Failures;
import dev.mainstay.benchmarks.questions.Floors;
import dev.mainstay.benchmarks.questions.Metrics;
import dev.mainstay.benchmarks.questions.Policies;
import dev.mainstay.benchmarks.questions.Polluted;
import dev.mainstay.benchmarks.questions.RateLimiterGranting;
import dev.mainstay.benchmarks.questions.Rejected;
import dev.mainstay.benchmarks.questions.Retrying;
import dev.mainstay.benchmarks.questions.Stack;
import dev.mainstay.benchmarks.questions.Stage;
import dev.mainstay.benchmarks.questions.StateChanges;
import dev.mainstay.benchmarks.questions.TimeLimited;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The marks to be reached, all of them and nowhere else. */
final class Marks {

    private static final String RESILIENCE4J = "resilience4j";
    private static final String FAILSAFE = "failsafe";
    private static final String SPRING = "spring";

    private static final List<String> COUNT_WINDOWS = List.of("10 calls", "100 calls", "1000 calls", "10000 calls");
    private static final List<String> TIME_WINDOWS = List.of("1 s", "10 s", "60 s", "1 h");

    private final List<Mark> marks = new ArrayList<>();

    private Marks() {}

    static List<Mark> all() {
        Marks all = new Marks();
        all.breakers();
        all.rejections();
        all.otherPolicies();
        all.stacks();
        all.whereItHurts();
        all.floors();
        all.atRest();
        return List.copyOf(all.marks);
    }

    private void breakers() {
        Asked closed = new Asked(BreakerClosed.class)
                .with("window", "100 calls")
                .with("failures", Failures.NONE)
                .with("metrics", Metrics.UNBOUND);
        both("breaker closed, count 100, healthy", closed, 0.05, 0.02, RESILIENCE4J);
        both(
                "breaker closed, count 100, 1 % failures",
                closed.with("failures", Failures.ONE_PERCENT), 0.25, 0.12, RESILIENCE4J);
        both(
                "breaker closed, count 100, healthy, metrics bound",
                closed.with("metrics", Metrics.BOUND),
                0.10,
                0.05,
                RESILIENCE4J);
        pair("breaker closed, time 10 s, healthy", closed.with("window", "10 s"), 0.40, 0.20, RESILIENCE4J)
                .forEach(mark -> marks.add(mark.orNear(clockAndCompareAndSet(mark))));
    }

    private void rejections() {
        Asked rejected = new Asked(Rejected.class).with("policy", PolicyKind.BREAKER);
        Asked thrown = rejected.with("form", RejectionForm.THROWN).with("depth", 100);
        Asked withoutTrace = thrown.with("form", RejectionForm.THROWN_WITHOUT_TRACE);
        both("breaker open, thrown and caught, depth 100", thrown, thrown, 0.04, 0.04, RESILIENCE4J);
        both(
                "breaker open, thrown and caught, depth 100, its traces off",
                thrown,
                withoutTrace,
                0.4,
                0.4,
                RESILIENCE4J);
        Asked limited = rejected.with("policy", PolicyKind.RATE_LIMITER).with("depth", 10);
        both("rate limiter rejecting, as a value", limited.with("form", RejectionForm.VALUE), 0.5, 0.5, RESILIENCE4J);
        both(
                "rate limiter rejecting, thrown, its traces off",
                limited.with("form", RejectionForm.THROWN),
                limited.with("form", RejectionForm.THROWN_WITHOUT_TRACE),
                0.4,
                0.4,
                RESILIENCE4J);
    }

    private void otherPolicies() {
        Asked entered = new Asked(BulkheadEntered.class);
        pair("bulkhead", entered, 0.85, 0.6, RESILIENCE4J)
                .forEach(mark -> marks.add(mark.orNear(new Floor(
                        Quantity.of(entered.of(FLOOR, mark.threads())),
                        "A count of the calls inside, raised by a compare-and-set and lowered by an atomic add,"))));
        pair("rate limiter granting", new Asked(RateLimiterGranting.class), 0.65, 1.0, RESILIENCE4J)
                .forEach(mark -> marks.add(mark.orNear(clockAndCompareAndSet(mark))));
        Asked retrying = new Asked(Retrying.class);
        both(
                "retry, third try succeeds, no delay",
                retrying.with("failures", 2),
                0.1,
                0.1,
                RESILIENCE4J,
                FAILSAFE,
                SMALLRYE,
                SPRING);
        both(
                "retry, first try succeeds",
                retrying.with("failures", 0),
                0.2,
                0.2,
                RESILIENCE4J,
                FAILSAFE,
                SMALLRYE,
                SPRING);
        both("time limiter, on the caller's thread", new Asked(TimeLimited.class), 0.3, 0.2, SMALLRYE, FAILSAFE);
        pair(
                        "time limiter, async over a completed stage",
                        new Asked(AsyncTimeLimited.class).with("stage", Stage.COMPLETED),
                        0.5,
                        0.5,
                        RESILIENCE4J,
                        SMALLRYE,
                        FAILSAFE)
                .forEach(mark -> marks.add(mark.orNear(new Floor(
                        Quantity.of(new Asked(AsyncTimeLimited.class)
                                .with("stage", Stage.COMPLETED)
                                .of(FLOOR, mark.threads())),
                        "A clock reading before the call and one after it, and a deadline that"
                                + " everything inside can see,"))));
    }

    private void stacks() {
        Asked four = new Asked(Stack.class).with("policies", Policies.FOUR).with("metrics", Metrics.UNBOUND);
        both("four policies", four, 0.40, 0.55, RESILIENCE4J);
        Asked polluted = new Asked(Polluted.class);
        both(
                "four policies, call site polluted",
                polluted.with("policies", Polluted.Target.FOUR),
                0.5,
                0.6,
                RESILIENCE4J);
        both(
                "breaker, healthy, call site polluted",
                polluted.with("policies", Polluted.Target.BREAKER),
                0.15,
                0.08,
                RESILIENCE4J);
        both(
                "four policies, async over a completed stage",
                new Asked(AsyncStack.class).with("policies", Policies.FOUR).with("stage", Stage.COMPLETED),
                0.5,
                0.5,
                RESILIENCE4J);
    }

    /** What an outage makes frequent, and what real clients do: stages that are complete later. */
    private void whereItHurts() {
        both(
                "four policies, async over a stage that is completed later",
                new Asked(AsyncStack.class).with("policies", Policies.FOUR).with("stage", Stage.INCOMPLETE),
                0.5,
                0.5,
                RESILIENCE4J);
        both(
                "time limiter, async over a stage that is completed later",
                new Asked(AsyncTimeLimited.class).with("stage", Stage.INCOMPLETE),
                0.5,
                0.5,
                RESILIENCE4J);
        Asked failing = new Asked(BreakerClosed.class)
                .with("window", "100 calls")
                .with("failures", Failures.HALF)
                .with("metrics", Metrics.UNBOUND);
        one("breaker closed, count 100, half of the calls fail", failing, 0.5, RESILIENCE4J);
        one("breaker opened and closed by hand", new Asked(StateChanges.class), 1, RESILIENCE4J, FAILSAFE);
        Asked full = new Asked(Rejected.class)
                .with("policy", PolicyKind.BULKHEAD)
                .with("form", RejectionForm.VALUE)
                .with("depth", 10);
        one("bulkhead rejecting, as a value", full, 1, RESILIENCE4J, FAILSAFE);
    }

    private void floors() {
        Asked four = new Asked(Stack.class).with("policies", Policies.FOUR).with("metrics", Metrics.UNBOUND);
        one("four policies, against a clock, a compare-and-set and two adds", four, 1.5, FLOOR);
        marks.add(flat(Failures.NONE, COUNT_WINDOWS));
        marks.add(flat(Failures.NONE, TIME_WINDOWS));
        Mark counting = flat(Failures.ONE_PERCENT, COUNT_WINDOWS);
        marks.add(counting.orNear(new Floor(
                Quantity.of(window("10 calls", Failures.ONE_PERCENT).of(OURS, 1))
                        .plus(thing(Floors.Thing.ATOMIC_ADD, counting)),
                "The smallest of the windows, which mostly holds no failure, and an atomic add for each call")));
        marks.add(flat(Failures.ONE_PERCENT, TIME_WINDOWS));
        Asked closed = new Asked(BreakerClosed.class)
                .with("window", "100 calls")
                .with("failures", Failures.NONE)
                .with("metrics", Metrics.UNBOUND);
        Asked plain = new Asked(Floors.class).with("thing", Floors.Thing.PLAIN_CALL);
        marks.add(new Mark(
                "healthy breaker, cost on 2 threads over cost on 1, against that of the plain call",
                2,
                scaling(closed, OURS),
                scaling(plain, FLOOR),
                1 / 0.95));
    }

    private static Quantity scaling(Asked asked, String contender) {
        return Quantity.of(asked.of(contender, 2)).over(Quantity.of(asked.of(contender, 1)));
    }

    /** A window that is quiet, because what failed is out of it, has nothing to write; a long one that never is has. */
    private static Mark flat(Failures failures, List<String> windows) {
        List<Cell> cells =
                windows.stream().map(size -> window(size, failures).of(OURS, 1)).toList();
        return new Mark(
                "breaker, %s to %s (failures %s)"
                        .formatted(windows.get(0), windows.get(windows.size() - 1), Figures.words(failures.name())),
                1,
                Quantity.greatestOf(cells),
                Quantity.leastOf(cells),
                1.25);
    }

    private static Asked window(String size, Failures failures) {
        return new Asked(BreakerWindow.class).with("window", size).with("failures", failures);
    }

    private void atRest() {
        for (PolicyKind kind : PolicyKind.values()) {
            int limit = kind == PolicyKind.BREAKER ? 1_024 : 512;
            marks.add(new Mark(
                    Figures.words(kind.name()) + " at rest",
                    1,
                    Quantity.of(AtRest.instance(kind, OURS)),
                    new Quantity.Constant(limit, limit + " B"),
                    1));
        }
        marks.add(new Mark(
                "100,000 keyed breakers at rest",
                1,
                Quantity.of(AtRest.keyedBreakers(OURS)),
                new Quantity.Constant(150 << 20, "150 MiB"),
                1));
    }

    private void both(String question, Asked asked, double onOneThread, double onTwo, String... peers) {
        both(question, asked, asked, onOneThread, onTwo, peers);
    }

    private void both(String question, Asked ours, Asked theirs, double onOneThread, double onTwo, String... peers) {
        marks.addAll(pair(question, ours, theirs, onOneThread, onTwo, peers));
    }

    private static List<Mark> pair(String question, Asked asked, double onOneThread, double onTwo, String... peers) {
        return pair(question, asked, asked, onOneThread, onTwo, peers);
    }

    private static List<Mark> pair(
            String question, Asked ours, Asked theirs, double onOneThread, double onTwo, String... peers) {
        return List.of(
                new Mark(question, 1, Quantity.of(ours.of(OURS, 1)), best(theirs, 1, peers), onOneThread),
                new Mark(question, 2, Quantity.of(ours.of(OURS, 2)), best(theirs, 2, peers), onTwo));
    }

    /** What has to look at the clock and to write something that depends on it. */
    private static Floor clockAndCompareAndSet(Mark mark) {
        return new Floor(
                Quantity.of(new Asked(RateLimiterGranting.class).of(FLOOR, mark.threads())),
                "A clock reading and a compare-and-set");
    }

    /** What it takes alone, on as many threads as the mark is about. */
    private static Quantity thing(Floors.Thing thing, Mark mark) {
        return Quantity.of(new Asked(Floors.class).with("thing", thing).of(FLOOR, mark.threads()));
    }

    private void one(String question, Asked asked, double limit, String... peers) {
        marks.add(new Mark(question, 1, Quantity.of(asked.of(OURS, 1)), best(asked, 1, peers), limit));
    }

    private static Quantity best(Asked asked, int threads, String... peers) {
        return Quantity.leastOf(
                Stream.of(peers).map(peer -> asked.of(peer, threads)).toList());
    }

    /** A question with some of its parameters. */
    private record Asked(Class<?> question, Map<String, String> parameters) {

        Asked(Class<?> question) {
            this(question, Map.of());
        }

        Asked with(String name, Object value) {
            Map<String, String> more = new TreeMap<>(parameters);
            more.put(name, value instanceof Enum<?> constant ? constant.name() : value.toString());
            return new Asked(question, more);
        }

        Cell of(String contender, int threads) {
            return new Cell(question.getSimpleName(), with(Cell.CONTENDER, contender).parameters, threads);
        }
    }
}
