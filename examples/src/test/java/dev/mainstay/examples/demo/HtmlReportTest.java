package dev.mainstay.examples.demo;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HtmlReportTest {
    private static final Pattern DATA =
            Pattern.compile("<script type=\"application/json\" id=\"data\">(.*?)</script>", Pattern.DOTALL);

    @Test
    void containsEveryRowOfTheTable() {
        var comparison = Comparisons.of("bare", "guarded");
        var html = new HtmlReport(comparison).html();

        for (var row : comparison.rows()) {
            assertThat(html).contains(row.what(), "<td>" + row.bare() + "</td>", "<td>" + row.guarded() + "</td>");
        }
    }

    @Test
    void saysThatNothingCanBeCompared() {
        var comparison = Comparisons.ofBare(second -> 0);
        var page = withoutScripts(new HtmlReport(comparison).html());

        assertThat(page).contains("Not valid").contains(comparison.faults());
        assertThat(page).doesNotContain("<td>", "In figures", "not back", "back after", "passed", "failed", "{{", "}}");
        assertThat(withoutScripts(new HtmlReport(Comparisons.of("bare", "guarded")).html()))
                .doesNotContain("Not valid");
    }

    @Test
    void containsTheCurvesAsData() throws IOException {
        var data = data(new HtmlReport(Comparisons.of("bare", "guarded")).html());

        assertThat(data.at("/outage/start").asDouble()).isEqualTo(5);
        assertThat(data.at("/outage/end").asDouble()).isEqualTo(11);
        assertThat(data.at("/arms/0/name").asText()).isEqualTo("bare");
        assertThat(data.at("/arms/1/goodput")).hasSize(46);
        assertThat(data.at("/arms/1/goodput/0/1").asDouble()).isEqualTo(100);
    }

    @Test
    void containsTheStandOfThePolicies() throws IOException {
        var data = data(new HtmlReport(Comparisons.of("bare", "guarded")).html());

        assertThat(data.at("/breaker")).hasToString("[[0.0,0.0],[6.0,0.0],[7.0,2.0],[12.0,1.0],[13.0,0.0],[23.0,0.0]]");
        assertThat(data.at("/budget"))
                .hasToString("[[0.0,10.0],[6.0,10.0],[7.0,0.5],[12.0,0.5],[13.0,0.5],[23.0,10.0]]");
    }

    @Test
    void escapesNames() throws IOException {
        var html = new HtmlReport(Comparisons.of("a </script><b> & \"c\"", "guarded")).html();

        assertThat(html).doesNotContain("</script><b>").contains("a &lt;/script&gt;&lt;b&gt; &amp; &quot;c&quot;");
        assertThat(data(html).at("/arms/0/name").asText()).isEqualTo("a </script><b> & \"c\"");
    }

    @Test
    void needsNoNetwork() {
        var html = new HtmlReport(Comparisons.of("bare", "guarded")).html();

        assertThat(html).doesNotContain("<script src", "<link").contains("echarts.init");
        assertThat(withoutScripts(html)).doesNotContain("http:", "https:", " src=", "@import", "url(");
    }

    @Test
    void leavesNoPlaceholderUnfilled() {
        assertThat(withoutScripts(new HtmlReport(Comparisons.of("bare", "guarded")).html()))
                .doesNotContain("{{", "}}");
    }

    @Test
    void createsTheFolder(@TempDir Path folder) throws IOException {
        var file = folder.resolve("new/report.html");

        new HtmlReport(Comparisons.of("bare", "guarded")).write(file);

        assertThat(Files.readString(file)).startsWith("<!DOCTYPE html>");
    }

    private static String withoutScripts(String html) {
        return html.replaceAll("(?s)<script.*?</script>", "");
    }

    private static JsonNode data(String html) throws IOException {
        var matcher = DATA.matcher(html);
        assertThat(matcher.find()).isTrue();
        return new ObjectMapper().readTree(matcher.group(1));
    }
}
