package dev.mainstay.docs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A page of the documentation in Markdown, as far as our checks need to understand it.
 *
 * @param path from the root of the repository
 */
record Page(String path, List<String> lines) {

    private static final Pattern FENCE = Pattern.compile("^( *)```(\\w*)\\s*$");
    private static final Pattern HEADING = Pattern.compile("^#+ +(.*?)\\s*$");
    private static final Pattern LINK = Pattern.compile("\\[[^\\]]*]\\(([^)\\s]+)\\)");
    private static final Pattern INLINE_CODE = Pattern.compile("`[^`]*`");
    private static final Pattern SNIPPET = Pattern.compile("^ *<!-- snippet: (\\S+) -->\\s*$");

    /**
     * A fenced block.
     *
     * @param line the line of its opening fence, from 0
     * @param snippet what the comment above it names, or empty
     */
    record CodeBlock(int line, String indentation, String language, String snippet, List<String> code) {}

    /** The root of the repository: tests run in their module, or in the root. */
    static Path root() {
        Path here = Path.of("").toAbsolutePath();
        return Files.exists(here.resolve("docs/pom.xml")) ? here : here.getParent();
    }

    /** Every page that people read: those of the root and those in {@code docs}. */
    static List<Page> all() {
        return Stream.concat(markdownIn(""), markdownIn("docs")).map(Page::read).toList();
    }

    static Page read(String path) {
        return new Page(path, linesOf(root().resolve(path)));
    }

    static List<String> linesOf(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Stream<String> markdownIn(String directory) {
        try (Stream<Path> files = Files.list(root().resolve(directory))) {
            return files
                    .map(file -> root().relativize(file).toString())
                    .filter(name -> name.endsWith(".md"))
                    .sorted()
                    .toList()
                    .stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    List<CodeBlock> codeBlocks() {
        List<CodeBlock> blocks = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            Matcher opening = FENCE.matcher(lines.get(i));
            if (!opening.matches()) {
                continue;
            }
            int end = i + 1;
            while (end < lines.size() && !lines.get(end).strip().equals("```")) {
                end++;
            }
            Matcher marker = SNIPPET.matcher(i == 0 ? "" : lines.get(i - 1));
            blocks.add(new CodeBlock(
                    i,
                    opening.group(1),
                    opening.group(2),
                    marker.matches() ? marker.group(1) : "",
                    lines.subList(i + 1, end)));
            i = end;
        }
        return blocks;
    }

    /** Every line that is not code. */
    private List<String> prose() {
        List<String> prose = new ArrayList<>(lines);
        for (CodeBlock block : codeBlocks()) {
            for (int i = 0; i < block.code().size() + 2; i++) {
                prose.set(block.line() + i, "");
            }
        }
        return prose;
    }

    List<String> headings() {
        return prose().stream()
                .map(HEADING::matcher)
                .filter(Matcher::matches)
                .map(heading -> heading.group(1))
                .toList();
    }

    /** The headings of the second level, in their order. */
    List<String> sections() {
        return prose().stream()
                .filter(line -> line.startsWith("## "))
                .map(line -> line.substring(3).strip())
                .toList();
    }

    /** What can be linked to within this page, by the rules of GitHub. */
    Set<String> anchors() {
        Set<String> anchors = new HashSet<>();
        for (String heading : headings()) {
            String anchor = heading.toLowerCase(Locale.ROOT)
                    .replaceAll("[^\\p{L}\\p{N}_ -]", "")
                    .replace(' ', '-');
            int repetition = 0;
            while (!anchors.add(repetition == 0 ? anchor : anchor + "-" + repetition)) {
                repetition++;
            }
        }
        return anchors;
    }

    List<String> links() {
        List<String> links = new ArrayList<>();
        for (String line : prose()) {
            Matcher link = LINK.matcher(INLINE_CODE.matcher(line).replaceAll(code -> "code"));
            while (link.find()) {
                links.add(link.group(1));
            }
        }
        return links;
    }

    /** The rows of all tables in a section, in order, each cell by its column's title. Code marks are taken off. */
    List<Map<String, String>> tableRows(String section) {
        List<Map<String, String>> rows = new ArrayList<>();
        List<String> titles = List.of();
        boolean inside = false;
        for (String line : prose()) {
            if (line.startsWith("## ")) {
                inside = line.substring(3).strip().equals(section);
            }
            if (!inside || !line.startsWith("|")) {
                titles = List.of();
            } else if (titles.isEmpty()) {
                titles = cells(line);
            } else if (!line.startsWith("|-") && !line.startsWith("| -")) {
                rows.add(row(titles, cells(line)));
            }
        }
        return rows;
    }

    private Map<String, String> row(List<String> titles, List<String> cells) {
        if (titles.size() != cells.size()) {
            throw new AssertionError(path + ": a row has not as many cells as its table has columns: " + cells);
        }
        Map<String, String> row = new LinkedHashMap<>();
        for (int i = 0; i < titles.size(); i++) {
            row.put(titles.get(i), cells.get(i));
        }
        return row;
    }

    private static List<String> cells(String line) {
        List<String> cells = new ArrayList<>();
        for (String cell : line.strip().split("(?<!\\\\)\\|", -1)) {
            cells.add(cell.replace("`", "").replace("\\|", "|").strip());
        }
        return cells.subList(1, cells.size() - 1);
    }

    @Override
    public String toString() {
        return path;
    }
}
