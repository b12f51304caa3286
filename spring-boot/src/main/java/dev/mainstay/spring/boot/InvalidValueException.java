package dev.mainstay.spring.boot;

import dev.mainstay.spring.options.BudgetOptions;
import dev.mainstay.spring.options.OptionText;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.bind.UnboundConfigurationPropertiesException;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.core.env.Environment;

/** A value below {@code mainstay} is not of its option's type. */
public final class InvalidValueException extends IllegalArgumentException {

    private static final long serialVersionUID = 1L;

    private final String message;

    private InvalidValueException(String message, Throwable cause) {
        super(message, cause);
        this.message = message;
    }

    @Override
    public String getMessage() {
        return message;
    }

    static InvalidValueException of(BindException e, Environment environment) {
        Throwable cause = e.getCause();
        if (cause instanceof UnboundConfigurationPropertiesException unbound) {
            return new InvalidValueException(partOfAList(unbound), e);
        }
        ConfigurationProperty property = e.getProperty() == null ? find(e, environment) : e.getProperty();
        Class<?> type = e.getTarget().getType().toClass();
        if (property == null) {
            return new InvalidValueException(
                    "'" + e.getName() + "' must be " + OptionText.allowed(type) + ": " + e.getMessage(), e);
        }
        Object value = property.getValue();
        return new InvalidValueException(
                "'" + e.getName() + "'" + Places.at(property.getOrigin()) + " is '" + value + "' but must be "
                        + OptionText.allowed(type) + "." + hint(value, type),
                e);
    }

    private static String partOfAList(UnboundConfigurationPropertiesException unbound) {
        return unbound.getUnboundProperties().stream()
                        .map(each -> "'" + each.getName() + "'" + Places.at(each.getOrigin()))
                        .collect(Collectors.joining(", "))
                + " sets a part of a list whose beginning is elsewhere. One source replaces a list as a whole: give all"
                + " of its elements there, from 0 on, or in one value with commas between them.";
    }

    private static @Nullable ConfigurationProperty find(BindException e, Environment environment) {
        for (ConfigurationPropertySource source : ConfigurationPropertySources.get(environment)) {
            ConfigurationProperty property = source.getConfigurationProperty(e.getName());
            if (property != null) {
                return property;
            }
        }
        return null;
    }

    private static String hint(Object value, Class<?> type) {
        return value instanceof Boolean && (type == String.class || type.isEnum() || type == BudgetOptions.class)
                ? " YAML reads on, off, yes and no as true and false: put the value in quotes."
                : "";
    }
}
