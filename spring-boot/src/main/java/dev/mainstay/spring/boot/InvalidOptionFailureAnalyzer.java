package dev.mainstay.spring.boot;

import dev.mainstay.spring.options.InvalidOptionException;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.core.env.Environment;

/** Says which option a policy does not accept, and where it is written. */
final class InvalidOptionFailureAnalyzer extends AbstractFailureAnalyzer<InvalidOptionException> {

    private final Environment environment;

    InvalidOptionFailureAnalyzer(Environment environment) {
        this.environment = environment;
    }

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, InvalidOptionException cause) {
        String place = Places.of(environment, cause.section(), cause.option());
        return new FailureAnalysis(
                cause.getMessage() + "." + (place.isEmpty() ? "" : " It is written" + place + "."),
                "Write what is allowed. docs/spring-configuration.md has all keys, with their defaults.",
                cause);
    }
}
