package dev.mainstay.spring.boot;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Says which value is not of its option's type. */
final class InvalidValueFailureAnalyzer extends AbstractFailureAnalyzer<InvalidValueException> {

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, InvalidValueException cause) {
        return new FailureAnalysis(cause.getMessage(), "Write a value that is allowed.", cause);
    }
}
