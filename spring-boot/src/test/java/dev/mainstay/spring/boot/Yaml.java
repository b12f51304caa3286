package dev.mainstay.spring.boot;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalyzer;
import org.springframework.boot.env.YamlPropertySourceLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.PropertySource;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;
import org.springframework.core.io.ByteArrayResource;

/** Applications that are configured by a file and, over it, by environment variables. */
final class Yaml {

    private Yaml() {}

    static ApplicationContextRunner application(String yaml) {
        return application(yaml, Map.of());
    }

    static ApplicationContextRunner application(String yaml, Map<String, String> variables) {
        return new ApplicationContextRunner()
                .withConfiguration(
                        AutoConfigurations.of(MainstayAutoConfiguration.class, MainstayMetricsAutoConfiguration.class))
                .withInitializer(context -> configure(context.getEnvironment(), yaml, variables));
    }

    static ConfigurableEnvironment environment(String yaml, Map<String, String> variables) {
        ConfigurableEnvironment environment = new StandardEnvironment();
        configure(environment, yaml, variables);
        return environment;
    }

    static void configure(ConfigurableEnvironment environment, String yaml, Map<String, String> variables) {
        environment
                .getPropertySources()
                .replace(
                        StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME,
                        new SystemEnvironmentPropertySource(
                                StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME, new HashMap<>(variables)));
        PropertySource<?> file = load(yaml);
        if (environment.getPropertySources().contains(file.getName())) {
            environment.getPropertySources().replace(file.getName(), file);
        } else {
            environment.getPropertySources().addLast(file);
        }
    }

    private static PropertySource<?> load(String yaml) {
        try {
            List<PropertySource<?>> sources = new YamlPropertySourceLoader()
                    .load("file", new ByteArrayResource(yaml.getBytes(StandardCharsets.UTF_8), "application.yaml"));
            return sources.isEmpty() ? new MapPropertySource("file", Map.of()) : sources.get(0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What a user reads whose application does not start. */
    static FailureAnalysis report(ConfigurableEnvironment environment, Throwable failure) {
        List<FailureAnalyzer> analyzers = List.of(
                new UnknownKeyFailureAnalyzer(),
                new InvalidValueFailureAnalyzer(),
                new InvalidOptionFailureAnalyzer(environment),
                new InvalidAnnotationFailureAnalyzer());
        for (FailureAnalyzer analyzer : analyzers) {
            FailureAnalysis analysis = analyzer.analyze(failure);
            if (analysis != null) {
                return analysis;
            }
        }
        throw new AssertionError("not analyzed", failure);
    }
}
