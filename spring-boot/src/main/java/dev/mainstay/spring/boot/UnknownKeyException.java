package dev.mainstay.spring.boot;

import java.util.List;
import java.util.stream.Collectors;

/** There are keys below {@code mainstay} that mean nothing. */
public final class UnknownKeyException extends IllegalArgumentException {

    private static final long serialVersionUID = 1L;

    private final transient List<String> problems;

    UnknownKeyException(List<String> problems) {
        super(problems.stream().collect(Collectors.joining(" ")));
        this.problems = List.copyOf(problems);
    }

    /** A sentence for each: the key, where it stands, and what is allowed. */
    public List<String> problems() {
        return problems;
    }
}
