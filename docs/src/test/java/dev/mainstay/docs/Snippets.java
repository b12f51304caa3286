package dev.mainstay.docs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What pages show is what tests run. A page names, in a comment right above a block of Java or Kotlin, a region of a
 * test: {@code <!-- snippet: RetryPageTest#usage -->}. In the test the region lies between the lines
 * {@code // begin: usage} and {@code // end: usage}. Block and region must be the same but for their indentation.
 */
final class Snippets {

    private static final List<String> SOURCES = List.of(
            "docs/src/test/java/dev/mainstay/docs",
            "kotlin-tests/src/test/kotlin",
            "spring-boot/src/test/java/dev/mainstay/spring/boot");
    private static final Set<String> LANGUAGES = Set.of("java", "kotlin");
    private static final Pattern BEGIN = Pattern.compile("^\\s*// begin: (\\S+)\\s*$");
    private static final Pattern END = Pattern.compile("^\\s*// end: (\\S+)\\s*$");

    private Snippets() {}

    /** Every region of every test of this module, and of the one in Kotlin, by the name that pages give it. */
    static Map<String, List<String>> regions() {
        Map<String, List<String>> regions = new LinkedHashMap<>();
        for (String folder : SOURCES) {
            try (Stream<Path> files = Files.list(Page.root().resolve(folder))) {
                for (Path file : files.sorted().toList()) {
                    String source = file.getFileName().toString().replaceAll("\\.\\w+$", "");
                    regions.putAll(regionsOf(source, Page.linesOf(file)));
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return regions;
    }

    /** The regions of one source. One may lie inside another. */
    static Map<String, List<String>> regionsOf(String source, List<String> lines) {
        Map<String, List<String>> open = new LinkedHashMap<>();
        Map<String, List<String>> closed = new LinkedHashMap<>();
        for (String line : lines) {
            Matcher begin = BEGIN.matcher(line);
            Matcher end = END.matcher(line);
            if (begin.matches()) {
                String id = source + "#" + begin.group(1);
                if (closed.containsKey(id) || open.put(id, new ArrayList<>()) != null) {
                    throw new AssertionError(id + " begins twice");
                }
            } else if (end.matches()) {
                String id = source + "#" + end.group(1);
                List<String> region = open.remove(id);
                if (region == null) {
                    throw new AssertionError(id + " ends but does not begin");
                }
                closed.put(id, withoutIndentation(region));
            } else {
                open.values().forEach(region -> region.add(line));
            }
        }
        if (!open.isEmpty()) {
            throw new AssertionError(open.keySet() + " begins but does not end");
        }
        return closed;
    }

    /** What is wrong, one line for each; empty if all is well. */
    static List<String> problems(List<Page> pages, Map<String, List<String>> regions) {
        List<String> problems = new ArrayList<>();
        Set<String> shown = new HashSet<>();
        for (Page page : pages) {
            for (Page.CodeBlock block : page.codeBlocks()) {
                if (!LANGUAGES.contains(block.language())) {
                    continue;
                }
                String where = page.path() + ":" + (block.line() + 1) + ": ";
                List<String> region = regions.get(block.snippet());
                if (block.snippet().isEmpty()) {
                    problems.add(where + "no <!-- snippet: Source#region --> above this block");
                } else if (region == null) {
                    problems.add(where + "there is no region " + block.snippet());
                } else if (!region.equals(withoutIndentation(block.code()))) {
                    problems.add(where + "differs from " + block.snippet() + "; -Dsnippets=update copies the source");
                }
                shown.add(block.snippet());
            }
        }
        Set<String> unused = new TreeSet<>(regions.keySet());
        unused.removeAll(shown);
        unused.forEach(id -> problems.add(id + " is shown on no page"));
        return problems;
    }

    /** The page with each block's text taken from the region that it names. */
    static Page updated(Page page, Map<String, List<String>> regions) {
        List<String> lines = new ArrayList<>();
        int copied = 0;
        for (Page.CodeBlock block : page.codeBlocks()) {
            List<String> region = regions.get(block.snippet());
            if (region == null) {
                continue;
            }
            lines.addAll(page.lines().subList(copied, block.line() + 1));
            region.forEach(line -> lines.add(line.isEmpty() ? line : block.indentation() + line));
            copied = block.line() + 1 + block.code().size();
        }
        lines.addAll(page.lines().subList(copied, page.lines().size()));
        return new Page(page.path(), lines);
    }

    private static List<String> withoutIndentation(List<String> lines) {
        int indentation = lines.stream()
                .filter(line -> !line.isBlank())
                .mapToInt(line -> line.length() - line.stripLeading().length())
                .min()
                .orElse(0);
        List<String> stripped = new ArrayList<>();
        for (String line : lines) {
            stripped.add(line.isBlank() ? "" : line.substring(indentation).stripTrailing());
        }
        return stripped;
    }
}
