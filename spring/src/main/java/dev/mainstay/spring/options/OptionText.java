package dev.mainstay.spring.options;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.format.datetime.standard.DurationFormatterUtils;

/**
 * Options from text, under the names that files have: {@code failure-rate-threshold}, {@code backoff.initial}. Lists
 * are separated by commas. It is what annotations and plain Spring need; Spring Boot binds by itself, by the same
 * names.
 */
public final class OptionText {

    private OptionText() {}

    /**
     * A record of options.
     *
     * @param type such as {@code RetryOptions.class}
     * @param values option in kebab-case to value; the parts of an option are named after it and a dot, and a name in a
     *     map that has dots itself stands in brackets: {@code pipelines[payment.v2].retry.max-attempts}
     * @throws InvalidOptionException if an option does not exist, or its value is not of its type
     */
    public static <R extends Record> R parse(Class<R> type, Map<String, String> values) {
        Node root = new Node();
        values.forEach((key, value) -> root.put(key, Records.elements(key), value));
        return record(type, root, "");
    }

    /** What is allowed for a value of this type, to follow "must be": {@code a whole number}. */
    public static String allowed(Class<?> type) {
        return Records.allowed(type);
    }

    /** {@code failureRateThreshold} to {@code failure-rate-threshold}. */
    public static String kebab(String camel) {
        return camel.replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
    }

    static String kebab(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    static int integer(String text) {
        try {
            return Integer.parseInt(text.trim());
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("'" + text + "' is no whole number", e);
        }
    }

    static Duration duration(String text) {
        try {
            return DurationFormatterUtils.detectAndParse(text.trim());
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("'" + text + "' is no duration: write 500ms, 10s, 2m or PT10S", e);
        }
    }

    static String[] ratio(String text, String example) {
        String[] parts = text.trim().split("\\s*/\\s*", -1);
        if (parts.length != 2) {
            throw new IllegalArgumentException("'" + text + "' is not of the form " + example);
        }
        return parts;
    }

    private static <R extends Record> R record(Class<R> type, Node node, String path) {
        RecordComponent[] components = type.getRecordComponents();
        List<String> allowed =
                Arrays.stream(components).map(each -> kebab(each.getName())).toList();
        for (Map.Entry<String, Node> child : node.children.entrySet()) {
            if (!allowed.contains(child.getKey())) {
                throw InvalidOptionException.unknown(path + child.getKey(), child.getKey(), allowed);
            }
        }
        @Nullable Object[] values = new @Nullable Object[components.length];
        for (int i = 0; i < components.length; i++) {
            String key = kebab(components[i].getName());
            Node child = node.children.get(key);
            if (child != null) {
                values[i] = value(components[i].getGenericType(), child, path + key);
            }
        }
        return Records.make(type, values);
    }

    private static @Nullable Object value(Type type, Node node, String path) {
        Class<?> raw = raw(type);
        if (Map.class.isAssignableFrom(raw)) {
            Map<String, Object> map = new LinkedHashMap<>();
            node.children.forEach((name, child) ->
                    map.put(name, Objects.requireNonNull(value(argument(type, 1), child, path + "." + name))));
            return map;
        }
        if (List.class.isAssignableFrom(raw)) {
            return list(argument(type, 0), node, path);
        }
        if (raw.isRecord() && node.text == null) {
            return record(raw.asSubclass(Record.class), node, path + ".");
        }
        if (!node.children.isEmpty()) {
            String part = node.children.keySet().iterator().next();
            throw InvalidOptionException.unknown(path + "." + part, part, List.of());
        }
        return leaf(raw, Objects.requireNonNull(node.text), path);
    }

    private static List<Object> list(Type element, Node node, String path) {
        List<Object> values = new ArrayList<>();
        if (node.text == null) {
            node.children.forEach((index, child) ->
                    values.add(Objects.requireNonNull(value(element, child, path + "[" + index + "]"))));
        } else {
            for (String part : node.text.split(",", -1)) {
                if (!part.isBlank()) {
                    values.add(leaf(raw(element), part.trim(), path));
                }
            }
        }
        return List.copyOf(values);
    }

    @SuppressWarnings({"unchecked", "rawtypes"}) // the constants of an enum
    private static Object leaf(Class<?> type, String text, String path) {
        String value = text.trim();
        try {
            if (type == String.class) {
                return value;
            } else if (type == Integer.class) {
                return integer(value);
            } else if (type == Double.class) {
                return Double.valueOf(value);
            } else if (type == Duration.class) {
                return duration(value);
            } else if (type == Boolean.class && (value.equals("true") || value.equals("false"))) {
                return Boolean.valueOf(value);
            } else if (type.isEnum()) {
                return Enum.valueOf(
                        (Class<? extends Enum>) type,
                        value.toUpperCase(Locale.ROOT).replace('-', '_'));
            } else if (type.isRecord()) {
                return Records.ofText(type.asSubclass(Record.class), value);
            }
        } catch (IllegalArgumentException e) {
            throw InvalidOptionException.notOfType(path, text, Records.allowed(type), e);
        }
        throw InvalidOptionException.notOfType(path, text, Records.allowed(type), null);
    }

    private static Class<?> raw(Type type) {
        return type instanceof ParameterizedType generic ? (Class<?>) generic.getRawType() : (Class<?>) type;
    }

    private static Type argument(Type type, int index) {
        return ((ParameterizedType) type).getActualTypeArguments()[index];
    }

    /** Either text or parts. */
    private static final class Node {

        private final Map<String, Node> children = new LinkedHashMap<>();
        private @Nullable String text;

        void put(String key, List<String> path, String value) {
            Node node = this;
            for (String element : path) {
                node = node.children.computeIfAbsent(element, name -> new Node());
            }
            node.text = value;
            if (path.isEmpty()) {
                throw InvalidOptionException.unknown(key, key, List.of());
            }
        }
    }
}
