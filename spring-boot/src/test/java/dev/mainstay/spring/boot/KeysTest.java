package dev.mainstay.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.spring.options.BackoffOptions;
import dev.mainstay.spring.options.BudgetOptions;
import dev.mainstay.spring.options.BulkheadOptions;
import dev.mainstay.spring.options.CircuitBreakerOptions;
import dev.mainstay.spring.options.FailureThresholdOptions;
import dev.mainstay.spring.options.KeyedOptions;
import dev.mainstay.spring.options.LimitOptions;
import dev.mainstay.spring.options.Option;
import dev.mainstay.spring.options.OptionText;
import dev.mainstay.spring.options.PipelineOptions;
import dev.mainstay.spring.options.RateLimiterOptions;
import dev.mainstay.spring.options.RetryOptions;
import dev.mainstay.spring.options.SlidingWindowOptions;
import dev.mainstay.spring.options.ThreadPoolOptions;
import dev.mainstay.spring.options.TimeLimiterOptions;
import java.io.IOException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * Every key has a description, for editors and on its page. Both are written from the options themselves: {@code
 * -Doptions=update} does it anew.
 */
class KeysTest {

    private static final Path ADDITIONAL =
            root().resolve("spring-boot/src/main/resources/META-INF/additional-spring-configuration-metadata.json");
    private static final Path PAGE = root().resolve("docs/spring-configuration.md");

    private static final String BEGIN = "<!-- keys: written by KeysTest -->";
    private static final String END = "<!-- end of keys -->";

    private static final Map<String, Class<?>> SECTIONS = new LinkedHashMap<>();

    static {
        SECTIONS.put("Pipelines: `pipelines.<name>`, `configs.<name>`, `defaults`", PipelineOptions.class);
        SECTIONS.put(
                "`time-limiter` and `attempt-time-limiter`; alone `time-limiters.<name>`", TimeLimiterOptions.class);
        SECTIONS.put("`retry`; alone `retries.<name>`", RetryOptions.class);
        SECTIONS.put("`circuit-breaker`; alone `circuit-breakers.<name>`", CircuitBreakerOptions.class);
        SECTIONS.put("`rate-limiter`; alone `rate-limiters.<name>`", RateLimiterOptions.class);
        SECTIONS.put("`bulkhead`; alone `bulkheads.<name>`", BulkheadOptions.class);
        SECTIONS.put("`thread-pool`; alone `thread-pools.<name>`", ThreadPoolOptions.class);
        SECTIONS.put("A backoff", BackoffOptions.class);
        SECTIONS.put("A window", SlidingWindowOptions.class);
        SECTIONS.put("A threshold of failures", FailureThresholdOptions.class);
        SECTIONS.put("A limit", LimitOptions.class);
        SECTIONS.put("A budget; shared ones `retry-budgets.<name>`", BudgetOptions.class);
        SECTIONS.put("`keyed`", KeyedOptions.class);
    }

    @Test
    void everyKeyOfTheMetadataHasADescription() throws IOException {
        String metadata = Files.readString(
                Path.of(url("META-INF/spring-configuration-metadata.json").getPath()));
        List<String> properties = Pattern.compile("\\{[^{}]*\"name\": \"(mainstay\\.[^\"]+)\"[^{}]*}")
                .matcher(metadata.substring(metadata.indexOf("\"properties\"")))
                .results()
                .map(MatchResult::group)
                .toList();

        assertThat(properties).hasSizeGreaterThan(100).allMatch(each -> each.contains("\"description\": \""));
    }

    @Test
    void everyOptionHasADescriptionThatIsASentence() {
        SECTIONS.values().forEach(type -> {
            for (RecordComponent component : type.getRecordComponents()) {
                Option option = component.getAnnotation(Option.class);
                assertThat(option).as("%s", component).isNotNull();
                assertThat(option.value()).as("%s", component).matches("[A-Za-z].*\\.");
            }
        });
    }

    @Test
    void theMetadataForTheDefaultsIsThatOfTheOptions() throws IOException {
        StringBuilder json = new StringBuilder("{\n  \"properties\": [");
        List<String> entries = new ArrayList<>();
        collect("mainstay.defaults", PipelineOptions.class, entries);
        json.append(String.join(",", entries)).append("\n  ]\n}\n");

        compare(ADDITIONAL, json.toString());
    }

    @Test
    void thePageHasATableOfAllKeys() throws IOException {
        String page = Files.readString(PAGE);
        StringBuilder tables = new StringBuilder(BEGIN).append("\n\n");
        tables.append("### Top level\n\n| Key | What |\n|---|---|\n");
        String metadata = Files.readString(
                Path.of(url("META-INF/spring-configuration-metadata.json").getPath()));
        Pattern.compile("\"name\": \"mainstay\\.((?!defaults\\.)[^\"]+)\",\\s*\"type\": \"[^\"]*\","
                        + "\\s*\"description\": \"([^\"]+)\"")
                .matcher(metadata)
                .results()
                .forEach(each -> row(tables, each.group(1), each.group(2)));
        SECTIONS.forEach((title, type) -> {
            tables.append("\n### ").append(title).append("\n\n| Key | What |\n|---|---|\n");
            for (RecordComponent component : type.getRecordComponents()) {
                row(
                        tables,
                        OptionText.kebab(component.getName()),
                        component.getAnnotation(Option.class).value());
            }
        });
        tables.append("\n").append(END);

        compare(
                PAGE,
                page.substring(0, page.indexOf(BEGIN)) + tables + page.substring(page.indexOf(END) + END.length()));
    }

    private static void row(StringBuilder table, String key, String text) {
        table.append("| `").append(key).append("` | ").append(text).append(" |\n");
    }

    private static void collect(String path, Class<?> type, List<String> entries) {
        for (RecordComponent component : type.getRecordComponents()) {
            String key = path + "." + OptionText.kebab(component.getName());
            if (key.matches("mainstay\\.defaults\\.(base|fallback)|.*\\.enabled")) {
                continue; // not for defaults
            }
            Class<?> part = component.getType();
            boolean section = part.isRecord() && SECTIONS.containsValue(part) && path.equals("mainstay.defaults");
            if (section) {
                collect(key, part, entries);
            } else {
                entries.add("\n    {\n      \"name\": \"" + key + "\",\n      \"type\": \""
                        + nameOf(component.getGenericType()) + "\",\n      \"description\": \""
                        + component.getAnnotation(Option.class).value().replace("\"", "\\\"") + "\"\n    }");
                if (part.isRecord()) {
                    collect(key, part, entries);
                }
            }
        }
    }

    private static String nameOf(Type type) {
        if (type instanceof ParameterizedType generic) {
            return "java.util.List<" + generic.getActualTypeArguments()[0].getTypeName() + ">";
        }
        Class<?> raw = (Class<?>) type;
        return raw.isRecord() && raw != Duration.class ? "java.lang.String" : raw.getName();
    }

    private static void compare(Path file, String expected) throws IOException {
        if ("update".equals(System.getProperty("options"))) {
            Files.writeString(file, expected);
        }
        assertThat(file).content().isEqualTo(expected);
    }

    private static java.net.URL url(String resource) {
        java.net.URL[] found = new java.net.URL[1];
        KeysTest.class.getClassLoader().resources(resource).forEach(each -> {
            if (each.getPath().contains("spring-boot/target")) {
                found[0] = each;
            }
        });
        assertThat(found[0]).as(resource).isNotNull();
        return found[0];
    }

    private static Path root() {
        Path here = Path.of("").toAbsolutePath();
        return Files.exists(here.resolve("bom/pom.xml")) ? here : here.getParent();
    }
}
