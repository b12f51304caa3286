package dev.mainstay.spring.boot;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Says which keys mean nothing, and what was meant. */
final class UnknownKeyFailureAnalyzer extends AbstractFailureAnalyzer<UnknownKeyException> {

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, UnknownKeyException cause) {
        return new FailureAnalysis(
                String.join(System.lineSeparator(), cause.problems()),
                "Write one of the options that are allowed, or remove the key.",
                cause);
    }
}
