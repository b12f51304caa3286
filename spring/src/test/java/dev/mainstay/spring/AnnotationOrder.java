package dev.mainstay.spring;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.springframework.aop.framework.Advised;

/** The order of interceptors around a bean. */
final class AnnotationOrder {

    private AnnotationOrder() {}

    static void requireAsyncOutermost(Object bean) {
        assertThat(Arrays.stream(((Advised) bean).getAdvisors())
                        .map(advisor -> advisor.getAdvice().getClass().getSimpleName()))
                .startsWith("AnnotationAsyncExecutionInterceptor")
                .contains("GuardInterceptor");
    }
}
