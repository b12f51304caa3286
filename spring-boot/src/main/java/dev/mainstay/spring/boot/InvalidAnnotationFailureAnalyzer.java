package dev.mainstay.spring.boot;

import dev.mainstay.spring.InvalidAnnotationException;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Says which annotated methods cannot be guarded. */
final class InvalidAnnotationFailureAnalyzer extends AbstractFailureAnalyzer<InvalidAnnotationException> {

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, InvalidAnnotationException cause) {
        return new FailureAnalysis(
                cause.getMessage(),
                "Change the annotation as it says there, or configure what it names below mainstay.",
                cause);
    }
}
