package dev.mainstay.spring.boot;

import dev.mainstay.safe.SafeLog;
import dev.mainstay.spring.options.ConfiguredPolicyCatalog;
import org.springframework.context.ApplicationEvent;
import org.springframework.context.event.SmartApplicationListener;
import org.springframework.core.env.Environment;

/**
 * Brings what has changed in the environment to the policies. It reads all keys anew, so that one that is gone has its
 * default again, and keeps the policies with their state, meters and listeners.
 *
 * <p>Spring Cloud's {@code EnvironmentChangeEvent} does it, too: a change that is wrong is then logged and nothing is
 * changed, and whoever published the event goes on. Thread-safe.
 */
public final class MainstayRefresh implements SmartApplicationListener {

    private static final SafeLog LOG = SafeLog.of(MainstayRefresh.class);

    /** Known by its name: Spring Cloud need not be there. */
    private static final String CHANGE_EVENT = "org.springframework.cloud.context.environment.EnvironmentChangeEvent";

    private final ConfiguredPolicyCatalog catalog;
    private final Environment environment;

    MainstayRefresh(ConfiguredPolicyCatalog catalog, Environment environment) {
        this.catalog = catalog;
        this.environment = environment;
    }

    /**
     * Puts what the environment says in force.
     *
     * @throws IllegalArgumentException if any of it is wrong: an {@link UnknownKeyException}, an {@link
     *     InvalidValueException} or an {@link dev.mainstay.spring.options.InvalidOptionException}. Then nothing is
     *     changed
     */
    public void refresh() {
        MainstayProperties properties = ConfigurationReader.read(environment);
        ConfigurationReader.warn(environment);
        catalog.update(properties.options());
    }

    @Override
    public boolean supportsEventType(Class<? extends ApplicationEvent> eventType) {
        return eventType.getName().equals(CHANGE_EVENT);
    }

    @Override
    public void onApplicationEvent(ApplicationEvent event) {
        try {
            refresh();
        } catch (RuntimeException e) {
            LOG.error(
                    "The change of configuration is not made, and all policies stay as they are: " + e.getMessage(), e);
        }
    }
}
