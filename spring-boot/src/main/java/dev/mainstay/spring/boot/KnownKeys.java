package dev.mainstay.spring.boot;

import dev.mainstay.spring.options.InvalidOptionException;
import dev.mainstay.spring.options.OptionText;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName.Form;

/**
 * The keys there are, read off the records of options. Spring Boot looks for wrong keys itself, but not among
 * environment variables and system properties: those it would ignore.
 */
final class KnownKeys {

    static final String PREFIX = "mainstay";
    static final String VARIABLE_PREFIX = "MAINSTAY_";

    private KnownKeys() {}

    /** What is wrong with the key, as the end of a sentence; null if nothing is. */
    static @Nullable String problem(ConfigurationPropertyName name) {
        Type type = MainstayProperties.class;
        boolean named = false;
        for (int i = 1; i < name.getNumberOfElements(); i++) {
            String element = name.getElement(i, Form.ORIGINAL);
            if (isMap(type)) {
                type = argument(type);
                named = true;
                continue;
            }
            if (List.class.isAssignableFrom(raw(type))) {
                if (!name.isNumericIndex(i)) {
                    return "has '" + element + "' where the number of an element is expected";
                }
                type = argument(type);
                named = false;
                continue;
            }
            Map<String, Type> children = children(type);
            Type child = child(children, element);
            if (child == null) {
                return problem(element, children, named);
            }
            type = child;
            named = false;
        }
        return null;
    }

    private static String problem(String element, Map<String, Type> children, boolean named) {
        List<String> allowed = List.copyOf(children.keySet());
        String hint = named ? ". A name that has dots stands in brackets: \"[payment.v2]\"" : "";
        return allowed.isEmpty()
                ? "has '" + element + "' below an option that has no parts"
                : "has '" + element + "', which is no option" + InvalidOptionException.suggestion(element, allowed)
                        + "; allowed there are " + String.join(", ", allowed) + hint;
    }

    /** The type of the value of this key, or null if there is no such key. */
    static @Nullable Class<?> typeOf(ConfigurationPropertyName name) {
        Type type = MainstayProperties.class;
        for (int i = 1; i < name.getNumberOfElements(); i++) {
            type = isMap(type) || List.class.isAssignableFrom(raw(type))
                    ? argument(type)
                    : child(children(type), name.getElement(i, Form.ORIGINAL));
            if (type == null) {
                return null;
            }
        }
        return raw(type);
    }

    /** The keys whose values have names that users choose, such as {@code pipelines}. */
    static List<String> maps() {
        return children(MainstayProperties.class).entrySet().stream()
                .filter(each -> isMap(each.getValue()))
                .map(Map.Entry::getKey)
                .toList();
    }

    // ---- environment variables

    /** Whether it is meant for us: what runs containers sets variables of its own, from the names of services. */
    static boolean isMeant(String name) {
        String rest = name.substring(VARIABLE_PREFIX.length());
        return children(MainstayProperties.class).keySet().stream()
                .anyMatch(key -> startsWith(rest, withoutDashes(key)) || startsWith(rest, withUnderscores(key)));
    }

    /** The variable that may have been meant, as the end of a sentence; a full stop if none is near. */
    static String variableLike(String name) {
        String rest = name.substring(VARIABLE_PREFIX.length());
        List<String> allowed = new ArrayList<>();
        children(MainstayProperties.class)
                .forEach((key, type) -> collect(VARIABLE_PREFIX + withoutDashes(key), type, rest, allowed));
        String suggestion = InvalidOptionException.suggestion(name, allowed);
        return suggestion.isEmpty() ? "." : suggestion;
    }

    private static void collect(String path, Type type, String rest, List<String> variables) {
        if (isMap(type)) {
            String section = path.substring(VARIABLE_PREFIX.length()) + "_";
            if (rest.startsWith(section)) {
                String user = rest.substring(section.length()).replaceAll("_.*", "");
                collect(path + "_" + user, argument(type), rest, variables);
            }
        } else if (children(type).isEmpty()) {
            variables.add(path);
        } else {
            children(type).forEach((key, child) -> collect(path + "_" + withoutDashes(key), child, rest, variables));
        }
    }

    private static boolean startsWith(String rest, String key) {
        return rest.equals(key) || rest.startsWith(key + "_");
    }

    private static String withoutDashes(String key) {
        return key.replace("-", "").toUpperCase(Locale.ROOT);
    }

    private static String withUnderscores(String key) {
        return key.replace('-', '_').toUpperCase(Locale.ROOT);
    }

    // ---- types

    /** The options of a record by their keys; empty if it is no record. */
    private static Map<String, Type> children(Type type) {
        Map<String, Type> children = new LinkedHashMap<>();
        RecordComponent[] components = raw(type).getRecordComponents();
        if (components != null) {
            Arrays.stream(components)
                    .forEach(each -> children.put(OptionText.kebab(each.getName()), each.getGenericType()));
        }
        return children;
    }

    private static @Nullable Type child(Map<String, Type> children, String element) {
        String uniform = uniform(element);
        return children.entrySet().stream()
                .filter(each -> uniform(each.getKey()).equals(uniform))
                .map(Map.Entry::getValue)
                .findFirst()
                .orElse(null);
    }

    /** As names are compared: without dashes and the like, and in lower case. */
    static String uniform(String element) {
        return element.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]", "");
    }

    private static boolean isMap(Type type) {
        return Map.class.isAssignableFrom(raw(type));
    }

    private static Class<?> raw(Type type) {
        return type instanceof ParameterizedType generic ? (Class<?>) generic.getRawType() : (Class<?>) type;
    }

    /** The type of elements of a list, or of values of a map. */
    private static Type argument(Type type) {
        Type[] arguments = ((ParameterizedType) type).getActualTypeArguments();
        return arguments[arguments.length - 1];
    }
}
