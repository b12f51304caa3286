package dev.mainstay.spring;

import static org.assertj.core.api.Assertions.catchThrowable;

import java.util.Map;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.MapPropertySource;

/** Applications of a few classes, with the annotations switched on. */
final class Contexts {

    private Contexts() {}

    @Configuration(proxyBeanMethods = false)
    @EnableMainstay
    static class Enabled {}

    static AnnotationConfigApplicationContext start(Class<?>... classes) {
        return start(Map.of(), classes);
    }

    static AnnotationConfigApplicationContext start(Map<String, Object> properties, Class<?>... classes) {
        AnnotationConfigApplicationContext context = of(properties, classes);
        context.refresh();
        return context;
    }

    /** Not started yet. */
    static AnnotationConfigApplicationContext of(Map<String, Object> properties, Class<?>... classes) {
        AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext();
        context.getEnvironment().getPropertySources().addFirst(new MapPropertySource("test", properties));
        context.register(Enabled.class);
        if (classes.length > 0) {
            context.register(classes);
        }
        return context;
    }

    /** Why an application does not start. */
    static String whyNot(Class<?>... classes) {
        return whyNot(Map.of(), classes);
    }

    static String whyNot(Map<String, Object> properties, Class<?>... classes) {
        try (AnnotationConfigApplicationContext context = of(properties, classes)) {
            Throwable failure = catchThrowable(context::refresh);
            for (Throwable each = failure; each != null; each = each.getCause()) {
                if (each instanceof InvalidAnnotationException) {
                    return each.getMessage();
                }
            }
            throw new AssertionError("it starts, or fails in another way", failure);
        }
    }
}
