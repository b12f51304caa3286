package dev.mainstay.verification;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** The page that lists what is promised and which test shows it, beside the tests that there are. */
record VerificationPage(List<String> lines) {

    private static final Path PLACE = Path.of("docs/verification.md");
    private static final Pattern LINK = Pattern.compile("\\[([^\\]]+)]\\(([^)]+\\.java)\\)");
    private static final Pattern SEARCH = Pattern.compile("\\bExploration\\.(matches|settles|holds)\\(");

    /** What a test says that has a smaller size in a build, or none. */
    private static final Pattern MORE_IN_CI =
            Pattern.compile("\\bSearchSize\\.of\\(|\"tests\\.integration\"|\\bPlays\\.of\\(|" + SEARCH.pattern());

    /**
     * A test that the page names.
     *
     * @param file from the root of the repository
     * @param name its class, or its class and what stands in it
     */
    record Test(Path file, String name) {

        boolean isThere() {
            int dot = name.indexOf('.');
            String type = dot < 0 ? name : name.substring(0, dot);
            return Files.exists(SourceTree.root().resolve(file))
                    && SourceTree.className(file).equals(type)
                    && (dot < 0 || has(name.substring(dot + 1)));
        }

        private boolean has(String member) {
            return Pattern.compile("\\bvoid " + member + "\\(|\\bclass " + member + "\\b")
                    .matcher(SourceTree.read(file))
                    .find();
        }

        boolean isALincheckSearch() {
            return SEARCH.matcher(SourceTree.read(file)).find();
        }

        boolean hasMoreInCi() {
            return MORE_IN_CI.matcher(SourceTree.read(file)).find();
        }

        boolean isAJcstressTest() {
            return file.startsWith("jcstress");
        }
    }

    /** A claim, how it is shown, by which tests, and when they run. */
    record Row(String claim, String how, List<Test> tests, String runs) {}

    static VerificationPage read() {
        return new VerificationPage(SourceTree.read(PLACE).lines().toList());
    }

    List<Test> tests() {
        return lines.stream().flatMap(line -> testsIn(line).stream()).toList();
    }

    private static List<Test> testsIn(String text) {
        return LINK.matcher(text).results().map(VerificationPage::test).toList();
    }

    private static Test test(MatchResult link) {
        Path file = PLACE.resolveSibling(link.group(2)).normalize();
        return new Test(file, link.group(1));
    }

    List<Row> rows() {
        List<Row> rows = new ArrayList<>();
        boolean inside = false;
        for (String line : lines) {
            if (!line.startsWith("|")) {
                inside = false;
            } else if (line.startsWith("| Claim |")) {
                inside = true;
            } else if (inside && !line.startsWith("|-")) {
                rows.add(row(line));
            }
        }
        return rows;
    }

    private static Row row(String line) {
        String[] cells = line.split("\\|", -1);
        if (cells.length != 6) {
            throw new AssertionError("a row of other than four cells: " + line);
        }
        return new Row(cells[1].strip(), cells[2].strip(), testsIn(cells[3]), cells[4].strip());
    }

    /** Each class that searches for a counter-example. */
    static Set<Path> searches() {
        Set<Path> searches = new TreeSet<>();
        for (Path file : SourceTree.javaIn("verification/src/test/java")) {
            String path = file.toString();
            boolean isTest = path.endsWith("Test.java");
            if (isTest
                    && (path.matches(".*/(model|hostile|soak)/.*")
                            || SEARCH.matcher(SourceTree.read(file)).find())) {
                searches.add(file);
            }
        }
        for (Path file : SourceTree.javaIn("jcstress/src/main/java")) {
            if (SourceTree.read(file).contains("@JCStressTest")) {
                searches.add(file);
            }
        }
        return searches;
    }
}
