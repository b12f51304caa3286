package dev.mainstay.jcstress;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.openjdk.jcstress.JCStress;
import org.openjdk.jcstress.Options;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.infra.Status;
import org.openjdk.jcstress.infra.collectors.DiskReadCollector;
import org.openjdk.jcstress.infra.collectors.InProcessCollector;
import org.openjdk.jcstress.infra.collectors.TestResult;
import org.openjdk.jcstress.infra.grading.GradingResult;
import org.openjdk.jcstress.infra.runners.TestList;

/**
 * Runs all tests of the module, and fails unless each claim holds and each seeded bug is found. The arguments are those
 * of jcstress; without {@code -t}, all tests run.
 */
public final class Claims {

    private static final String SEEDED = Claims.class.getPackageName() + ".seeded.";

    /**
     * In this mode of jcstress the threads meet once, on many JVMs; here they meet some hundred thousand times, on one.
     */
    private static final Map<String, String> SANITY = Map.of(
            "-time", "150", "-strideSize", "128", "-strideCount", "20", "-sc", "false", "-jvmArgs", "-XX:+UseSerialGC");

    private final Map<String, List<TestResult>> results = new TreeMap<>();
    private final List<String> complaints = new ArrayList<>();
    private long samples;

    private Claims(Collection<TestResult> all) {
        all.forEach(result -> results.computeIfAbsent(result.getName(), name -> new ArrayList<>())
                .add(result));
    }

    /**
     * Runs the tests; ends the process with 0 if all is as it should be.
     *
     * @param arguments as jcstress takes them, with the mode among them
     */
    public static void main(String[] arguments) throws Exception {
        List<String> completed = new ArrayList<>(List.of(arguments));
        if (completed.contains("sanity")) {
            SANITY.forEach((option, value) -> {
                if (!completed.contains(option)) {
                    completed.addAll(List.of(option, value));
                }
            });
        }
        Options options = new Options(completed.toArray(String[]::new));
        if (!options.parse()) {
            System.exit(2);
        }
        Claims claims = new Claims(run(options));
        Predicate<String> chosen = Pattern.compile(options.getTestFilter()).asPredicate();
        claims.check(TestList.tests().stream().filter(chosen).collect(Collectors.toCollection(TreeSet::new)));
        System.out.println(claims.summary());
        System.exit(claims.complaints.isEmpty() ? 0 : 1);
    }

    private static Collection<TestResult> run(Options options) throws Exception {
        try {
            new JCStress(options).run();
        } catch (AssertionError forbidden) {
            // Thrown for what was found at the end, the seeded bugs too: it is all in the results.
        }
        return read(options.getResultFile());
    }

    private static Collection<TestResult> read(String file) throws IOException, ClassNotFoundException {
        InProcessCollector collector = new InProcessCollector();
        DiskReadCollector reader = new DiskReadCollector(file, collector);
        try {
            reader.dump();
        } finally {
            reader.close();
        }
        return collector.getTestResults();
    }

    private void check(Collection<String> tests) {
        if (tests.isEmpty()) {
            complaints.add("no test was chosen");
        }
        for (String test : tests) {
            List<TestResult> ofTest = results.getOrDefault(test, List.of());
            if (ofTest.isEmpty()) {
                complaints.add(test + " has not run; it takes two processors");
            }
            boolean found = false;
            for (TestResult result : ofTest) {
                samples += result.getTotalCount();
                List<String> forbidden = forbidden(result);
                found |= !forbidden.isEmpty();
                if (result.status() != Status.NORMAL || result.getTotalCount() == 0) {
                    complaints.add(test + " did not come to its end: " + result.status() + " " + result.getMessages());
                } else if (!test.startsWith(SEEDED) && !forbidden.isEmpty()) {
                    complaints.add(test + " is not true: " + forbidden);
                }
            }
            if (test.startsWith(SEEDED) && !ofTest.isEmpty() && !found) {
                complaints.add(test + " was not found, though it is a bug on purpose");
            }
        }
    }

    private static List<String> forbidden(TestResult result) {
        return result.grading().gradingResults.values().stream()
                .filter(outcome -> outcome.expect == Expect.FORBIDDEN && outcome.count > 0)
                .map(Claims::described)
                .toList();
    }

    private static String described(GradingResult outcome) {
        return outcome.count + " times (" + outcome.id + "): " + outcome.description;
    }

    private String summary() {
        long seeded = results.keySet().stream()
                .filter(test -> test.startsWith(SEEDED))
                .count();
        String counts = (results.size() - seeded) + " claims and " + seeded + " seeded bugs, " + samples + " samples";
        return complaints.isEmpty()
                ? "jcstress: " + counts + ": each claim holds, each bug was found"
                : "jcstress: " + counts + "\n  " + String.join("\n  ", complaints);
    }
}
