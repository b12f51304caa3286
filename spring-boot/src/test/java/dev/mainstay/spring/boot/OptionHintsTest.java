package dev.mainstay.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.spring.options.BackoffOptions;
import dev.mainstay.spring.options.LimitOptions;
import dev.mainstay.spring.options.PipelineOptions;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.aot.generate.ClassNameGenerator;
import org.springframework.aot.generate.DefaultGenerationContext;
import org.springframework.aot.generate.InMemoryGeneratedFiles;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.predicate.RuntimeHintsPredicates;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.aot.ApplicationContextAotGenerator;
import org.springframework.javapoet.ClassName;

/** What ahead-of-time processing of an application finds out. */
class OptionHintsTest {

    @Test
    void recordsOfOptionsAndExceptionsOfTheConfiguration() throws Exception {
        AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext();
        Yaml.configure(context.getEnvironment(), """
                mainstay:
                  defaults.circuit-breaker.ignore-exceptions: [java.io.EOFException]
                  retries.r.retry-exceptions: [java.net.ConnectException]
                """, Map.of());
        context.register(MainstayAutoConfiguration.class);
        DefaultGenerationContext generation = new DefaultGenerationContext(
                new ClassNameGenerator(ClassName.get("test", "App")), new InMemoryGeneratedFiles());

        new ApplicationContextAotGenerator().processAheadOfTime(context, generation);

        RuntimeHints hints = generation.getRuntimeHints();
        for (Class<?> record : new Class<?>[] {PipelineOptions.class, BackoffOptions.class, LimitOptions.class}) {
            assertThat(RuntimeHintsPredicates.reflection().onConstructorInvocation(record.getDeclaredConstructors()[0]))
                    .accepts(hints);
        }
        assertThat(RuntimeHintsPredicates.reflection()
                        .onMethodInvocation(BackoffOptions.class.getMethod("of", String.class)))
                .accepts(hints);
        assertThat(RuntimeHintsPredicates.reflection().onType(java.io.EOFException.class))
                .accepts(hints);
        assertThat(RuntimeHintsPredicates.reflection().onType(java.net.ConnectException.class))
                .accepts(hints);
    }
}
