package dev.mainstay.spring;

import java.util.List;

/**
 * Annotated methods that cannot be guarded as their annotations say; the application does not start. Its message has a
 * line for each, which names the method and says what to write instead.
 */
public final class InvalidAnnotationException extends IllegalStateException {

    private static final long serialVersionUID = 1;

    private final List<String> problems;

    InvalidAnnotationException(List<String> problems) {
        super(
                problems.size() == 1
                        ? problems.get(0)
                        : problems.size() + " annotated methods cannot be guarded:\n  * "
                                + String.join("\n  * ", problems));
        this.problems = List.copyOf(problems);
    }

    InvalidAnnotationException(String problem) {
        this(List.of(problem));
    }

    InvalidAnnotationException(String problem, Throwable cause) {
        this(List.of(problem));
        initCause(cause);
    }

    /** What is wrong, one sentence or more for each method. */
    public List<String> problems() {
        return problems;
    }
}
