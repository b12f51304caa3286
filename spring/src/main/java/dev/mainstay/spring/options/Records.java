package dev.mainstay.spring.options;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Records of options as data: what they are made of, and how one is laid over another. */
final class Records {

    /** In a list: the elements of the base. */
    static final String INHERITED = "inherited";

    private Records() {}

    /**
     * What is said in {@code own}, and where it says nothing, what {@code base} says. A list or a part such as a
     * backoff is one value, and the sections of a pipeline are laid over each other option by option.
     */
    static <R extends Record> @Nullable R over(@Nullable R base, @Nullable R own) {
        if (own == null || base == null) {
            return own == null ? base : withoutInherited(own);
        }
        RecordComponent[] components = own.getClass().getRecordComponents();
        Set<String> displaced = displacedBy(own);
        @Nullable Object[] values = new @Nullable Object[components.length];
        for (int i = 0; i < components.length; i++) {
            Object below = displaced.contains(components[i].getName()) ? null : get(components[i], base);
            values[i] = value(below, get(components[i], own));
        }
        return make(typeOf(own), values);
    }

    private static @Nullable Object value(@Nullable Object below, @Nullable Object above) {
        if (above instanceof PolicyOptions && below instanceof PolicyOptions) {
            return over((Record) below, (Record) above);
        }
        if (above instanceof List<?> list && list.contains(INHERITED)) {
            Stream<?> inherited = below instanceof List<?> base ? base.stream() : Stream.empty();
            return list.stream()
                    .flatMap(each -> each.equals(INHERITED) ? inherited : Stream.of(each))
                    .distinct()
                    .toList();
        }
        return above == null ? below : above;
    }

    private static <R extends Record> R withoutInherited(R own) {
        RecordComponent[] components = own.getClass().getRecordComponents();
        Object[] values = Arrays.stream(components)
                .map(each -> {
                    Object above = get(each, own);
                    return above instanceof PolicyOptions ? withoutInherited((Record) above) : value(null, above);
                })
                .toArray();
        return make(typeOf(own), values);
    }

    private static Set<String> displacedBy(Record own) {
        Set<String> displaced = new HashSet<>();
        for (RecordComponent component : own.getClass().getRecordComponents()) {
            if (says(component, own)) {
                displaced.addAll(displaces(component));
            }
        }
        return displaced;
    }

    /** The first two options that were said at one place and take each other's place; null if there are none. */
    static @Nullable List<String> contradiction(Record own) {
        RecordComponent[] components = own.getClass().getRecordComponents();
        for (RecordComponent one : components) {
            for (RecordComponent other : components) {
                if (displaces(one).contains(other.getName())
                        && displaces(other).contains(one.getName())
                        && says(one, own)
                        && says(other, own)) {
                    return List.of(OptionText.kebab(one.getName()), OptionText.kebab(other.getName()));
                }
            }
        }
        return null;
    }

    private static boolean says(RecordComponent component, Record own) {
        Object value = get(component, own);
        return value != null && !value.equals(false) && !value.equals("");
    }

    private static List<String> displaces(RecordComponent component) {
        Option option = component.getAnnotation(Option.class);
        return option == null ? List.of() : List.of(option.displaces());
    }

    @SuppressWarnings("unchecked") // a record's class is final
    private static <R extends Record> Class<R> typeOf(R own) {
        return (Class<R>) own.getClass();
    }

    static <R extends Record> R make(Class<R> type, @Nullable Object[] values) {
        Class<?>[] types = Arrays.stream(type.getRecordComponents())
                .map(RecordComponent::getType)
                .toArray(Class<?>[]::new);
        try {
            Constructor<R> constructor = type.getDeclaredConstructor(types);
            return constructor.newInstance(values);
        } catch (InvocationTargetException e) {
            throw rethrown(e);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(type.getName(), e);
        }
    }

    /** By its static method {@code of(String)}, as Spring's converters do. */
    static <R extends Record> R ofText(Class<R> type, String text) {
        try {
            Method of = type.getMethod("of", String.class);
            return type.cast(of.invoke(null, text));
        } catch (NoSuchMethodException e) {
            throw new IllegalArgumentException("'" + text + "' is given but its parts must be", e);
        } catch (InvocationTargetException e) {
            throw rethrown(e);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(type.getName(), e);
        }
    }

    static @Nullable Object get(RecordComponent component, Record record) {
        try {
            return component.getAccessor().invoke(record);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(component.toString(), e);
        }
    }

    private static RuntimeException rethrown(InvocationTargetException e) {
        return e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e);
    }

    /** What is allowed for a value of this type, to follow "must be". */
    static String allowed(Class<?> type) {
        if (type == Integer.class) {
            return "a whole number";
        } else if (type == Double.class) {
            return "a number";
        } else if (type == Duration.class) {
            return "a duration such as 500ms, 10s, 2m or PT10S";
        } else if (type == Boolean.class) {
            return "true or false";
        } else if (type.isEnum()) {
            return "one of "
                    + Arrays.stream(type.getEnumConstants())
                            .map(each -> OptionText.kebab((Enum<?>) each))
                            .collect(Collectors.joining(", "));
        } else if (type == BackoffOptions.class) {
            return "a duration, none, or parts such as initial and max";
        } else if (type == SlidingWindowOptions.class) {
            return "a number of calls such as 100, or a duration such as 60s";
        } else if (type == FailureThresholdOptions.class) {
            return "of the form 5/10 or 5/60s";
        } else if (type == BudgetOptions.class) {
            return "standard, none, a name, or capacity and per-success";
        } else if (type == LimitOptions.class) {
            return "of the form 100/1s, or parts such as limit and period";
        } else if (type.isRecord()) {
            return "left empty, with its options below it";
        }
        return "text";
    }

    /** {@code a.b[c.d].e} to its elements. */
    static List<String> elements(String key) {
        List<String> elements = new ArrayList<>();
        StringBuilder element = new StringBuilder();
        boolean bracket = false;
        for (int i = 0; i < key.length(); i++) {
            char c = key.charAt(i);
            if (bracket ? c == ']' : c == '[' || c == '.') {
                bracket = c == '[';
                if (!element.isEmpty()) {
                    elements.add(element.toString());
                    element.setLength(0);
                }
            } else {
                element.append(c);
            }
        }
        if (!element.isEmpty()) {
            elements.add(element.toString());
        }
        return elements;
    }
}
