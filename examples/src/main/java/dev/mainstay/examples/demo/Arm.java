package dev.mainstay.examples.demo;

import java.net.http.HttpResponse;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.CompletableFuture;

/** One way of calling the service; the two of them are what the demo compares. */
interface Arm {

    /** Asks for an item; the future ends with the answer, or when this way of calling gives up. */
    CompletableFuture<HttpResponse<String>> fetch(String item);

    /** What the circuit breaker is doing, if this arm has one. */
    default Optional<BreakerState> breakerState() {
        return Optional.empty();
    }

    /** How many retries are in hand, if they are counted. */
    default OptionalDouble retryBudget() {
        return OptionalDouble.empty();
    }

    /** How the policies of this arm describe themselves, one by one. */
    default List<String> explain() {
        return List.of();
    }
}
