package dev.mainstay.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.Fallback;
import dev.mainstay.retry.Retry;
import dev.mainstay.retry.RetryConfig;
import dev.mainstay.spring.PolicyCatalog;
import dev.mainstay.spring.PolicyCatalog.PipelineHandle;
import dev.mainstay.spring.options.PolicyCustomizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** What docs/spring-configuration.md shows. */
class ConfigurationPageTest {

    static List<String> yaml() throws IOException {
        Path here = Path.of("").toAbsolutePath();
        Path root = Files.exists(here.resolve("bom/pom.xml")) ? here : here.getParent();
        return Pattern.compile("```yaml\n(.*?)```", Pattern.DOTALL)
                .matcher(Files.readString(root.resolve("docs/spring-configuration.md")))
                .results()
                .map((MatchResult block) -> block.group(1))
                .toList();
    }

    @ParameterizedTest
    @MethodSource("yaml")
    void anApplicationStartsWithIt(String yaml) {
        Yaml.application(yaml)
                .withUserConfiguration(Named.class)
                .run(context -> assertThat(context).hasNotFailed());
    }

    @Test
    void whatItSaysOfSharedConfigs() throws IOException {
        String yaml = yaml().stream()
                .filter(each -> each.contains("base: patient"))
                .findFirst()
                .orElseThrow();

        Yaml.application(yaml).withUserConfiguration(Named.class).run(context -> {
            PolicyCatalog catalog = context.getBean(PolicyCatalog.class);
            RetryConfig reports =
                    catalog.policy(Retry.class, "reports", Map.of()).config();

            assertThat(reports.maxAttempts()).isEqualTo(2);
            assertThat(reports.maxDuration()).hasSeconds(8);
            assertThat(catalog.pipeline("quick").current().policies()).hasSize(1);
        });
    }

    @Configuration(proxyBeanMethods = false)
    static class Named {

        @Bean
        Fallback<String> lastPrices() {
            return Fallback.of("");
        }

        @Bean
        Predicate<Object> isIncomplete() {
            return each -> false;
        }

        // begin: customizer
        @Bean
        PolicyCustomizer<RetryConfig.Builder> patience() {
            return PolicyCustomizer.of(RetryConfig.Builder.class, "prices", retry -> retry.maxAttempts(5));
        }
        // end: customizer
    }

    @Test
    void thePagesCustomizer() {
        Yaml.application("mainstay.pipelines.prices.retry: {}")
                .withUserConfiguration(Named.class)
                .run(context -> assertThat(context.getBean(PolicyCatalog.class)
                                .policy(Retry.class, "prices", Map.of())
                                .config()
                                .maxAttempts())
                        .isEqualTo(5));
    }

    // begin: catalog
    static class Inventory {

        private final PipelineHandle pipeline;

        Inventory(PolicyCatalog catalog) {
            pipeline = catalog.pipeline("inventory");
        }

        int stockOf(String item) {
            return pipeline.current().get(() -> item.length());
        }
    }
    // end: catalog

    @Test
    void thePagesCatalog() {
        Yaml.application("mainstay.pipelines.inventory.retry: {}")
                .withBean(Inventory.class)
                .run(context -> assertThat(context.getBean(Inventory.class).stockOf("sku"))
                        .isEqualTo(3));
    }
}
