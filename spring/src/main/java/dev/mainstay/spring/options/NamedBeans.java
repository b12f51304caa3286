package dev.mainstay.spring.options;

import java.util.List;
import java.util.Objects;
import org.springframework.beans.factory.BeanNotOfRequiredTypeException;
import org.springframework.beans.factory.ListableBeanFactory;

/** The beans that options name: classifiers, predicates, executors and the like. Thread-safe. */
@FunctionalInterface
public interface NamedBeans {

    /**
     * The bean of this name.
     *
     * @param type what it must be; type arguments are not looked at
     * @throws IllegalArgumentException if there is none of this name and type; its message says which there are, to
     *     follow "must be"
     */
    <T> T get(String name, Class<T> type);

    /** There are none. */
    static NamedBeans none() {
        return new NamedBeans() {
            @Override
            public <T> T get(String name, Class<T> type) {
                throw new IllegalArgumentException("left out: there are no beans to name here");
            }
        };
    }

    /** Those of an application context. */
    static NamedBeans of(ListableBeanFactory beans) {
        Objects.requireNonNull(beans, "beans");
        return new NamedBeans() {
            @Override
            public <T> T get(String name, Class<T> type) {
                String bean = name.trim();
                if (beans.containsBean(bean)) {
                    try {
                        return beans.getBean(bean, type);
                    } catch (BeanNotOfRequiredTypeException e) {
                        throw new IllegalArgumentException(
                                allowed(type) + "; this one is a "
                                        + e.getActualType().getTypeName(),
                                e);
                    }
                }
                throw new IllegalArgumentException(allowed(type));
            }

            private String allowed(Class<?> type) {
                List<String> names = List.of(beans.getBeanNamesForType(type, true, false));
                return "the name of a bean of type " + type.getSimpleName() + ", of which "
                        + (names.isEmpty() ? "there is none" : "there are: " + String.join(", ", names));
            }
        };
    }
}
