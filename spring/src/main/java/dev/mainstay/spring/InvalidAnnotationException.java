package dev.mainstay.spring;

import java.io.Serializable;
import java.util.List;

/**
 * Annotated methods that cannot be guarded as their annotations say; the application does not start. Its message has a
 * line for each, which names the method and says what to write instead.
 */
public final class InvalidAnnotationException extends IllegalStateException {

    private static final long serialVersionUID = 1;

    private final Problems problems;

    InvalidAnnotationException(List<String> problems) {
        this.problems = new Problems(List.copyOf(problems));
    }

    InvalidAnnotationException(String problem, Throwable cause) {
        this(List.of(problem));
        initCause(cause);
    }

    /** What is wrong, one sentence or more for each method. */
    public List<String> problems() {
        return problems.texts;
    }

    @Override
    public String getMessage() {
        List<String> texts = problems.texts;
        return texts.size() == 1
                ? texts.get(0)
                : texts.size() + " annotated methods cannot be guarded:\n  * " + String.join("\n  * ", texts);
    }

    private record Problems(List<String> texts) implements Serializable {}
}
