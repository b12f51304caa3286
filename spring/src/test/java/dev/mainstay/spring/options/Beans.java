package dev.mainstay.spring.options;

import java.util.HashMap;
import java.util.Map;

/** Named beans of a test. */
final class Beans implements NamedBeans {

    private final Map<String, Object> beans = new HashMap<>();

    Beans with(String name, Object bean) {
        beans.put(name, bean);
        return this;
    }

    @Override
    public <T> T get(String name, Class<T> type) {
        Object bean = beans.get(name);
        if (!type.isInstance(bean)) {
            throw new IllegalArgumentException("the name of a bean of type " + type.getSimpleName());
        }
        return type.cast(bean);
    }
}
