package org.springframework.cloud.context.environment;

import org.springframework.context.ApplicationEvent;

/** Stands for the one of Spring Cloud, which is known by its name alone. */
public final class EnvironmentChangeEvent extends ApplicationEvent {

    private static final long serialVersionUID = 1L;

    public EnvironmentChangeEvent() {
        super("test");
    }
}
