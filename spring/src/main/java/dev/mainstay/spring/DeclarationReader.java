package dev.mainstay.spring;

import dev.mainstay.spring.annotation.Fallback;
import dev.mainstay.spring.annotation.Guarded;
import dev.mainstay.spring.annotation.Resilient;
import java.lang.annotation.Annotation;
import java.lang.annotation.Repeatable;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.springframework.beans.factory.config.ConfigurableBeanFactory;
import org.springframework.core.annotation.MergedAnnotation;
import org.springframework.util.ClassUtils;

/** Reads the annotations of a method and of its class. What the method says replaces what the class says, by type. */
final class DeclarationReader {

    private static final Set<String> NO_OPTIONS = Set.of("value", "name", "fallback", "key");

    private final ConfigurableBeanFactory beans;

    DeclarationReader(ConfigurableBeanFactory beans) {
        this.beans = beans;
    }

    /**
     * Reads what stands around a method.
     *
     * @param byItsClass whether the annotations of the class hold for it
     * @throws IllegalArgumentException saying what is wrong
     */
    Declaration read(Method method, Class<?> type, boolean byItsClass) {
        return new Reading(method, type, byItsClass).declaration();
    }

    /**
     * The text with its placeholders replaced. Not by Spring's {@code EmbeddedValueResolver}: that one evaluates
     * expressions, those in the values of properties among them, which would make code of configuration.
     */
    private String resolved(String text) {
        String resolved = beans.resolveEmbeddedValue(text);
        String known = resolved == null ? "" : resolved;
        if (known.contains("${")) {
            throw new IllegalArgumentException("the placeholder in '" + text
                    + "' has no value: define the property, or write what holds without it, as in ${name:value}");
        }
        return known;
    }

    /** The annotations of one method. */
    private final class Reading {

        private final Map<Class<?>, List<MergedAnnotation<?>>> ofMethod;
        private final Map<Class<?>, List<MergedAnnotation<?>>> ofClass;
        private final String methodName;
        private final String className;
        private final Set<String> fallbacks = new LinkedHashSet<>();
        private final Set<String> keys = new LinkedHashSet<>();
        private final List<String> ignored = new ArrayList<>();

        Reading(Method method, Class<?> type, boolean byItsClass) {
            ofMethod = byType(method);
            ofClass = byItsClass ? byType(type) : Map.of();
            className = ClassUtils.getShortName(type).replace('$', '.');
            methodName = className + "." + method.getName();
        }

        Declaration declaration() {
            String pipeline = null;
            for (Found found : find(Resilient.class)) {
                pipeline = resolved(found.annotation.getString("value"));
                common(found.annotation);
            }
            List<Declaration.Single> singles = new ArrayList<>();
            for (PolicyKind<?, ?, ?> kind : PolicyKind.OUTERMOST_FIRST) {
                for (Found found : find(kind.annotation())) {
                    singles.add(single(kind, found));
                }
            }
            for (Found found : find(Fallback.class)) {
                fallbacks.addAll(Arrays.asList(found.annotation.getStringArray("value")));
            }
            if (keys.size() > 1) {
                throw new IllegalArgumentException(
                        "a call has one key, but its annotations name " + keys + ": write the same key in all of them");
            }
            return new Declaration(
                    pipeline,
                    singles,
                    List.copyOf(fallbacks),
                    keys.isEmpty() ? null : keys.iterator().next(),
                    ignored);
        }

        private Declaration.Single single(PolicyKind<?, ?, ?> kind, Found found) {
            MergedAnnotation<?> annotation = found.annotation;
            String said = resolved(annotation.getString("name"));
            String name = said.isBlank() ? (found.onClass ? className : methodName) : said;
            return new Declaration.Single(kind, name, !said.isBlank(), inline(annotation), common(annotation));
        }

        /** @return whether there is a key */
        private boolean common(MergedAnnotation<?> annotation) {
            fallbacks.addAll(Arrays.asList(annotation.getStringArray("fallback")));
            String key = annotation.getValue("key", String.class).orElse("");
            if (key.isBlank()) {
                return false;
            }
            keys.add(key.trim());
            return true;
        }

        /** The options that have a value, in kebab-case. */
        private Map<String, String> inline(MergedAnnotation<?> annotation) {
            Map<String, String> inline = new TreeMap<>();
            for (Method attribute : annotation.getType().getDeclaredMethods()) {
                String name = attribute.getName();
                if (NO_OPTIONS.contains(name)) {
                    continue;
                }
                String text = attribute.getReturnType() == Class[].class
                        ? Arrays.stream(annotation.getClassArray(name))
                                .map(Class::getName)
                                .collect(Collectors.joining(","))
                        : resolved(annotation.getString(name));
                if (!text.isBlank()) {
                    inline.put(InlineOptions.kebabCase(name), text);
                }
            }
            return new LinkedHashMap<>(inline);
        }

        private List<Found> find(Class<? extends Annotation> type) {
            List<MergedAnnotation<?>> own = nearest(ofMethod, type);
            List<MergedAnnotation<?>> inherited = nearest(ofClass, type);
            if (own.isEmpty()) {
                return inherited.stream().map(each -> new Found(each, true)).toList();
            }
            if (!inherited.isEmpty()) {
                ignored.add("@" + type.getSimpleName() + " of the class, which the method has itself");
            }
            return own.stream().map(each -> new Found(each, false)).toList();
        }

        /** Our annotations on an element, what it inherits among them, in one pass: Spring looks anew for each type. */
        private static Map<Class<?>, List<MergedAnnotation<?>>> byType(AnnotatedElement element) {
            Map<Class<?>, List<MergedAnnotation<?>>> byType = new HashMap<>();
            GuardedClasses.annotationsOf(element).forEach(annotation -> {
                if (annotation.getType().getPackage() == Guarded.class.getPackage()) {
                    byType.computeIfAbsent(annotation.getType(), type -> new ArrayList<>())
                            .add(annotation);
                }
            });
            return byType;
        }

        /**
         * Those of the most specific element that has any; of these the most direct one. Only an annotation that can be
         * repeated may be there more than once.
         */
        private static List<MergedAnnotation<?>> nearest(
                Map<Class<?>, List<MergedAnnotation<?>>> byType, Class<? extends Annotation> type) {
            List<MergedAnnotation<?>> all = byType.getOrDefault(type, List.of());
            int element = all.stream()
                    .mapToInt(MergedAnnotation::getAggregateIndex)
                    .min()
                    .orElse(0);
            Stream<MergedAnnotation<?>> there =
                    all.stream().filter(annotation -> annotation.getAggregateIndex() == element);
            return type.isAnnotationPresent(Repeatable.class)
                    ? there.toList()
                    : there.sorted(Comparator.comparingInt(MergedAnnotation::getDistance))
                            .limit(1)
                            .toList();
        }
    }

    private record Found(MergedAnnotation<?> annotation, boolean onClass) {}
}
