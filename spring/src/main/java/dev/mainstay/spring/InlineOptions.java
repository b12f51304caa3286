package dev.mainstay.spring;

import dev.mainstay.time.TimeSource;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.core.convert.ConversionException;
import org.springframework.core.convert.support.DefaultConversionService;
import org.springframework.format.datetime.standard.DurationFormatterUtils;
import org.springframework.util.ClassUtils;

/**
 * Sets options that are given as text: the option {@code failure-rate-threshold} by the method {@code
 * failureRateThreshold} of a builder. Numbers, booleans and names of constants are as Spring converts them; durations
 * are {@code 500ms}, {@code 5s}, {@code PT5S}, a number alone being milliseconds; types of exceptions are names of
 * classes with commas in between.
 */
final class InlineOptions {

    private static final Set<Class<?>> SIMPLE = Set.of(int.class, long.class, double.class, boolean.class);

    private final Class<?> builder;
    private final ClassLoader loader;

    InlineOptions(Class<?> builder, ClassLoader loader) {
        this.builder = builder;
        this.loader = loader;
    }

    /** @throws IllegalArgumentException naming the option that is wrong, its value and what is allowed */
    void set(Object options, Map<String, String> inline) {
        inline.forEach((option, text) -> set(options, option, text));
    }

    private void set(Object options, String option, String text) {
        Method setter = setter(option);
        set(options, option, text, setter, value(option, text, setter.getParameterTypes()[0]));
    }

    /** Every builder of options has a clock. */
    void timeSource(Object options, TimeSource time) {
        try {
            set(options, "time-source", time, builder.getMethod("timeSource", TimeSource.class), time);
        } catch (NoSuchMethodException missing) {
            throw new IllegalStateException(builder + " has no clock", missing);
        }
    }

    private static void set(Object options, String option, Object said, Method setter, Object value) {
        try {
            setter.invoke(options, value);
        } catch (InvocationTargetException failed) {
            throw failed.getCause() instanceof RuntimeException mistake
                    ? mistake
                    : new IllegalArgumentException(option + " is '" + said + "', which fails", failed.getCause());
        } catch (IllegalAccessException hidden) {
            throw new IllegalArgumentException(option + " cannot be set", hidden);
        }
    }

    private Method setter(String option) {
        String name = camelCase(option);
        return setters()
                .filter(method -> method.getName().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("option is '" + option + "' but must be one of "
                        + setters()
                                .map(method -> kebabCase(method.getName()))
                                .distinct()
                                .sorted()
                                .toList()));
    }

    /** The methods that set an option whose value can be written as text. */
    private Stream<Method> setters() {
        return Arrays.stream(builder.getMethods())
                .filter(method -> method.getReturnType() == builder && method.getParameterCount() == 1)
                .filter(method -> isText(method.getParameterTypes()[0]));
    }

    private static boolean isText(Class<?> type) {
        return SIMPLE.contains(type) || type == Duration.class || type.isEnum() || type == Class[].class;
    }

    private Object value(String option, String text, Class<?> type) {
        String trimmed = text.trim();
        if (type == Class[].class) {
            return types(option, trimmed);
        }
        @Nullable Object value;
        try {
            value = type == Duration.class
                    ? DurationFormatterUtils.detectAndParse(trimmed)
                    : DefaultConversionService.getSharedInstance().convert(trimmed, type);
        } catch (ConversionException | IllegalArgumentException | ArithmeticException mistake) {
            throw new IllegalArgumentException(notAllowed(option, text, type), mistake);
        }
        if (value == null) {
            throw new IllegalArgumentException(notAllowed(option, text, type));
        }
        return value;
    }

    private static String notAllowed(String option, String text, Class<?> type) {
        return option + " is '" + text + "' but must be " + allowed(type);
    }

    private Class<?>[] types(String option, String names) {
        return Arrays.stream(names.split(",", -1))
                .map(String::trim)
                .map(name -> type(option, name))
                .toArray(Class<?>[]::new);
    }

    private Class<?> type(String option, String name) {
        try {
            return ClassUtils.forName(name, loader).asSubclass(Exception.class);
        } catch (ClassNotFoundException | LinkageError | ClassCastException unknown) {
            throw new IllegalArgumentException(
                    option + " is '" + name + "' but must be the name of a class of exceptions", unknown);
        }
    }

    private static String allowed(Class<?> type) {
        if (type == Duration.class) {
            return "a duration, such as 500ms, 5s or PT5S";
        }
        if (type == boolean.class) {
            return "true or false";
        }
        if (type.isEnum()) {
            return "one of " + List.of(type.getEnumConstants());
        }
        return type == double.class ? "a number" : "a whole number";
    }

    static String kebabCase(String camelCase) {
        return camelCase.replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
    }

    private static String camelCase(String kebabCase) {
        StringBuilder name = new StringBuilder();
        boolean upper = false;
        for (int i = 0; i < kebabCase.length(); i++) {
            char letter = kebabCase.charAt(i);
            if (letter == '-') {
                upper = true;
            } else {
                name.append(upper ? Character.toUpperCase(letter) : letter);
                upper = false;
            }
        }
        return name.toString();
    }
}
