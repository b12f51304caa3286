package dev.mainstay.spring.boot;

import java.io.Serializable;
import java.util.List;

/** There are keys below {@code mainstay} that mean nothing. */
public final class UnknownKeyException extends IllegalArgumentException {

    private static final long serialVersionUID = 1L;

    private final Problems problems;

    UnknownKeyException(List<String> problems) {
        this.problems = new Problems(List.copyOf(problems));
    }

    /** A sentence or more for each: the key, where it stands, and what is allowed. */
    public List<String> problems() {
        return problems.texts;
    }

    @Override
    public String getMessage() {
        return String.join(" ", problems.texts);
    }

    private record Problems(List<String> texts) implements Serializable {}
}
