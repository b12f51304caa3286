package dev.mainstay.benchmarks;

import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * One figure to be measured: a question with all its parameters, of which the contender is one, on so many threads.
 *
 * @param parameters in the order of their names
 */
record Cell(String question, Map<String, String> parameters, int threads) implements Comparable<Cell> {

    static final String CONTENDER = "contender";

    Cell {
        parameters = new TreeMap<>(parameters);
    }

    String contender() {
        return parameter(CONTENDER);
    }

    String parameter(String name) {
        return Optional.ofNullable(parameters.get(name))
                .orElseThrow(() -> new IllegalArgumentException(this + " has no parameter '" + name + "'"));
    }

    /** The same question put to another. */
    Cell to(String contender) {
        Map<String, String> others = new TreeMap<>(parameters);
        others.put(CONTENDER, contender);
        return new Cell(question, others, threads);
    }

    /** What is asked, whomever and on however many threads: {@code "failures none, window 100 calls"}. */
    String circumstances() {
        return parameters.entrySet().stream()
                .filter(parameter -> !parameter.getKey().equals(CONTENDER))
                .map(parameter -> parameter.getKey() + " " + Figures.words(parameter.getValue()))
                .collect(Collectors.joining(", "));
    }

    @Override
    public int compareTo(Cell other) {
        return toString().compareTo(other.toString());
    }

    @Override
    public String toString() {
        return question + " " + parameters + " x" + threads;
    }
}
