package dev.mainstay.spring.boot;

import dev.mainstay.spring.options.BackoffOptions;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.IterableConfigurationPropertySource;
import org.springframework.boot.origin.Origin;
import org.springframework.boot.origin.PropertySourceOrigin;
import org.springframework.boot.origin.TextResourceOrigin;

/** Names and values that have become something else between the file and us: by YAML, or by Spring Boot's rules. */
final class ConversionWarnings {

    private static final ConfigurationPropertyName PREFIX = ConfigurationPropertyName.of(KnownKeys.PREFIX);

    /** A name that a user chose and its section, as they are written. */
    private static final Pattern NAMED = Pattern.compile(
            "mainstay\\.(" + String.join("|", KnownKeys.maps()) + ")(?:\\.([^.\\[\\]]+)|\\[([^\\]]*)\\])(?:[.\\[].*)?");

    private final List<IterableConfigurationPropertySource> sources;
    private final Set<String> warnings = new LinkedHashSet<>();

    private ConversionWarnings(List<IterableConfigurationPropertySource> sources) {
        this.sources = sources;
    }

    /** A sentence for each, of these sources. */
    static List<String> of(List<IterableConfigurationPropertySource> sources) {
        return new ConversionWarnings(sources).all();
    }

    private List<String> all() {
        Map<String, Set<String>> alike = new TreeMap<>();
        for (IterableConfigurationPropertySource source : sources) {
            for (String written : ConfigurationReader.writtenNames(source)) {
                Matcher matcher = NAMED.matcher(written);
                if (matcher.matches()) {
                    lookAtName(matcher, alike);
                }
            }
            source.stream().filter(PREFIX::isAncestorOf).forEach(name -> lookAtValue(source, name));
        }
        alike.forEach((uniform, names) -> {
            if (names.size() > 1) {
                warnings.add("mainstay." + uniform.substring(0, uniform.indexOf(' ')) + " has the names " + names
                        + ", which environment variables cannot tell apart: are they meant to be one?");
            }
        });
        return new ArrayList<>(warnings);
    }

    private void lookAtName(Matcher matcher, Map<String, Set<String>> alike) {
        String section = matcher.group(1);
        String plain = matcher.group(2);
        String name = plain == null ? matcher.group(3) : plain;
        alike.computeIfAbsent(section + " " + KnownKeys.uniform(name), key -> new TreeSet<>())
                .add(name);
        if (plain != null && !plain.matches("[A-Za-z0-9_-]+")) {
            warnings.add("mainstay." + section + " has the name '" + plain + "', which counts as '"
                    + plain.replaceAll("[^A-Za-z0-9_-]", "")
                    + "': only the letters a to z, digits, dashes and underscores are kept. Write \"[" + plain
                    + "]\" to keep it as it is");
        }
        if (name.matches("true|false|null|[0-9]+")) {
            warnings.add("mainstay." + section + " has the name '" + name
                    + "'. YAML reads on, yes and the like as true or false, ~ as null, 007 as 7 and 1:30 as 90: put a"
                    + " name in quotes if it is none of these");
        }
    }

    private void lookAtValue(ConfigurationPropertySource source, ConfigurationPropertyName name) {
        ConfigurationProperty property = source.getConfigurationProperty(name);
        if (property == null || !(property.getValue() instanceof Number || property.getValue() instanceof Boolean)) {
            return;
        }
        Object value = property.getValue();
        String place = "'" + name + "'" + Places.at(property.getOrigin());
        Class<?> type = KnownKeys.typeOf(name);
        String written = value instanceof Number number ? changed(property.getOrigin(), number) : null;
        if (written != null) {
            warnings.add(place + " is written as " + written + ", which YAML reads as " + value
                    + ": put it in quotes, or write the number in full");
        }
        if ((type == Duration.class || type == BackoffOptions.class) && value instanceof Number) {
            warnings.add(place + " is " + value + ", a duration without a unit, which counts as " + value
                    + " ms: write " + value + "ms");
        }
        if (type == String.class && value instanceof Boolean) {
            warnings.add(place + " is " + value
                    + ". YAML reads on, off, yes and no as true and false: put it in quotes if another name was meant");
        }
    }

    /** What stands in the file, if it is not this number. */
    private static @Nullable String changed(@Nullable Origin origin, Number value) {
        String token = token(origin);
        if (token == null || token.isEmpty() || "\"'".indexOf(token.charAt(0)) >= 0) {
            return null;
        }
        try {
            return Double.parseDouble(token.replace("_", "")) == value.doubleValue() ? null : token;
        } catch (NumberFormatException e) {
            return token;
        }
    }

    private static @Nullable String token(@Nullable Origin origin) {
        Origin inFile = origin instanceof PropertySourceOrigin wrapper ? wrapper.getOrigin() : origin;
        if (!(inFile instanceof TextResourceOrigin text) || text.getResource() == null || text.getLocation() == null) {
            return null;
        }
        try (BufferedReader lines = new BufferedReader(
                new InputStreamReader(text.getResource().getInputStream(), StandardCharsets.UTF_8))) {
            String line =
                    lines.lines().skip(text.getLocation().getLine()).findFirst().orElse("");
            int column = text.getLocation().getColumn();
            return column > line.length() ? null : line.substring(column).replaceAll("[\\s,}\\]#].*", "");
        } catch (IOException e) {
            return null;
        }
    }
}
