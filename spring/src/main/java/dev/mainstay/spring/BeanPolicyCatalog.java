package dev.mainstay.spring;

import dev.mainstay.Pipeline;
import dev.mainstay.Policy;
import dev.mainstay.safe.SafeLog;
import dev.mainstay.time.TimeSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.BeanFactoryUtils;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.util.ClassUtils;

/**
 * The catalog of an application without configuration files: pipelines and policies are beans, and have the names that
 * they {@linkplain Policy#name() give themselves}, whatever the beans are called. A policy of a pipeline is found by
 * its name, too. What is found nowhere is made from the defaults of its kind and the inline values, once for each name,
 * with the only {@link TimeSource} bean for its clock, if there is one.
 *
 * <p>Beans are looked for when the first pipeline or policy is asked for, and once more when all have been made. Pools
 * of threads that the catalog has made are closed with it: calls that run may end, and others are rejected. Safe for
 * use by many threads.
 */
public final class BeanPolicyCatalog implements PolicyCatalog, SmartInitializingSingleton, DisposableBean {

    private static final SafeLog LOG = SafeLog.of(BeanPolicyCatalog.class);

    private final ListableBeanFactory beans;
    private final ClassLoader loader;
    private final Map<Id, Made> made = new ConcurrentHashMap<>();
    private volatile @Nullable Found found;

    /**
     * A catalog of the beans of this factory and its parents.
     *
     * @param loader where the types of exceptions are that inline values name; null for the default one
     */
    public BeanPolicyCatalog(ListableBeanFactory beans, @Nullable ClassLoader loader) {
        this.beans = beans;
        ClassLoader own = BeanPolicyCatalog.class.getClassLoader();
        ClassLoader known = loader == null ? ClassUtils.getDefaultClassLoader() : loader;
        this.loader = known == null ? own : known;
    }

    @Override
    public @Nullable PipelineHandle pipeline(String name) {
        return found().pipelines.get(name);
    }

    @Override
    public Set<String> pipelineNames() {
        return found().pipelines.keySet();
    }

    @Override
    public <P extends Policy> P policy(Class<P> kind, String name, Map<String, String> inline) {
        P bean = found().policy(kind, name);
        if (bean != null) {
            if (!inline.isEmpty()) {
                LOG.info(
                        "Inline values {values} of {kind} '{policy}' are ignored: it is a bean",
                        "values",
                        inline,
                        "kind",
                        kind.getSimpleName(),
                        "policy",
                        name);
            }
            return bean;
        }
        PolicyKind<?, ?, ?> known = PolicyKind.of(kind);
        if (known == null) {
            throw new IllegalArgumentException("there is no " + kind.getName() + " bean with the name '" + name
                    + "', and no defaults to make one from: define it as a bean");
        }
        Made policy = made.computeIfAbsent(
                new Id(kind, name), id -> new Made(known.make(name, inline, found().time, loader), Map.copyOf(inline)));
        if (!policy.inline.equals(inline)) {
            throw new IllegalArgumentException(known.label() + " '" + name + "' has the values " + policy.inline
                    + " elsewhere, and cannot have " + inline
                    + ", too: write the same ones wherever it is named, or define it as a bean");
        }
        return kind.cast(policy.policy);
    }

    private Found found() {
        Found known = found;
        if (known == null) {
            known = new Found(beans);
            found = known;
        }
        return known;
    }

    /** Has beans looked for once more: what was asked for earlier may have missed those that were being made. */
    @Override
    public void afterSingletonsInstantiated() {
        found = null;
    }

    /** Closes the pools of threads that it has made. */
    @Override
    public void destroy() throws Exception {
        for (Made each : made.values()) {
            if (each.policy instanceof AutoCloseable pool) {
                pool.close();
            }
        }
    }

    private record Id(Class<?> kind, String name) {}

    private record Made(Policy policy, Map<String, String> inline) {}

    private record BeanPipeline(Pipeline current) implements PipelineHandle {

        @Override
        public String name() {
            return current.name();
        }
    }

    /** The beans there are. */
    private static final class Found {

        final Map<String, PipelineHandle> pipelines = new LinkedHashMap<>();
        final List<Policy> policies = new ArrayList<>();
        final @Nullable TimeSource time;

        Found(ListableBeanFactory beans) {
            time = beans.getBeanProvider(TimeSource.class).getIfUnique();
            List<Policy> all = new ArrayList<>(BeanFactoryUtils.beansOfTypeIncludingAncestors(beans, Policy.class)
                    .values());
            for (Policy policy : all) {
                if (policy instanceof Pipeline pipeline) {
                    PipelineHandle before = pipelines.put(pipeline.name(), new BeanPipeline(pipeline));
                    if (before != null && before.current() != pipeline) {
                        throw new IllegalArgumentException("two Pipeline beans have the name '" + pipeline.name()
                                + "': give each a name of its own");
                    }
                } else {
                    policies.add(policy);
                }
            }
            pipelines.values().forEach(handle -> addAll(handle.current()));
        }

        private void addAll(Pipeline pipeline) {
            for (Policy policy : pipeline.policies()) {
                if (policy instanceof Pipeline inner) {
                    addAll(inner);
                } else {
                    policies.add(policy);
                }
            }
        }

        <P extends Policy> @Nullable P policy(Class<P> kind, String name) {
            P match = null;
            for (Policy policy : policies) {
                if (kind.isInstance(policy) && policy.name().equals(name)) {
                    if (match != null && match != policy) {
                        throw new IllegalArgumentException("two beans or pipelines have a " + kind.getSimpleName()
                                + " with the name '" + name + "': give each a name of its own");
                    }
                    match = kind.cast(policy);
                }
            }
            return match;
        }
    }
}
