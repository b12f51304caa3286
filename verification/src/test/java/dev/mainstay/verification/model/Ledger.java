package dev.mainstay.verification.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.HashMap;

/** What a model says that meters and listeners must have been told. Meters are named as in {@code breaker.calls{outcome=success}}. */
final class Ledger {

    final Map<String, Long> counters = new HashMap<>();
    final Map<String, Double> gauges = new HashMap<>();
    final List<Long> durations = new ArrayList<>();
    final List<String> events = new ArrayList<>();

    void count(String counter) {
        counters.merge(counter, 1L, Long::sum);
    }

    void gauge(String gauge, double value) {
        gauges.put(gauge, value);
    }
}
