package dev.mainstay.spring;

import dev.mainstay.safe.SafeLog;
import dev.mainstay.spring.annotation.Guarded;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.aop.framework.autoproxy.AutoProxyUtils;
import org.springframework.aop.scope.ScopedProxyUtils;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.core.MethodIntrospector;
import org.springframework.core.annotation.AnnotationUtils;

/**
 * Looks at all beans when the application starts: works out what guards each annotated method, and finds annotations
 * that have no effect. It goes by the definitions, so that beans which are made later are looked at, too. All mistakes
 * are told at once.
 */
final class AnnotationCheck implements SmartInitializingSingleton {

    private static final SafeLog LOG = SafeLog.of(AnnotationCheck.class);

    private final ConfigurableListableBeanFactory beans;
    private final GuardedClasses classes;
    private final GuardedMethods methods;
    private final AnnotationSettings settings;

    AnnotationCheck(
            ConfigurableListableBeanFactory beans,
            GuardedClasses classes,
            GuardedMethods methods,
            AnnotationSettings settings) {
        this.beans = beans;
        this.classes = classes;
        this.methods = methods;
        this.settings = settings;
    }

    @Override
    public void afterSingletonsInstantiated() {
        List<String> problems = new ArrayList<>();
        Set<Class<?>> scanned = new LinkedHashSet<>();
        for (String name : names()) {
            Class<?> type = targetClass(name);
            if (type != null && AnnotationUtils.isCandidateClass(type, Guarded.class)) {
                Set<Method> guarded = guardedOf(type);
                if (!guarded.isEmpty()) {
                    check(name, type, guarded, problems);
                    scanned.add(type);
                }
            }
        }
        if (settings.selfCalls() != AnnotationSettings.Report.OFF) {
            for (Class<?> type : scanned) {
                for (String call : SelfCalls.of(type, guardedOf(type))) {
                    report(settings.selfCalls(), call, problems);
                }
            }
        }
        if (!problems.isEmpty()) {
            throw new InvalidAnnotationException(problems.stream().distinct().toList());
        }
    }

    /** Those that are registered by hand are among them: nothing can be put around these. */
    private Set<String> names() {
        Set<String> names = new LinkedHashSet<>(List.of(beans.getBeanDefinitionNames()));
        names.addAll(List.of(beans.getSingletonNames()));
        return names;
    }

    private @Nullable Class<?> targetClass(String name) {
        if (beans.containsBeanDefinition(ScopedProxyUtils.getTargetBeanName(name))) {
            // The bean behind the scoped proxy is the one that is advised.
            return null;
        }
        try {
            return AutoProxyUtils.determineTargetClass(beans, name);
        } catch (RuntimeException | LinkageError unknown) {
            // A bean whose type cannot be told is not ours to complain about.
            return null;
        }
    }

    private Set<Method> guardedOf(Class<?> type) {
        return MethodIntrospector.selectMethods(
                type,
                (Method method) -> GuardedClasses.isAnnotated(method) || classes.isGuardedByItsClass(method, type));
    }

    private void check(String bean, Class<?> type, Set<Method> guarded, List<String> problems) {
        Proxying proxying = new Proxying(beans, bean, type);
        List<String> uncovered = new ArrayList<>();
        for (Method method : guarded) {
            String obstacle = proxying.obstacle(method);
            if (obstacle != null) {
                report(
                        settings.unadvised(),
                        Signature.where(method, type) + " of bean '" + bean + "' is annotated but not guarded: "
                                + obstacle,
                        problems);
            } else {
                uncovered.add(method.getName());
                try {
                    GuardedMethod ignored = methods.resolve(method, type);
                } catch (InvalidAnnotationException mistake) {
                    problems.addAll(mistake.problems());
                }
            }
        }
        if (!uncovered.isEmpty() && proxying.isUnadvised()) {
            report(
                    settings.unadvised(),
                    uncovered.stream().distinct().sorted().collect(Collectors.joining(", "))
                            + " of bean '" + bean + "' (" + Signature.simple(type)
                            + ") is annotated but not guarded: the bean was made before it could be advised, or not by"
                            + " Spring. Let no BeanPostProcessor need it: inject an ObjectProvider there",
                    problems);
        }
    }

    private static void report(AnnotationSettings.Report report, String text, List<String> problems) {
        switch (report) {
            case WARN -> LOG.warn("{problem}", "problem", text);
            case FAIL -> problems.add(text);
            case OFF -> {}
        }
    }
}
