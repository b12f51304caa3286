package dev.mainstay.spring.options;

import dev.mainstay.safe.Require;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.springframework.util.ClassUtils;

/** How options reach the builder of a policy: those that are given, and no others. */
final class Settings {

    private Settings() {}

    static <T> void set(@Nullable T value, Consumer<? super T> setter) {
        if (value != null) {
            setter.accept(value);
        }
    }

    /** A part that cannot be left out. */
    static <T> T required(String option, @Nullable T value, String allowed) {
        if (value == null) {
            throw new IllegalArgumentException(option + " is not given but must be " + allowed);
        }
        return value;
    }

    /** An option without a value in the builder: true calls it, false says what holds anyway. */
    static void flag(@Nullable Boolean value, Runnable setter) {
        if (Boolean.TRUE.equals(value)) {
            setter.run();
        }
    }

    /** A bean by its name; an empty name means none, and so takes back the one of a base. */
    static <T> void bean(
            NamedBeans beans, String option, @Nullable String name, Class<T> type, Consumer<? super T> setter) {
        if (name != null && !name.isBlank()) {
            T bean;
            try {
                bean = beans.get(name, type);
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(option + " is " + name + " but must be " + e.getMessage(), e);
            }
            setter.accept(bean);
        }
    }

    /** Exceptions by the names of their classes. */
    static void exceptions(String option, @Nullable List<String> names, Consumer<Class<? extends Exception>[]> setter) {
        if (names != null) {
            @SuppressWarnings("unchecked")
            Class<? extends Exception>[] types = names.stream()
                    .map(name -> exception(option, name))
                    .toArray(size -> (Class<? extends Exception>[]) new Class<?>[size]);
            setter.accept(types);
        }
    }

    private static Class<? extends Exception> exception(String option, String name) {
        Class<?> type;
        try {
            type = ClassUtils.forName(name.trim(), ClassUtils.getDefaultClassLoader());
        } catch (ClassNotFoundException | LinkageError e) {
            throw new IllegalArgumentException(
                    option + " is " + name + " but must be the name of a class on the class path, with its package", e);
        }
        Require.check(Exception.class.isAssignableFrom(type), option, name, "the name of an exception's class");
        return type.asSubclass(Exception.class);
    }
}
