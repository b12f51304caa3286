package dev.mainstay.spring.boot;

import dev.mainstay.spring.options.CircuitBreakerOptions;
import dev.mainstay.spring.options.RetryOptions;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.springframework.aot.hint.MemberCategory;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.TypeReference;
import org.springframework.beans.factory.aot.BeanFactoryInitializationAotContribution;
import org.springframework.beans.factory.aot.BeanFactoryInitializationAotProcessor;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.core.env.Environment;

/**
 * What a native image must know: the records of options, which are made and read by reflection, and the exceptions that
 * the configuration names when the image is built.
 */
final class OptionHints implements BeanFactoryInitializationAotProcessor {

    @Override
    public @Nullable BeanFactoryInitializationAotContribution processAheadOfTime(
            ConfigurableListableBeanFactory beanFactory) {
        if (beanFactory.getBeanNamesForType(ConfigurationCheck.class, false, false).length == 0) {
            return null;
        }
        Set<String> exceptions = exceptionsIn(ConfigurationReader.read(beanFactory.getBean(Environment.class)));
        return (context, code) -> register(context.getRuntimeHints(), exceptions);
    }

    private static void register(RuntimeHints hints, Set<String> exceptions) {
        Set<Class<?>> records = new HashSet<>();
        collect(MainstayProperties.class, records);
        for (Class<?> record : records) {
            hints.reflection()
                    .registerType(
                            record, MemberCategory.INVOKE_DECLARED_CONSTRUCTORS, MemberCategory.INVOKE_PUBLIC_METHODS);
        }
        exceptions.forEach(name -> hints.reflection().registerType(TypeReference.of(name)));
    }

    private static void collect(Type type, Set<Class<?>> records) {
        if (type instanceof ParameterizedType generic) {
            for (Type argument : generic.getActualTypeArguments()) {
                collect(argument, records);
            }
        } else if (type instanceof Class<?> raw && raw.isRecord() && records.add(raw)) {
            for (RecordComponent component : raw.getRecordComponents()) {
                collect(component.getGenericType(), records);
            }
        }
    }

    /** The names of all exceptions, wherever a record of options has them. */
    private static Set<String> exceptionsIn(MainstayProperties properties) {
        Set<String> names = new TreeSet<>();
        visit(properties.options(), names);
        names.remove("inherited");
        return names;
    }

    private static void visit(@Nullable Object value, Set<String> names) {
        if (value instanceof Map<?, ?> map) {
            map.values().forEach(each -> visit(each, names));
        } else if (value instanceof CircuitBreakerOptions breaker) {
            add(names, breaker.recordExceptions(), breaker.ignoreExceptions(), breaker.overloadExceptions());
        } else if (value instanceof RetryOptions retry) {
            add(names, retry.retryExceptions(), retry.ignoreExceptions(), retry.overloadExceptions());
        } else if (value instanceof Record record) {
            for (RecordComponent component : record.getClass().getRecordComponents()) {
                visit(get(component, record), names);
            }
        }
    }

    @SafeVarargs
    private static void add(Set<String> names, @Nullable List<String>... lists) {
        for (Collection<String> list : lists) {
            if (list != null) {
                names.addAll(list);
            }
        }
    }

    private static @Nullable Object get(RecordComponent component, Record record) {
        try {
            return component.getAccessor().invoke(record);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(component.toString(), e);
        }
    }
}
