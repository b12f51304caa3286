package dev.mainstay.spring;

import dev.mainstay.spring.annotation.Guarded;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.springframework.aop.support.AopUtils;
import org.springframework.aop.support.StaticMethodMatcherPointcut;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.core.annotation.MergedAnnotation;
import org.springframework.core.annotation.MergedAnnotations;
import org.springframework.core.annotation.MergedAnnotations.SearchStrategy;
import org.springframework.util.ClassUtils;
import org.springframework.util.ReflectionUtils;

/**
 * Which methods are guarded: those that are annotated themselves, and the public ones of a class that is, but for those
 * of {@code Object} and those that the class names as its fallbacks. An open circuit breaker of the class must reject
 * neither {@code toString()} nor what answers for it. Safe for use by many threads.
 */
final class GuardedClasses extends StaticMethodMatcherPointcut {

    private final Map<Class<?>, ClassLevel> classes = new ConcurrentHashMap<>();

    @Override
    public boolean matches(Method method, Class<?> targetClass) {
        Class<?> type = ClassUtils.getUserClass(targetClass);
        Method specific = AopUtils.getMostSpecificMethod(method, type);
        return isAnnotated(specific) || isGuardedByItsClass(specific, type);
    }

    /** Whether the method itself, or one that it implements or overrides, is annotated. */
    static boolean isAnnotated(AnnotatedElement element) {
        return AnnotatedElementUtils.hasAnnotation(element, Guarded.class);
    }

    /** Whether the annotations of the class hold for this method of it. */
    boolean isGuardedByItsClass(Method method, Class<?> type) {
        ClassLevel level = classes.get(type);
        if (level == null) {
            level = ClassLevel.of(type);
            classes.put(type, level);
        }
        return level.annotated
                && Modifier.isPublic(method.getModifiers())
                && !Modifier.isStatic(method.getModifiers())
                && !method.isSynthetic()
                && !ReflectionUtils.isObjectMethod(method)
                && !level.fallbacks.contains(method.getName());
    }

    /** All annotations of ours on an element, what it inherits among them. */
    static MergedAnnotations annotationsOf(AnnotatedElement element) {
        return MergedAnnotations.from(element, SearchStrategy.TYPE_HIERARCHY);
    }

    /** @param fallbacks the names of its own methods that its annotations and those of its methods name as fallbacks */
    private record ClassLevel(boolean annotated, Set<String> fallbacks) {

        private static final ClassLevel PLAIN = new ClassLevel(false, Set.of());

        static ClassLevel of(Class<?> type) {
            if (!isAnnotated(type)) {
                return PLAIN;
            }
            Set<String> names = new HashSet<>();
            fallbacksOf(annotationsOf(type)).forEach(names::add);
            for (Method method : ReflectionUtils.getAllDeclaredMethods(type)) {
                if (isAnnotated(method)) {
                    fallbacksOf(annotationsOf(method)).forEach(names::add);
                }
            }
            return new ClassLevel(true, names);
        }

        private static Stream<String> fallbacksOf(MergedAnnotations annotations) {
            return annotations.stream()
                    .filter(annotation -> annotation.getType().getPackage() == Guarded.class.getPackage())
                    .flatMap(ClassLevel::fallbacksOf);
        }

        private static Stream<String> fallbacksOf(MergedAnnotation<?> annotation) {
            if (annotation.getType() == dev.mainstay.spring.annotation.Fallback.class) {
                return Arrays.stream(annotation.getStringArray("value"));
            }
            return Arrays.stream(annotation.getValue("fallback", String[].class).orElseGet(() -> new String[0]));
        }
    }
}
