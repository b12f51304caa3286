package dev.mainstay.spring.boot;

import dev.mainstay.safe.SafeLog;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.BindContext;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.bind.BindHandler;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName.Form;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.context.properties.source.IterableConfigurationPropertySource;
import org.springframework.boot.origin.PropertySourceOrigin;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.core.env.Environment;
import org.springframework.core.env.PropertySource;
import org.springframework.core.env.SystemEnvironmentPropertySource;

/**
 * Reads all keys below {@code mainstay} out of an environment, as they are at that moment. Wrong keys and values are
 * errors, in whatever source they are; what has become something else on the way is warned of.
 */
final class ConfigurationReader {

    private static final SafeLog LOG = SafeLog.of(ConfigurationReader.class);
    private static final ConfigurationPropertyName PREFIX = ConfigurationPropertyName.of(KnownKeys.PREFIX);

    private final Environment environment;
    private final List<IterableConfigurationPropertySource> files = new ArrayList<>();
    private final List<ConfigurationPropertySource> systemEnvironments = new ArrayList<>();

    /** Those that begin as ours do, by their names. */
    private final Map<String, ConfigurationPropertySource> variables = new TreeMap<>();

    private final Set<String> seen = new HashSet<>();

    private ConfigurationReader(Environment environment) {
        this.environment = environment;
        for (ConfigurationPropertySource source : ConfigurationPropertySources.get(environment)) {
            if (source.getUnderlyingSource() instanceof SystemEnvironmentPropertySource system) {
                systemEnvironments.add(source);
                for (String name : system.getPropertyNames()) {
                    if (name.startsWith(KnownKeys.VARIABLE_PREFIX)) {
                        variables.put(name, source);
                    }
                }
            } else if (source instanceof IterableConfigurationPropertySource iterable) {
                files.add(iterable);
            }
        }
    }

    /**
     * Reads it.
     *
     * @throws UnknownKeyException if there are keys that mean nothing
     * @throws InvalidValueException if a value is not of its option's type
     */
    static MainstayProperties read(Environment environment) {
        ConfigurationReader reader = new ConfigurationReader(environment);
        reader.checkKeys();
        MainstayProperties properties = reader.bind();
        reader.checkVariables();
        return reader.withoutTwins(properties);
    }

    /** Warns of what has become something else on the way. */
    static void warn(Environment environment) {
        ConversionWarnings.of(new ConfigurationReader(environment).files).forEach(warning -> LOG.warn(warning));
    }

    private void checkKeys() {
        List<String> problems = new ArrayList<>();
        for (IterableConfigurationPropertySource source : files) {
            source.stream().filter(PREFIX::isAncestorOf).forEach(name -> {
                String problem = KnownKeys.problem(name);
                if (problem != null) {
                    problems.add("'" + name + "'" + at(source, name) + " " + problem + ".");
                }
            });
        }
        if (!problems.isEmpty()) {
            throw new UnknownKeyException(problems);
        }
    }

    private static String at(ConfigurationPropertySource source, ConfigurationPropertyName name) {
        ConfigurationProperty property = source.getConfigurationProperty(name);
        if (property != null && property.getOrigin() != null) {
            return Places.at(property.getOrigin());
        }
        return source.getUnderlyingSource() instanceof PropertySource<?> properties
                ? " in " + properties.getName()
                : "";
    }

    private MainstayProperties bind() {
        try {
            return Binder.get(environment)
                    .bindOrCreate(KnownKeys.PREFIX, Bindable.of(MainstayProperties.class), new VariablesSeen());
        } catch (BindException e) {
            throw InvalidValueException.of(e, environment);
        }
    }

    /** A variable that set nothing was written wrongly: nobody else says so. */
    private void checkVariables() {
        List<String> problems = new ArrayList<>();
        for (String variable : variables.keySet()) {
            if (!seen.contains(variable)) {
                String told = "Environment variable '" + variable + "' sets no option of Mainstay"
                        + KnownKeys.variableLike(variable)
                        + " Take the key that a file would have, leave out its dashes, also in names, and write"
                        + " its dots"
                        + " as underscores: MAINSTAY_PIPELINES_ORDERSERVICE_RETRY_MAXATTEMPTS.";
                if (KnownKeys.isMeant(variable)) {
                    problems.add(told);
                } else {
                    LOG.warn(told);
                }
            }
        }
        if (!problems.isEmpty()) {
            throw new UnknownKeyException(problems);
        }
    }

    /** Notes which variables have, or would have, set an option: another source may come before them. */
    private final class VariablesSeen implements BindHandler {

        @Override
        public Object onSuccess(
                ConfigurationPropertyName name, Bindable<?> target, BindContext context, Object result) {
            for (ConfigurationPropertySource source : systemEnvironments) {
                ConfigurationProperty property = source.getConfigurationProperty(name);
                if (property != null && property.getOrigin() instanceof PropertySourceOrigin origin) {
                    seen.add(origin.getPropertyName());
                }
            }
            return result;
        }
    }

    /**
     * An environment variable has no dashes and no capital letters: {@code MAINSTAY_PIPELINES_ORDERSERVICE_…} is bound
     * to {@code orderService}, if a file has that, but makes a second entry {@code orderservice}, too. That goes.
     */
    private MainstayProperties withoutTwins(MainstayProperties all) {
        return new MainstayProperties(
                all.enabled(),
                all.contextPropagation(),
                all.annotations(),
                all.metrics(),
                all.defaults(),
                withoutTwins("configs", all.configs()),
                withoutTwins("pipelines", all.pipelines()),
                withoutTwins("time-limiters", all.timeLimiters()),
                withoutTwins("retries", all.retries()),
                withoutTwins("circuit-breakers", all.circuitBreakers()),
                withoutTwins("rate-limiters", all.rateLimiters()),
                withoutTwins("bulkheads", all.bulkheads()),
                withoutTwins("thread-pools", all.threadPools()),
                withoutTwins("retry-budgets", all.retryBudgets()));
    }

    private <V> @Nullable Map<String, V> withoutTwins(String section, @Nullable Map<String, V> entries) {
        if (entries == null || variables.isEmpty()) {
            return entries;
        }
        Set<String> written = new HashSet<>();
        ConfigurationPropertyName parent = PREFIX.append(section);
        files.forEach(source -> source.stream()
                .filter(parent::isAncestorOf)
                .forEach(name -> written.add(name.getElement(2, Form.ORIGINAL))));
        Map<String, V> kept = new HashMap<>(entries);
        for (String name : entries.keySet()) {
            List<String> meant = written.stream()
                    .filter(other -> KnownKeys.uniform(other).equals(name))
                    .toList();
            if (!written.contains(name) && !meant.isEmpty()) {
                meant.forEach(other -> requireReachable(section, other));
                kept.remove(name);
            }
        }
        return kept;
    }

    private static void requireReachable(String section, String name) {
        if (!name.matches("[A-Za-z0-9_-]+")) {
            throw new UnknownKeyException(
                    List.of("Environment variables cannot name '" + name + "' of mainstay." + section
                            + ", only a name of letters, digits and dashes: set its options by a file, a system"
                            + " property or"
                            + " SPRING_APPLICATION_JSON."));
        }
    }

    /** The names of properties of a source as they are written, or none if it does not tell. */
    static String[] writtenNames(IterableConfigurationPropertySource source) {
        return source.getUnderlyingSource() instanceof EnumerablePropertySource<?> names
                ? names.getPropertyNames()
                : new String[0];
    }
}
