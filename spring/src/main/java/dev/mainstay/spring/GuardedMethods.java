package dev.mainstay.spring;

import dev.mainstay.Policy;
import dev.mainstay.TimeLimiter;
import dev.mainstay.retry.Retry;
import dev.mainstay.safe.SafeLog;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.aopalliance.intercept.MethodInvocation;
import org.jspecify.annotations.Nullable;
import org.springframework.aop.support.AopUtils;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.util.ClassUtils;

/**
 * What guards each method of each class: worked out when the application starts, or at the first call of what is called
 * earlier, and kept. A call finds it with two looks into hash tables, which allocate nothing. Safe for use by many
 * threads: those that come first at the same time may work it out more than once, and the first result stays.
 */
final class GuardedMethods {

    private static final SafeLog LOG = SafeLog.of(GuardedMethods.class);

    /** Found with ours on one method, these have effects that surprise. Named, since Spring 6.2 has not all of them. */
    private static final Map<String, String> NEIGHBOURS = Map.of(
            "org.springframework.resilience.annotation.Retryable",
            "@Retryable stands outside: each of its attempts is a call of its own, with all attempts of ours",
            "org.springframework.resilience.annotation.ConcurrencyLimit",
            "@ConcurrencyLimit stands outside: calls wait there, without a bound in time",
            "org.springframework.cache.annotation.Cacheable",
            "@Cacheable stands inside: hits count as successes and take permits; @EnableCaching(order = 0) moves it"
                    + " out");

    private final ConfigurableListableBeanFactory beans;
    private final ObjectProvider<PolicyCatalog> catalogs;
    private final ObjectProvider<ReactiveGuard> reactiveGuards;
    private final GuardedClasses classes;
    private final DeclarationReader declarations;
    private final FallbackFinder fallbackFinder;

    private final Map<Class<?>, Map<Method, GuardedMethod>> byClass = new ConcurrentHashMap<>();

    /** Which class has the names that were made of names of classes. */
    private final Map<String, Class<?>> madeNames = new ConcurrentHashMap<>();

    private volatile @Nullable PolicyCatalog catalog;

    GuardedMethods(
            ConfigurableListableBeanFactory beans,
            GuardedClasses classes,
            ObjectProvider<PolicyCatalog> catalogs,
            ObjectProvider<ReactiveGuard> reactiveGuards) {
        this.beans = beans;
        this.classes = classes;
        this.catalogs = catalogs;
        this.reactiveGuards = reactiveGuards;
        this.declarations = new DeclarationReader(beans);
        ClassLoader loader = beans.getBeanClassLoader();
        this.fallbackFinder =
                new FallbackFinder(beans, loader == null ? GuardedMethods.class.getClassLoader() : loader);
    }

    /** What an invocation goes through. */
    GuardedMethod of(MethodInvocation invocation) {
        Object target = invocation.getThis();
        Method method = invocation.getMethod();
        Class<?> type = target == null ? method.getDeclaringClass() : target.getClass();
        Map<Method, GuardedMethod> methods = byClass.get(type);
        GuardedMethod known = methods == null ? null : methods.get(method);
        if (known == null) {
            known = resolve(method, type);
            of(type).putIfAbsent(method, known);
        }
        return known;
    }

    boolean isEnabled() {
        return catalog().isEnabled();
    }

    /**
     * Works out what guards a method.
     *
     * @throws InvalidAnnotationException saying what to write instead
     */
    GuardedMethod resolve(Method method, Class<?> targetClass) {
        Class<?> type = written(targetClass, method);
        Method specific = AopUtils.getMostSpecificMethod(method, type);
        Map<Method, GuardedMethod> methods = of(type);
        GuardedMethod known = methods.get(specific);
        if (known != null) {
            return known;
        }
        boolean byItsClass = classes.isGuardedByItsClass(specific, type);
        if (!byItsClass && !GuardedClasses.isAnnotated(specific)) {
            return GuardedMethod.UNGUARDED;
        }
        String where = Signature.where(specific, type);
        Resolved resolved;
        try {
            resolved = resolve(specific, type, where, declarations.read(specific, type, byItsClass));
        } catch (IllegalArgumentException mistake) {
            throw new InvalidAnnotationException(where + ": " + mistake.getMessage(), mistake);
        }
        GuardedMethod before = methods.putIfAbsent(specific, resolved.method);
        if (before != null) {
            return before;
        }
        resolved.log();
        return resolved.method;
    }

    /**
     * The class or interface in whose source the method is: a client that a factory makes is known by its interface.
     */
    private static Class<?> written(Class<?> targetClass, Method method) {
        if (Proxy.isProxyClass(targetClass)) {
            for (Class<?> each : targetClass.getInterfaces()) {
                if (method.getDeclaringClass().isAssignableFrom(each)) {
                    return each;
                }
            }
        }
        return ClassUtils.getUserClass(targetClass);
    }

    private Map<Method, GuardedMethod> of(Class<?> type) {
        Map<Method, GuardedMethod> methods = byClass.get(type);
        if (methods != null) {
            return methods;
        }
        Map<Method, GuardedMethod> fresh = new ConcurrentHashMap<>();
        Map<Method, GuardedMethod> before = byClass.putIfAbsent(type, fresh);
        return before == null ? fresh : before;
    }

    private PolicyCatalog catalog() {
        PolicyCatalog known = catalog;
        if (known == null) {
            known = catalogs.getObject();
            catalog = known;
        }
        return known;
    }

    private Resolved resolve(Method method, Class<?> type, String where, Declaration declaration) {
        Signature signature = Signature.of(method, type);
        Class<?> result = signature.resultType();
        ReactiveGuard reactive = reactiveGuards.getIfAvailable();
        ResultKind kind = ResultKind.of(method, result, reactive);
        Composition composition = new Composition(
                Signature.simple(type) + "." + method.getName(),
                catalog(),
                pipeline(declaration.pipeline()),
                policies(type, declaration));
        if (kind == ResultKind.INVOCATION_ONLY) {
            requireNoneThatFollowsTheWork(composition.current().policies(), result);
        }
        KeyExpression key =
                declaration.key() == null ? null : new KeyExpression(declaration.key(), method, where, beans);
        Fallbacks fallbacks = declaration.fallbacks().isEmpty()
                ? null
                : fallbackFinder.find(signature, kind, declaration.fallbacks());
        GuardedCalls calls = new GuardedCalls(composition, fallbacks, key);
        GuardedMethod guarded = switch (kind) {
            case PLAIN, INVOCATION_ONLY -> calls::plain;
            case STAGE -> calls::stage;
            case REACTIVE ->
                reactive == null ? GuardedMethod.UNGUARDED : invocation -> calls.reactive(invocation, result, reactive);
        };
        return new Resolved(where, method, declaration, calls, guarded);
    }

    private PolicyCatalog.@Nullable PipelineHandle pipeline(@Nullable String name) {
        if (name == null) {
            return null;
        }
        PolicyCatalog.PipelineHandle handle = catalog().pipeline(name);
        if (handle == null) {
            throw new IllegalArgumentException("there is no pipeline '" + name + "'; there are "
                    + catalog().pipelineNames().stream().sorted().toList()
                    + ". Write one of these, or define a Pipeline bean with the name '" + name + "'");
        }
        return handle;
    }

    private List<Policy> policies(Class<?> type, Declaration declaration) {
        List<Policy> policies = new ArrayList<>();
        for (Declaration.Single single : declaration.policies()) {
            if (!single.named()) {
                Class<?> other = madeNames.putIfAbsent(single.name(), type);
                if (other != null && other != type) {
                    throw new IllegalArgumentException(
                            "without a name, its " + single.kind().label()
                                    + " would be called '" + single.name() + "' and shared with " + other.getName()
                                    + ". Give it a name");
                }
            }
            policies.add(single.kind().find(catalog(), single.name(), single.inline(), single.keyed()));
        }
        return policies;
    }

    /** Of what goes on after the invocation, nothing can be repeated or given a limit. */
    private static void requireNoneThatFollowsTheWork(List<Policy> policies, Class<?> result) {
        for (Policy policy : policies) {
            if (policy instanceof Retry || policy instanceof TimeLimiter) {
                String kind = policy instanceof Retry ? "retry" : "time limit";
                throw new IllegalArgumentException("it gives a " + result.getSimpleName()
                        + ", which goes on after the method has returned, so that the " + kind + " '" + policy.name()
                        + "' would see the invocation only: give a CompletableFuture or a value, or take the " + kind
                        + " away");
            }
        }
    }

    /** A method with what was found out about it. */
    private record Resolved(
            String where, Method source, Declaration declaration, GuardedCalls calls, GuardedMethod method) {

        void log() {
            LOG.info(
                    "Guarded {method}: {order}{key}{ignored}",
                    "method",
                    where,
                    "order",
                    order(),
                    "key",
                    declaration.key() == null ? "" : "; key " + declaration.key(),
                    "ignored",
                    declaration.ignored().isEmpty() ? "" : "; ignored: " + String.join(", ", declaration.ignored()));
            NEIGHBOURS.forEach((annotation, effect) -> {
                if (GuardedClasses.annotationsOf(source).isPresent(annotation)) {
                    LOG.warn("Beside what guards {method}, {effect}", "method", where, "effect", effect);
                }
            });
        }

        private String order() {
            List<String> order = new ArrayList<>();
            Fallbacks fallbacks = calls.fallbacks();
            if (fallbacks != null) {
                order.add(fallbacks.methods().stream()
                        .map(fallback -> fallback.method().getName() + "("
                                + fallback.failureType().getSimpleName() + ")")
                        .collect(Collectors.joining(", ", "fallback ", "")));
            }
            if (declaration.pipeline() != null) {
                order.add("pipeline '" + declaration.pipeline() + "'");
            }
            declaration.policies().forEach(single -> order.add(single.toString()));
            order.add("method");
            return String.join(" -> ", order);
        }
    }
}
