package dev.mainstay.spring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.spring.annotation.CircuitBreaker;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Lazy;
import org.springframework.core.PriorityOrdered;

/** A method that is annotated and cannot be guarded is told: in the log, by a start that fails, or not at all. */
class AnnotationsWithoutEffectAreReportedTest {

    private static final Map<String, Object> FAIL = Map.of("mainstay.annotations.unadvised", "fail");

    static class WithFinalMethod {

        @CircuitBreaker("x")
        public final String stock() {
            return "";
        }
    }

    @Test
    void aFinalMethodIsWarnedOf() {
        try (LogOf log = new LogOf(AnnotationCheck.class)) {
            Contexts.start(WithFinalMethod.class).close();

            assertThat(log.lines())
                    .singleElement()
                    .asString()
                    .startsWith("WARN ")
                    .contains("WithFinalMethod.stock() of bean")
                    .contains("is annotated but not guarded: it is final. Take final away");
        }
    }

    @Test
    void aFinalMethodStopsTheStartIfAsked() {
        assertThat(Contexts.whyNot(FAIL, WithFinalMethod.class)).contains("it is final");
    }

    @Test
    void nothingIsToldIfNotAsked() {
        try (LogOf log = new LogOf(AnnotationCheck.class)) {
            Contexts.start(Map.of("mainstay.annotations.unadvised", "off"), WithFinalMethod.class)
                    .close();

            assertThat(log.lines()).isEmpty();
        }
    }

    static final class FinalClass {

        @CircuitBreaker("x")
        public String stock() {
            return "";
        }
    }

    @Test
    void aFinalClassIsTold() {
        assertThat(Contexts.whyNot(FAIL, LazyFinal.class)).contains("its class is final");
    }

    static class LazyFinal {

        @Bean
        @Lazy
        static FinalClass lazy() {
            return new FinalClass();
        }
    }

    static class WithPrivateMethod {

        @CircuitBreaker("x")
        private String stock() {
            return "";
        }

        public String use() {
            return stock();
        }
    }

    @Test
    void aPrivateMethodIsTold() {
        assertThat(Contexts.whyNot(FAIL, WithPrivateMethod.class)).contains("it is private");
    }

    static class WithStaticMethod {

        @CircuitBreaker("x")
        public static String stock() {
            return "";
        }
    }

    @Test
    void aStaticMethodIsTold() {
        assertThat(Contexts.whyNot(FAIL, WithStaticMethod.class)).contains("it is static");
    }

    interface Face {

        String seen();
    }

    static class BehindItsInterface implements Face {

        @CircuitBreaker("x")
        @Override
        public String seen() {
            return "";
        }

        @CircuitBreaker("x")
        public String unseen() {
            return "";
        }
    }

    @Test
    void aMethodThatNoInterfaceHasIsTold() {
        assertThat(Contexts.whyNot(FAIL, BehindItsInterface.class))
                .contains("BehindItsInterface.unseen()")
                .contains("the bean is seen through its interfaces, which do not have it")
                .doesNotContain("BehindItsInterface.seen()");
    }

    static class Early {

        @CircuitBreaker("x")
        public String stock() {
            return "";
        }
    }

    static class NeedsItEarly {

        @Bean
        static First processor(Early early) {
            return new First();
        }
    }

    static class First implements BeanPostProcessor, PriorityOrdered {

        @Override
        public int getOrder() {
            return 0;
        }
    }

    @Test
    void aBeanThatIsMadeTooEarlyIsTold() {
        assertThat(Contexts.whyNot(FAIL, Early.class, NeedsItEarly.class))
                .contains("stock of bean")
                .contains("made before it could be advised");
    }

    @Test
    void aBeanThatIsRegisteredByHandIsTold() {
        try (LogOf log = new LogOf(AnnotationCheck.class);
                AnnotationConfigApplicationContext context = Contexts.of(Map.of())) {
            context.getBeanFactory().registerSingleton("byHand", new Early());
            context.refresh();

            assertThat(log.lines()).anyMatch(line -> line.contains("bean 'byHand'"));
        }
    }

    static class CallsItself {

        @CircuitBreaker("x")
        public String stock() {
            return "";
        }

        public Runnable direct() {
            stock();
            return () -> stock();
        }
    }

    @Test
    void aCallOfABeanToItselfIsToldIfAsked() {
        assertThat(Contexts.whyNot(Map.of("mainstay.annotations.self-calls", "fail"), CallsItself.class))
                .contains("CallsItself.direct calls stock of its own class");
        try (LogOf log = new LogOf(AnnotationCheck.class)) {
            Contexts.start(Map.of("mainstay.annotations.self-calls", "warn"), CallsItself.class)
                    .close();
            Contexts.start(CallsItself.class).close();

            assertThat(log.lines()).hasSize(1);
        }
    }

    @Test
    void aBeanThatIsGuardedIsNotTold() {
        try (LogOf log = new LogOf(AnnotationCheck.class)) {
            Contexts.start(Map.of("mainstay.annotations.self-calls", "warn"), Early.class)
                    .close();

            assertThat(log.lines()).isEmpty();
        }
    }
}
