package dev.mainstay.spring.boot;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.context.properties.source.IterableConfigurationPropertySource;
import org.springframework.boot.origin.Origin;
import org.springframework.core.env.Environment;

/** Where keys stand: file, line and column, or the name of the variable. */
final class Places {

    private Places() {}

    /** To follow a key: {@code " at class path resource [application.yaml] - 7:33"}; empty if it is not known. */
    static String at(@Nullable Origin origin) {
        return origin == null ? "" : " at " + origin;
    }

    /**
     * Where an option is given that counts for this section: the section itself, those of configs and the defaults, in
     * this order; empty if it is given nowhere.
     */
    static String of(Environment environment, String section, @Nullable String option) {
        for (String place : candidates(environment, section)) {
            String key = KnownKeys.PREFIX + "." + place + (option == null || option.isEmpty() ? "" : "." + option);
            ConfigurationPropertyName name = ConfigurationPropertyName.adapt(key, '.');
            for (ConfigurationPropertySource source : ConfigurationPropertySources.get(environment)) {
                Origin origin = origin(source, name);
                if (origin != null) {
                    return at(origin);
                }
            }
        }
        return "";
    }

    private static List<String> candidates(Environment environment, String section) {
        List<String> candidates = new ArrayList<>(List.of(section));
        int dot = section.lastIndexOf('.');
        if (section.startsWith("pipelines.") && dot > 0) {
            String kind = section.substring(dot + 1);
            ConfigurationPropertyName configs = ConfigurationPropertyName.of(KnownKeys.PREFIX + ".configs");
            for (ConfigurationPropertySource source : ConfigurationPropertySources.get(environment)) {
                if (source instanceof IterableConfigurationPropertySource iterable) {
                    iterable.stream()
                            .filter(name -> configs.isAncestorOf(name) && name.getNumberOfElements() > 3)
                            .map(name -> "configs." + name.getElement(2, ConfigurationPropertyName.Form.ORIGINAL))
                            .distinct()
                            .forEach(config -> candidates.add(config + "." + kind));
                }
            }
            candidates.add("defaults." + kind);
        } else if (dot > 0) {
            candidates.add("defaults."
                    + section.substring(0, dot).replaceAll("ies$", "y").replaceAll("s$", ""));
        }
        return candidates;
    }

    /** Of the key itself, or of the first below it. */
    private static @Nullable Origin origin(ConfigurationPropertySource source, ConfigurationPropertyName name) {
        ConfigurationProperty property = source.getConfigurationProperty(name);
        if (property == null && source instanceof IterableConfigurationPropertySource iterable) {
            property = iterable.stream()
                    .filter(name::isAncestorOf)
                    .findFirst()
                    .map(source::getConfigurationProperty)
                    .orElse(null);
        }
        return property == null ? null : property.getOrigin();
    }
}
