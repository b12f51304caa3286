package dev.mainstay.verification.model;

import dev.mainstay.event.MainstayEvent;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What a model says that meters and listeners must have been told. Meters are named as in {@code
 * breaker.calls{outcome=success}}.
 */
final class Ledger {

    final Map<String, Long> counters;
    final Map<String, Double> gauges = new HashMap<>();
    final List<Long> durations;
    final List<String> events;
    private boolean listening;
    private boolean closed;

    Ledger() {
        this.counters = new HashMap<>();
        this.durations = new ArrayList<>();
        this.events = new ArrayList<>();
    }

    private Ledger(Ledger whole) {
        this.counters = whole.counters;
        this.durations = whole.durations;
        this.events = whole.events;
        this.listening = whole.listening;
    }

    /** That of one policy of several which are measured as one. */
    Ledger part() {
        return new Ledger(this);
    }

    /** From now on nobody looks any more, or again. */
    void close(boolean closed) {
        this.closed = closed;
    }

    void listen() {
        listening = true;
    }

    boolean listening() {
        return listening;
    }

    void count(String counter) {
        if (!closed) {
            counters.merge(counter, 1L, Long::sum);
        }
    }

    void gauge(String gauge, double value) {
        gauges.put(gauge, value);
    }

    void duration(long nanos) {
        if (!closed) {
            durations.add(nanos);
        }
    }

    void tell(MainstayEvent event) {
        if (listening && !closed) {
            events.add(Lines.of(event));
        }
    }
}
