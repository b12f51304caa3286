package dev.mainstay.examples.demo;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.samskivert.mustache.Mustache;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** The comparison as one page that needs nothing but a browser: text, figures, script and chart library in one file. */
final class HtmlReport {
    private static final String CHART_LIBRARY = "/META-INF/resources/_static/echarts/6.0.0/dist/echarts.common.min.js";

    private final Comparison comparison;

    HtmlReport(Comparison comparison) {
        this.comparison = comparison;
    }

    void write(Path file) throws IOException {
        var parent = file.toAbsolutePath().getParent();
        if (parent != null) {
            Files.createDirectories(parent);
        }
        Files.writeString(file, html());
    }

    String html() {
        return Mustache.compiler().compile(resource("report.html")).execute(values());
    }

    private Map<String, Object> values() {
        var plan = comparison.plan();
        var values = new HashMap<String, Object>();
        values.put("plan", plan);
        values.put("capacity", Figures.perSecond(plan.capacity().requestsPerSecond()));
        values.put("utilisation", Math.round(plan.utilisation() * 100));
        values.put("serviceTime", plan.capacity().meanServiceTime().toMillis());
        values.put("fullQueueDelay", Figures.brief(plan.capacity().fullQueueDelay()));
        values.put("timeout", Figures.brief(plan.attempts().timeout()));
        values.put("backoff", BareArm.BACKOFF.toMillis());
        values.put("outage", plan.timetable().outage().toSeconds());
        values.put("recovery", plan.timetable().recovery().toSeconds());
        values.put("bareName", comparison.bare().name());
        values.put("guardedName", comparison.guarded().name());
        values.put("longestOpenWait", Figures.brief(MainstayArm.LONGEST_OPEN_WAIT));
        values.put("guardedPolicies", comparison.guarded().policies());
        values.put("bareRecovery", comparison.recoveryText(comparison.bare()));
        values.put("guardedRecovery", comparison.recoveryText(comparison.guarded()));
        values.put("bareRecovered", comparison.recovery(comparison.bare()).isPresent());
        values.put("guardedRecovered", comparison.recovery(comparison.guarded()).isPresent());
        values.put("valid", comparison.verdict() != Verdict.INVALID);
        values.put("faults", comparison.faults());
        values.put("advice", Conclusion.ADVICE);
        values.put("passed", comparison.verdict() == Verdict.PASSED);
        values.put("share", Math.round(comparison.rule().share() * 100));
        values.put("window", comparison.rule().window().toSeconds());
        values.put("limit", comparison.rule().limit().toSeconds());
        values.put("rows", comparison.rows());
        values.put("style", resource("report.css"));
        values.put("data", json(Charts.of(comparison)));
        values.put("library", script(resource(CHART_LIBRARY)));
        values.put("script", script(resource("report.js")));
        return values;
    }

    /** Nothing inside a script element may look like its end. */
    private static String script(String code) {
        return code.replace("</script", "<\\/script");
    }

    /** JSON that can stand in a script element, whatever its strings contain. */
    private static String json(Charts charts) {
        try {
            return new ObjectMapper().writeValueAsString(charts).replace("<", "\\u003c");
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String resource(String name) {
        try (var in = HtmlReport.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException("The class path lacks " + name);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
