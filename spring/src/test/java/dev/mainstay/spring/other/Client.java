package dev.mainstay.spring.other;

import dev.mainstay.spring.annotation.CircuitBreaker;

/** A class whose simple name another one has, too. */
public class Client {

    /** Guarded by a breaker without a name. */
    @CircuitBreaker
    public String call() {
        return "";
    }
}
