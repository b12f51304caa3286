package dev.mainstay.docs;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The alerts that the page on observability suggests, looked at with what a process tells Prometheus. */
final class Alerts {

    private static final Pattern SERIES = Pattern.compile("(mainstay_\\w+)(?:\\{(\\w+)=(~?)\"([^\"]*)\"\\})?");
    private static final Pattern TAG = Pattern.compile("(\\w+)=\"([^\"]*)\"");

    private final Map<String, String> expressions = new LinkedHashMap<>();

    private Alerts() {}

    static Alerts ofThePage() throws IOException {
        Alerts alerts = new Alerts();
        String page = Files.readString(Page.root().resolve("docs/observability.md"));
        Matcher rule = Pattern.compile("- alert: (\\w+)\\s+expr: (.*?)\\s+for:", Pattern.DOTALL)
                .matcher(page);
        while (rule.find()) {
            alerts.expressions.put(rule.group(1), rule.group(2));
        }
        return alerts;
    }

    List<String> names() {
        return List.copyOf(expressions.keySet());
    }

    /** The sum of each selection in the expression of an alert, in order; empty where nothing is selected. */
    List<OptionalDouble> sums(String alert, String scrape) {
        List<OptionalDouble> sums = new ArrayList<>();
        Matcher selection = SERIES.matcher(expressions.get(alert));
        while (selection.find()) {
            List<Double> values = scrape.lines()
                    .filter(line -> line.startsWith(selection.group(1) + "{") && isSelected(line, selection))
                    .map(line -> Double.valueOf(line.substring(line.lastIndexOf(' ') + 1)))
                    .toList();
            sums.add(
                    values.isEmpty()
                            ? OptionalDouble.empty()
                            : OptionalDouble.of(values.stream()
                                    .mapToDouble(Double::doubleValue)
                                    .sum()));
        }
        return sums;
    }

    private static boolean isSelected(String line, Matcher selection) {
        if (selection.group(2) == null) {
            return true;
        }
        Matcher tag = TAG.matcher(line);
        while (tag.find()) {
            if (tag.group(1).equals(selection.group(2))) {
                return selection.group(3).isEmpty()
                        ? tag.group(2).equals(selection.group(4))
                        : tag.group(2).matches(selection.group(4));
            }
        }
        return false;
    }
}
